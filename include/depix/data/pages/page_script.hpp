// Page scripts: how the words of drawn pages are put on paper, here in print; handwriting.hpp writes them by hand.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "depix/data/text/font.hpp"
#include "depix/error.hpp"
#include "depix/random.hpp"
#include "depix/tensor.hpp"

namespace depix {

/// The fonts that pages are drawn with. Serif fonts come first, because old print has serifs. Typewriters follow, then
/// old styles and handwriting, which few machines have. Names are as find_font() takes them.
inline const std::vector<std::string>& page_font_names() {
    static const std::vector<std::string> names{
        // Debian's fonts-liberation, fonts-freefont-ttf, fonts-dejavu, fonts-crosextra-caladea, fonts-sil-gentium
        "LiberationSerif-Regular", "LiberationSerif-Bold", "LiberationSerif-Italic", "LiberationSerif-BoldItalic",
        "FreeSerif", "FreeSerifBold", "FreeSerifItalic", "FreeSerifBoldItalic", "DejaVuSerif", "DejaVuSerif-Bold",
        "DejaVuSerifCondensed", "DejaVuSerifCondensed-Italic", "DejaVuSerifCondensed-Bold", "Caladea-Regular",
        "Caladea-Bold", "Caladea-Italic", "Gentium-R", "Gentium-I", "GentiumAlt-R", "GentiumAlt-I",
        // fonts-liberation, fonts-freefont-ttf, fonts-roboto-unhinted
        "LiberationSans-Regular", "LiberationSansNarrow-Bold", "FreeSans", "FreeMono", "FreeMonoBold",
        "LiberationMono-Regular", "Roboto-Regular", "Roboto-Italic", "RobotoCondensed-Regular",
        // fonts-essays1743, fonts-georgewilliams, fonts-gnutypewriter, fonts-isabella
        "Essays1743", "Essays1743-Italic", "Essays1743-Bold", "CaslonRoman", "CaslonItalic", "CaslonBold",
        "GNUTypewriter", "Isabella",
        // Handwriting: fonts-breip, fonts-ecolier-court, fonts-femkeklaver, fonts-dkg-handwriting, fonts-kristi,
        // fonts-rufscript, fonts-sjfonts
        "Breip", "Ecolier-court", "femkeklaver", "dkg", "dkgIt", "Kristi", "Rufscript010", "SteveHand", "Delphine"};
    return names;
}

/// The fonts of these names that this machine has, in their order. Throws FileError if it has none.
inline std::vector<Font> page_fonts(const std::vector<std::string>& names = page_font_names()) {
    std::vector<Font> fonts;
    for (const std::string& name : names) {
        try {
            fonts.emplace_back(find_font(name));
        } catch (const FileError&) {  // try the next one
        }
    }
    if (fonts.empty()) {
        std::string text("neither this font nor any of the others that pages are drawn with, ");
        text.append(std::to_string(names.size())).append(" in all, is there. Debian's packages fonts-liberation, ");
        text.append(
            "fonts-freefont-ttf and fonts-roboto-unhinted have some; other folders can be named in $DEPIX_FONTS");
        throw FileError(names.empty() ? std::string("page_fonts") : names.front(), text);
    }
    return fonts;
}

namespace detail {

/// Puts words on paper in one style for a whole page. Paper is a plane of ink: 0 paper, 1 ink; x and y are pixels.
class PageScript {
  public:
    virtual ~PageScript() = default;
    /// The distance from the start of a word to its end.
    virtual double width(const std::u32string& word) = 0;
    /// Puts a word on the paper; it starts at x, stands on the baseline, and is clipped at the paper's edges.
    virtual void write(Image& ink, const std::u32string& word, double x, double baseline, Random& random) = 0;
    /// The size, pixels per em.
    virtual double size() const = 0;
    /// The space between words.
    virtual double space() const = 0;
    /// The radius of the thinnest strokes, and of those that rule lines.
    virtual double pen() const = 0;
};

/// Print: a font at one size, with letter spacing.
class PrintedScript : public PageScript {
  public:
    PrintedScript(const Font& font, int pixels_per_em, double spacing)
        : font_(font), pixels_per_em_(pixels_per_em), spacing_(spacing * pixels_per_em) {}

    double width(const std::u32string& word) override {
        double sum = 0;
        for (const char32_t letter : word) sum += glyph(letter).advance / 64.0 + spacing_;
        return sum;
    }
    void write(Image& ink, const std::u32string& word, double x, double baseline, Random&) override {
        for (const char32_t letter : word) {
            const Glyph& drawn = glyph(letter);
            stamp(ink, drawn, static_cast<int>(std::lround(x)) + drawn.left,
                  static_cast<int>(std::lround(baseline)) + drawn.top);
            x += drawn.advance / 64.0 + spacing_;
        }
    }
    double size() const override { return pixels_per_em_; }
    double space() const override { return 0.27 * pixels_per_em_ + 2 * spacing_; }
    double pen() const override { return (std::max)(0.5, pixels_per_em_ / 48.0); }

  private:
    const Glyph& glyph(char32_t letter) {
        if (letter == U'\u017F' && !font_.contains(letter)) letter = U's';  // the long s
        if (!font_.contains(letter)) letter = U'o';                         // better than the font's box
        auto found = glyphs_.find(letter);
        if (found == glyphs_.end()) {
            found = glyphs_.emplace(letter, font_.glyph(letter, static_cast<float>(pixels_per_em_))).first;
        }
        return found->second;
    }

    static void stamp(Image& ink, const Glyph& glyph, int left, int top) {
        const auto [channels, height, width] = ink.shape;
        const int first = (std::max)(0, -left), last = (std::min)(glyph.width, width - left);
        for (int row = (std::max)(0, -top); row < (std::min)(glyph.height, height - top); ++row) {
            const std::uint8_t* coverage = glyph.coverage.data() + row * glyph.width;
            for (int x = first; x < last; ++x) {
                float& value = ink(0, top + row, left + x);
                value = (std::max)(value, static_cast<float>(coverage[x]) / 255);
            }
        }
    }

    const Font& font_;
    int pixels_per_em_;
    double spacing_;
    std::map<char32_t, Glyph> glyphs_{};
};

}  // namespace detail
}  // namespace depix
