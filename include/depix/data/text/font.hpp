// Font: a TrueType font, its glyphs as bitmaps, and where Debian installs the files.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/io/stb_truetype.hpp"

namespace depix {

/// One drawn character: its 8-bit coverage (0 paper, 255 ink), and its place relative to the pen on the baseline.
struct Glyph {
    int left = 0;  ///< From the pen to the bitmap's first column, pixels, to the right.
    int top = 0;   ///< From the baseline to the bitmap's first row, pixels, downward: negative above the baseline.
    int width = 0;
    int height = 0;
    int advance = 0;                       ///< From this pen to the next one, 1/64 pixel.
    std::vector<std::uint8_t> coverage{};  ///< (height, width)
};

namespace detail {

/// The parts of a TrueType file that glyphs are drawn from, checked to lie inside the file.
///
/// Format: https://learn.microsoft.com/typography/opentype/spec/otff. Every number is big-endian.
class TrueTypeTables {
  public:
    TrueTypeTables(std::span<const std::byte> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

    /// Throws FileError unless the table directory, the tables that stb_truetype reads without a check, and the place
    /// of every outline are inside the file.
    void check() const {
        require(bytes_.size() >= 12, "is no TrueType font: too short");
        const std::uint32_t version = number(0, 4);
        require(version != 0x4F54544F, "is an OpenType font with CFF outlines; depix draws TrueType outlines");  // OTTO
        require(version != 0x74746366, "is a font collection; depix draws single TrueType fonts");               // ttcf
        require(version == 0x00010000 || version == 0x74727565, "is no TrueType font");                          // true
        require(bytes_.size() >= 12 + 16 * std::size_t{number(4, 2)}, "its table directory is cut off");

        const std::size_t head = table("head", 54);
        const std::size_t glyphs = number(table("maxp", 6) + 4, 2);
        const std::size_t metrics = number(table("hhea", 36) + 34, 2);
        require(number(head + 18, 2) >= 16, "its units per em are below 16");
        require(glyphs > 0 && metrics > 0 && metrics <= glyphs, "its glyph counts contradict each other");
        table("hmtx", 4 * metrics + 2 * (glyphs - metrics));
        const std::size_t cmap = table("cmap", 4);
        table("cmap", 4 + 8 * std::size_t{number(cmap + 2, 2)});

        const std::size_t entry = number(head + 50, 2) == 0 ? 2 : 4;  // indexToLocFormat
        const std::size_t loca = table("loca", entry * (glyphs + 1));
        std::size_t previous = 0;
        for (std::size_t i = 0; i <= glyphs; ++i) {
            const std::size_t place = std::size_t{number(loca + entry * i, entry)} * (entry == 2 ? 2 : 1);
            require(place >= previous, "its outlines overlap");
            previous = place;
        }
        table("glyf", previous);
    }

  private:
    void require(bool condition, const char* complaint) const {
        if (!condition) throw FileError(name_, complaint);
    }
    std::uint32_t number(std::size_t at, std::size_t count) const {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < count; ++i) value = value << 8 | std::to_integer<std::uint32_t>(bytes_[at + i]);
        return value;
    }
    /// The offset of the table `tag`; throws FileError unless it has `size` bytes inside the file.
    std::size_t table(std::string_view tag, std::size_t size) const {
        const std::size_t count = number(4, 2);
        std::uint32_t code = 0;
        for (const char letter : tag) code = code << 8 | static_cast<unsigned char>(letter);
        for (std::size_t entry = 12; entry < 12 + 16 * count; entry += 16) {
            if (number(entry, 4) != code) continue;
            const std::size_t offset = number(entry + 8, 4);
            const std::size_t length = number(entry + 12, 4);
            if (offset > bytes_.size() || length > bytes_.size() - offset || length < size) break;
            return offset;
        }
        throw FileError(name_, "its table '" + std::string(tag) + "' is missing, cut off or too short");
    }

