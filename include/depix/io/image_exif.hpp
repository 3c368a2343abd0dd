// EXIF, what a camera notes about a picture (CIPA DC-008). It is a TIFF structure. depix changes it in its place, so
// that all offsets inside it stay right, also those in a camera maker's own part (MakerNote).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "depix/io/image_check.hpp"

namespace depix {

/// Pixels per metre, as PNG and BMP count them; 0 means not known. 300 dots per inch are 11811 pixels per metre.
struct Density {
    double across = 0;
    double down = 0;
    friend constexpr bool operator==(const Density&, const Density&) = default;
};
inline constexpr double metres_per_inch = 0.0254;

}  // namespace depix

namespace depix::detail {

namespace exif_tag {
// In the first directory.
inline constexpr std::uint32_t width = 0x0100, height = 0x0101, orientation = 0x0112, resolution_across = 0x011A,
                               resolution_down = 0x011B, resolution_unit = 0x0128, more_pictures = 0x014A,
                               exif_directory = 0x8769, gps_directory = 0x8825;
// In the EXIF directory.
inline constexpr std::uint32_t pixels_across = 0xA002, pixels_down = 0xA003, interoperability_directory = 0xA005;
// In the thumbnail's directory.
inline constexpr std::uint32_t thumbnail_offset = 0x0201, thumbnail_bytes = 0x0202;
}  // namespace exif_tag

/// The bytes of one value of a TIFF type; 0 for types that do not exist. 129 is EXIF 3.0's text in UTF-8.
inline std::uint64_t tiff_value_bytes(std::uint32_t type) {
    constexpr std::uint8_t bytes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};
    if (type == 129) return 1;
    return type < std::size(bytes) ? bytes[type] : 0;
}
inline constexpr std::uint32_t tiff_short = 3, tiff_long = 4, tiff_rational = 5, tiff_directory = 13;

/// A TIFF structure's bytes, as numbers in its own byte order. Every access stays inside.
///
///     0  "II" little-endian or "MM" big-endian     2  42     4  where the first directory begins
///     a directory: how many entries (2 bytes); the entries; where the next directory begins (4), or 0
///     an entry: tag (2), type (2), count (4), the values (4), or where they are (4) if they need more
class TiffBytes {
  public:
    explicit TiffBytes(std::span<std::byte> bytes) : bytes_(bytes), little_(Bytes(bytes).starts_with("II")) {}

    bool has_header() const { return (little_ || Bytes(bytes_).starts_with("MM")) && read16(2) == 42; }
    std::uint32_t read16(std::size_t at) const {
        return little_ ? Bytes(bytes_).little16(at) : Bytes(bytes_).big16(at);
    }
    std::uint32_t read32(std::size_t at) const {
        return little_ ? Bytes(bytes_).little32(at) : Bytes(bytes_).big32(at);
    }
    void write16(std::size_t at, std::uint32_t value) { write(at, value, 2); }
    void write32(std::size_t at, std::uint32_t value) { write(at, value, 4); }

    std::size_t entries(std::size_t directory) const { return read16(directory); }
    /// Where the first entry with this tag is.
    std::optional<std::size_t> find(std::size_t directory, std::uint32_t tag) const {
        for (std::size_t i = 0; i < entries(directory); ++i) {
            const std::size_t entry = directory + 2 + 12 * i;
            if (entry + 12 > bytes_.size()) break;
            if (read16(entry) == tag) return entry;
        }
        return {};
    }

  private:
    void write(std::size_t at, std::uint32_t value, std::size_t size) {
        if (at > bytes_.size() || bytes_.size() - at < size) return;
        for (std::size_t i = 0; i < size; ++i)
            bytes_[at + i] = static_cast<std::byte>(value >> 8 * (little_ ? i : size - 1 - i) & 0xFF);
    }

    std::span<std::byte> bytes_;
    bool little_;
};

/// Removes from EXIF what is damaged or does not hold for a picture that was turned or restored.
///
/// What is removed: the thumbnail and other small pictures, entries of an unknown type or whose values lie outside, and
/// directories that are cut off, lie in each other or lead in a circle. The orientation becomes 1, because depix turns
/// pictures upright.
class ExifCleaner {
  public:
    /// `bytes` must be followed by four bytes of zeros, for a last directory that does not say that it is the last.
    explicit ExifCleaner(std::span<std::byte> bytes) : bytes_(bytes), size_(bytes.size() - 4), tiff_(bytes) {}