    std::span<const std::byte> bytes_;
    const std::string& name_;
};

}  // namespace detail

/// A TrueType font. Copies share the file's bytes; const calls are thread-safe.
///
/// A damaged file is refused (table directory, table sizes, places of the outlines), but stb_truetype does not check
/// what is inside an outline or a character map: **load only fonts that you trust**, never one from an unknown source.
class Font {
  public:
    static constexpr std::size_t default_limit = std::size_t{64} << 20;  // bytes

    /// Reads a .ttf file. Throws FileError if it is missing, larger than `limit` bytes, or no TrueType font.
    explicit Font(const std::filesystem::path& path, std::size_t limit = default_limit)
        : Font(read_file(path.string(), limit), path.string()) {}

    /// A font that is already in memory; error messages call it `name`.
    Font(std::vector<std::byte> bytes, std::string name)
        : name_(std::move(name)), bytes_(std::make_shared<const std::vector<std::byte>>(std::move(bytes))) {
        detail::TrueTypeTables(*bytes_, name_).check();
        if (stb::stbtt_InitFont(&info_, reinterpret_cast<const unsigned char*>(bytes_->data()), 0) == 0)
            throw FileError(name_, "is no font that stb_truetype reads");
    }

    /// The path, or the name that the constructor got.
    const std::string& name() const { return name_; }

    /// From the top of the line (the ascender) down to the baseline, whole pixels, rounded up as FreeType does.
    int ascent(float pixels_per_em) const {
        int ascender = 0;
        stb::stbtt_GetFontVMetrics(&info_, &ascender, nullptr, nullptr);
        return static_cast<int>(std::ceil(static_cast<float>(ascender) * scale(pixels_per_em)));
    }

    /// Whether the font has an outline of its own for the character.
    bool contains(char32_t character) const {
        return stb::stbtt_FindGlyphIndex(&info_, static_cast<int>(character)) != 0;
    }

    /// Draws the character at a size, fitted to the pixel grid. Its bitmap is on whole pixels.
    ///
    /// Fitting follows what FreeType's autohinter does to an unhinted font, as far as that matters for text of ten to
    /// twenty pixels: (1) heights are scaled so that a lower-case x is a whole number of pixels high, rounded up from
    /// .375 on (af_latin_metrics_scale_dim); (2) the top and the bottom of each character fall on whole pixels; (3)
    /// each character is moved sideways, by less than a pixel, to where its stems are sharpest (the largest sum of
    /// squared coverages). Without this, stems are spread over two columns, the text is paler than PIL's, and
    /// pixelation lowers its PSNR by 0.5 dB less.
    ///
    /// A character that the font lacks is drawn as the font's "missing" box.
    Glyph glyph(char32_t character, float pixels_per_em) const {
        const int index = stb::stbtt_FindGlyphIndex(&info_, static_cast<int>(character));
        const float across = scale(pixels_per_em);
        int advance = 0, left = 0, bottom = 0, right = 0, top = 0;  // font units, y upward
        stb::stbtt_GetGlyphHMetrics(&info_, index, &advance, nullptr);
        Glyph best;
        best.advance = static_cast<int>(std::lround(static_cast<float>(advance) * across * 64));
        if (stb::stbtt_GetGlyphBox(&info_, index, &left, &bottom, &right, &top) == 0 || top <= bottom) return best;

        const float fitted = across * x_height_stretch(across);
        const auto highest = std::round(static_cast<float>(top) * fitted);
        const auto lowest = (std::min)(std::round(static_cast<float>(bottom) * fitted), highest - 1);
        const float down = (highest - lowest) / static_cast<float>(top - bottom);
        const float shift_down = static_cast<float>(top) * down - highest;  // puts the top edge on row -highest

        std::int64_t sharpest = -1;
        for (const int eighths : {0, 1, -1, 2, -2, 3, -3, 4}) {
            const float shift = static_cast<float>(eighths) / 8;
            Glyph glyph{.advance = best.advance};
            int end = 0, floor = 0;
            stb::stbtt_GetGlyphBitmapBoxSubpixel(&info_, index, across, down, shift, shift_down, &glyph.left,
                                                 &glyph.top, &end, &floor);
            glyph.width = end - glyph.left;
            glyph.height = floor - glyph.top;
            glyph.coverage.resize(static_cast<std::size_t>(glyph.width) * static_cast<std::size_t>(glyph.height));
            stb::stbtt_MakeGlyphBitmapSubpixel(&info_, glyph.coverage.data(), glyph.width, glyph.height, glyph.width,
                                               across, down, shift, shift_down, index);
            std::int64_t sharpness = 0;
            for (const int ink : glyph.coverage) sharpness += ink * ink;
            if (sharpness > sharpest) {
                sharpest = sharpness;
                best = std::move(glyph);
            }
        }
        return best;
    }