    /// Returns the size of what is kept, 0 if the first directory cannot be read.
    std::size_t clean() {
        if (!tiff_.has_header() || !add_directory(tiff_.read32(4))) return 0;
        add_directory(0, exif_tag::exif_directory);
        add_directory(0, exif_tag::gps_directory);
        if (directories_.size() > 1) add_directory(1, exif_tag::interoperability_directory);
        const auto [thumbnail, thumbnail_end] = find_thumbnail();
        used_.push_back({0, 8});
        if (const auto entry = tiff_.find(directories_[0].first, exif_tag::orientation)) set_short(*entry, 1);
        for (const Range& directory : directories_) clean_directory(directory.first);

        std::size_t end = 0;
        for (const Range& range : used_) end = (std::max)(end, range.last);
        if (thumbnail_end <= size_ && !overlaps(used_, {thumbnail, thumbnail_end}))
            for (std::size_t i = thumbnail; i < thumbnail_end; ++i) bytes_[i] = std::byte{0};
        return end;
    }

    /// How many damaged entries were removed.
    std::size_t damaged() const { return damaged_; }

  private:
    struct Range {
        std::size_t first, last;  // [first, last)
    };
    static bool overlaps(const std::vector<Range>& ranges, const Range& other) {
        return std::any_of(ranges.begin(), ranges.end(),
                           [&](const Range& range) { return range.first < other.last && other.first < range.last; });
    }

    bool add_directory(std::size_t at) {
        const Range range{at, at + 2 + 12 * tiff_.entries(at) + 4};
        if (at < 8 || at + 2 > size_ || range.last > size_ + 4 || overlaps(directories_, range)) return false;
        directories_.push_back(range);
        return true;
    }
    // The directory that an entry of another directory points to.
    void add_directory(std::size_t parent, std::uint32_t tag) {
        const auto entry = tiff_.find(directories_[parent].first, tag);
        if (!entry) return;
        const std::uint32_t type = tiff_.read16(*entry + 2);
        if ((type == tiff_long || type == tiff_directory) && tiff_.read32(*entry + 4) == 1 &&
            add_directory(tiff_.read32(*entry + 8)))
            pointers_.push_back(*entry);
    }

    Range find_thumbnail() const {
        const std::size_t first = directories_[0].first;
        const std::size_t directory = tiff_.read32(first + 2 + 12 * tiff_.entries(first));
        if (directory < 8 || directory >= size_) return {0, 0};
        const auto offset = tiff_.find(directory, exif_tag::thumbnail_offset);
        const auto bytes = tiff_.find(directory, exif_tag::thumbnail_bytes);
        if (!offset || !bytes) return {0, 0};
        const std::size_t at = tiff_.read32(*offset + 8);
        return {at, at + tiff_.read32(*bytes + 8)};
    }

    // Whether an entry and its values lie inside, and its values outside of the directories.
    bool is_whole(std::size_t entry) {
        const std::uint32_t tag = tiff_.read16(entry);
        if (tag == exif_tag::exif_directory || tag == exif_tag::gps_directory ||
            tag == exif_tag::interoperability_directory)
            return std::find(pointers_.begin(), pointers_.end(), entry) != pointers_.end();
        const std::uint64_t value_bytes = tiff_value_bytes(tiff_.read16(entry + 2));
        if (value_bytes == 0) return false;
        const std::uint64_t bytes = value_bytes * tiff_.read32(entry + 4);
        if (bytes <= 4) return true;
        const std::size_t at = tiff_.read32(entry + 8);
        if (at < 8 || at > size_ || bytes > size_ - at) return false;
        const Range range{at, at + static_cast<std::size_t>(bytes)};
        if (overlaps(directories_, range)) return false;
        used_.push_back(range);
        return true;
    }

    void clean_directory(std::size_t directory) {
        std::size_t kept = directory + 2;
        for (std::size_t i = 0, count = tiff_.entries(directory); i < count; ++i) {
            const std::size_t entry = directory + 2 + 12 * i;
            if (tiff_.read16(entry) == exif_tag::more_pictures) continue;
            if (!is_whole(entry)) {
                ++damaged_;
                continue;
            }
            std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(entry), 12,
                        bytes_.begin() + static_cast<std::ptrdiff_t>(kept));
            kept += 12;
        }
        tiff_.write16(directory, static_cast<std::uint32_t>((kept - directory - 2) / 12));
        tiff_.write32(kept, 0);  // no directory follows: the thumbnail's did
        used_.push_back({directory, kept + 4});
    }

    void set_short(std::size_t entry, std::uint32_t value) {
        tiff_.write16(entry + 2, tiff_short);
        tiff_.write32(entry + 4, 1);
        tiff_.write32(entry + 8, 0);
        tiff_.write16(entry + 8, value);
    }

    std::span<std::byte> bytes_;
    std::size_t size_;
    TiffBytes tiff_;
    std::vector<Range> directories_, used_;
    std::vector<std::size_t> pointers_;  // entries that point to directories_[1] and following
    std::size_t damaged_ = 0;
};

/// Cleans EXIF, see ExifCleaner. Returns how many damaged entries were removed. What cannot be read becomes empty.
inline std::size_t clean_exif(std::vector<std::byte>& tiff) {
    if (tiff.size() < 8) tiff.clear();
    if (tiff.empty()) return 0;
    tiff.resize(tiff.size() + 4);
    ExifCleaner cleaner(tiff);
    tiff.resize(cleaner.clean());
    return cleaner.damaged();
}

/// The resolution that EXIF states, if it does.
inline Density exif_density(std::vector<std::byte>& tiff) {
    const TiffBytes bytes(tiff);
    const std::size_t directory = bytes.read32(4);
    if (!bytes.has_header() || directory < 8 || directory >= tiff.size()) return {};
    const auto unit = bytes.find(directory, exif_tag::resolution_unit);
    const double per_metre = unit && bytes.read16(*unit + 8) == 3 ? 100.0 : 1 / metres_per_inch;
    const auto resolution = [&](std::uint32_t tag) {
        const auto entry = bytes.find(directory, tag);
        if (!entry || bytes.read16(*entry + 2) != tiff_rational || bytes.read32(*entry + 4) != 1) return 0.0;
        const std::size_t at = bytes.read32(*entry + 8);
        const std::uint32_t denominator = bytes.read32(at + 4);
        return denominator == 0 ? 0.0 : bytes.read32(at) * per_metre / denominator;
    };
    const Density density{resolution(exif_tag::resolution_across), resolution(exif_tag::resolution_down)};
    return density.across > 0 && density.down > 0 ? density : Density{};
}

/// Writes the size and the resolution of a picture into EXIF, where it states them.
inline void update_exif(std::vector<std::byte>& tiff, int height, int width, const Density& density) {
    TiffBytes bytes(tiff);
    const std::size_t first = bytes.read32(4);
    if (!bytes.has_header() || first < 8 || first >= tiff.size()) return;
    const auto pointer = bytes.find(first, exif_tag::exif_directory);
    const auto set = [&](std::size_t directory, std::uint32_t tag, int pixels) {
        const auto entry = bytes.find(directory, tag);
        if (!entry) return;
        bytes.write16(*entry + 2, tiff_long);
        bytes.write32(*entry + 4, 1);
        bytes.write32(*entry + 8, static_cast<std::uint32_t>(pixels));
    };
    set(first, exif_tag::width, width);
    set(first, exif_tag::height, height);
    if (pointer) {
        set(bytes.read32(*pointer + 8), exif_tag::pixels_across, width);
        set(bytes.read32(*pointer + 8), exif_tag::pixels_down, height);
    }
    if (!(density.across > 0 && density.down > 0)) return;
    const auto unit = bytes.find(first, exif_tag::resolution_unit);
    const double metres = unit && bytes.read16(*unit + 8) == 3 ? 0.01 : metres_per_inch;
    for (const auto& [tag, per_metre] :
         {std::pair{exif_tag::resolution_across, density.across}, std::pair{exif_tag::resolution_down, density.down}}) {
        const auto entry = bytes.find(first, tag);
        if (!entry || bytes.read16(*entry + 2) != tiff_rational || bytes.read32(*entry + 4) != 1) continue;
        const std::size_t at = bytes.read32(*entry + 8);
        bytes.write32(at, static_cast<std::uint32_t>(std::lround(std::clamp(per_metre * metres, 0.0, 4e6) * 1000)));
        bytes.write32(at + 4, 1000);
    }
}

/// The orientation (a SHORT) in the first directory of EXIF; 1 (upright) if there is none.
inline int tiff_orientation(std::span<const std::byte> exif) {
    std::vector<std::byte> copy(exif.begin(), exif.end());
    const TiffBytes tiff(copy);
    if (!tiff.has_header()) return 1;
    const std::size_t directory = tiff.read32(4);
    const auto entry = directory < copy.size() ? tiff.find(directory, exif_tag::orientation) : std::nullopt;
    if (!entry || tiff.read16(*entry + 2) != tiff_short) return 1;
    const std::uint32_t value = tiff.read16(*entry + 8);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
}

}  // namespace depix::detail