  private:
    /// How much taller a lower-case x becomes when its height is rounded to whole pixels.
    float x_height_stretch(float factor) const {
        int left = 0, bottom = 0, right = 0, top = 0;
        if (stb::stbtt_GetCodepointBox(&info_, 'x', &left, &bottom, &right, &top) == 0 || top <= 0) return 1;
        const float height = static_cast<float>(top) * factor;
        return (std::max)(std::floor(height + 0.625f), 1.0f) / height;
    }
    float scale(float pixels_per_em) const { return stb::stbtt_ScaleForMappingEmToPixels(&info_, pixels_per_em); }

    std::string name_;
    std::shared_ptr<const std::vector<std::byte>> bytes_;  // info_ points into it
    stb::stbtt_fontinfo info_{};
};

/// The folders that find_font searches: $DEPIX_FONTS (several, separated by ':'), ~/.fonts, ~/.local/share/fonts,
/// /usr/local/share/fonts, /usr/share/fonts.
inline std::vector<std::filesystem::path> font_folders() {
    std::vector<std::filesystem::path> folders;
    if (const char* own = std::getenv("DEPIX_FONTS")) {
        std::string_view rest = own;
        while (!rest.empty()) {
            const std::size_t end = (std::min)(rest.find(':'), rest.size());
            if (end > 0) folders.emplace_back(rest.substr(0, end));
            rest.remove_prefix((std::min)(end + 1, rest.size()));
        }
    }
    if (const char* home = std::getenv("HOME")) {
        folders.push_back(std::filesystem::path(home) / ".fonts");
        folders.push_back(std::filesystem::path(home) / ".local/share/fonts");
    }
    folders.emplace_back("/usr/local/share/fonts");
    folders.emplace_back("/usr/share/fonts");
    return folders;
}

/// The file of a font, by a path, a file name ("Roboto-Regular.ttf") or the name without ".ttf" ("Roboto-Regular").
///
/// Searches font_folders() and all their sub-folders. If there are several such files in one of font_folders(), the
/// first in alphabetical order is taken. Throws FileError that names the folders and Debian's fonts-roboto-unhinted,
/// the package of the default font.
inline std::filesystem::path find_font(const std::string& name = "Roboto-Regular.ttf") {
    namespace fs = std::filesystem;
    std::error_code ignored;
    if (fs::is_regular_file(name, ignored)) return name;
    std::string searched;
    for (const fs::path& folder : font_folders()) {
        searched += (searched.empty() ? "" : ", ") + folder.string();
        std::vector<fs::path> found;
        std::error_code error;
        fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error);
        for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
            const fs::path& path = entry->path();
            const bool same = path.filename() == name || (path.extension() == ".ttf" && path.stem() == name);
            if (same && entry->is_regular_file(ignored)) found.push_back(path);
        }
        if (!found.empty()) return *std::min_element(found.begin(), found.end());
    }
    throw FileError(name, "no such font under " + searched +
                              ". Roboto comes with Debian's package fonts-roboto-unhinted (apt-get install "
                              "fonts-roboto-unhinted); other folders can be named in $DEPIX_FONTS");
}

}  // namespace depix
