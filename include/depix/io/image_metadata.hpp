// What a picture file says besides its pixels: the ICC profile, pixels per inch, EXIF, XMP, IPTC, and how the pixels
// are stored. Every access stays inside the file. Damaged metadata is left out, because the picture matters more.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "depix/io/byte_writer.hpp"
#include "depix/io/image_check.hpp"
#include "depix/io/image_exif.hpp"
#include "depix/io/image_text.hpp"
#include "depix/tensor.hpp"

namespace depix {

/// What a PNG file without an ICC profile says of its colours: the chunks gAMA, cHRM and sRGB, as they are stored.
struct ColorEncoding {
    std::uint32_t gamma = 0;                           ///< times 100,000; 0 if there is none. sRGB's is about 45,455.
    std::array<std::uint32_t, 8> chromaticities = {};  ///< x and y of white, red, green, blue; times 100,000
    int srgb_intent = -1;                              ///< 0 to 3; -1 if the file does not say that it is sRGB
    friend bool operator==(const ColorEncoding&, const ColorEncoding&) = default;
};

}  // namespace depix

namespace depix::detail {

struct ImageMetadata {
    int bits = 8;              ///< Per channel, 8 or 16: a decoder unpacks PNG's 1, 2 and 4 bits to 8.
    bool has_palette = false;  ///< PNG only.
    int orientation = 1;       ///< EXIF's, 1 to 8; see turn_upright.
    Density density;
    ColorEncoding encoding;
    std::vector<std::byte> icc_profile, exif, xmp, iptc;
    std::vector<std::string> warnings;  ///< What was left out.
};

/// JPEG's segments begin with the name of what they hold.
inline constexpr std::string_view exif_name("Exif\0\0", 6);
inline constexpr std::string_view icc_name("ICC_PROFILE\0", 12);
inline constexpr std::string_view xmp_name("http://ns.adobe.com/xap/1.0/\0", 29);
inline constexpr std::string_view xmp_extension_name("http://ns.adobe.com/xmp/extension/\0", 35);
inline constexpr std::string_view photoshop_name("Photoshop 3.0\0", 14);

/// The largest size of unpacked metadata of each kind; real ones have some hundred bytes to some megabytes.
inline constexpr std::size_t maximum_metadata_bytes = std::size_t{1} << 24;

inline void warn_left_out(ImageMetadata& metadata, const std::string& what) {
    const std::string warning = what + " was left out";
    std::vector<std::string>& warnings = metadata.warnings;
    if (std::find(warnings.begin(), warnings.end(), warning) == warnings.end()) warnings.push_back(warning);
}

/// Takes the first EXIF data of a file: reads the orientation, and removes what does not hold for an upright picture.
inline void take_exif(ImageMetadata& metadata, std::span<const std::byte> exif) {
    metadata.orientation = tiff_orientation(exif);
    metadata.exif.clear();
    if (exif.size() <= maximum_metadata_bytes) metadata.exif.assign(exif.begin(), exif.end());
    const std::size_t damaged = clean_exif(metadata.exif);
    if (metadata.exif.empty())
        warn_left_out(metadata, "damaged EXIF metadata");
    else if (damaged > 0)
        metadata.warnings.push_back("damaged entries of the EXIF metadata were left out: " + std::to_string(damaged));
}

inline void take_xmp(ImageMetadata& metadata, std::span<const std::byte> xmp) {
    if (xmp.size() <= maximum_metadata_bytes && is_xmp(xmp))
        metadata.xmp.assign(xmp.begin(), xmp.end());
    else
        warn_left_out(metadata, "damaged XMP metadata");
}

/// Takes IPTC from Photoshop's image resources.
inline void take_iptc(ImageMetadata& metadata, std::span<const std::byte> resources) {
    FoundIptc found = find_iptc(resources);
    if (found.damaged) warn_left_out(metadata, "damaged IPTC metadata");
    metadata.iptc = std::move(found.iptc);
}

/// To be called when all of a file's metadata are read: what EXIF says of the resolution holds if nothing else does.
inline void finish_metadata(ImageMetadata& metadata) {
    if (metadata.density.across <= 0 && !metadata.exif.empty()) metadata.density = exif_density(metadata.exif);
}

/// Whether a profile's color space, at byte 16 of its header, is that of a grey picture (1 channel) or of an RGB one.
inline bool icc_profile_fits(std::span<const std::byte> profile, int channels) {
    return profile.size() > 20 && Bytes(profile.subspan(16)).starts_with(channels == 1 ? "GRAY" : "RGB ");
}

/// BMP: pixels per metre.
inline ImageMetadata read_bmp_metadata(std::span<const std::byte> file) {
    ImageMetadata metadata;
    const Bytes bytes(file);
    if (bytes.little32(14) >= 40)
        metadata.density = {static_cast<double>(bytes.little32(38)), static_cast<double>(bytes.little32(42))};
    return metadata;
}

/// Writes the density into a BMP file's header.
inline void set_bmp_density(std::vector<std::byte>& bmp, const Density& density) {
    if (Bytes(bmp).little32(14) < 40) return;
    const auto put = [&](std::size_t at, double per_metre) {
        const auto count = static_cast<std::uint32_t>(std::clamp(std::lround(per_metre), 0L, 0x7FFFFFFFL));
        for (std::size_t i = 0; i < 4; ++i) bmp[at + i] = static_cast<std::byte>(count >> (8 * i) & 0xFF);
    };
    put(38, density.across);
    put(42, density.down);
}

/// Turns a picture upright, as its EXIF orientation says. 1 leaves it as it is; 5 to 8 swap width and height. With s
/// the stored picture of H rows and W columns, the upright one is
///
///     1  s(y, x)            3  s(H-1-y, W-1-x)  turned by 180 degrees    2  s(y, W-1-x)      mirrored
///     6  s(H-1-x, y)        turned by 90 degrees clockwise               4  s(H-1-y, x)      mirrored
///     8  s(x, W-1-y)        turned by 90 degrees counterclockwise        5  s(x, y)          mirrored
///                                                                        7  s(H-1-x, W-1-y)  mirrored
inline void turn_upright(Image& image, int orientation) {
    if (orientation <= 1 || orientation > 8) return;
    const auto [channels, rows, columns] = image.shape;
    const bool swaps = orientation >= 5;
    const bool from_below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    image.shape = swaps ? Shape{channels, columns, rows} : image.shape;
    const auto area = static_cast<std::ptrdiff_t>(image.shape.area());
    std::vector<float> stored;  // one channel at a time, to save memory
    for (int c = 0; c < channels; ++c) {
        stored.assign(image.pixels.begin() + c * area, image.pixels.begin() + (c + 1) * area);
        for (int y = 0; y < image.shape.height; ++y)
            for (int x = 0; x < image.shape.width; ++x) {
                const int row = swaps ? x : y;
                const int column = swaps ? y : x;
                const auto from_row = static_cast<std::size_t>(from_below ? rows - 1 - row : row);
                const auto from_column = static_cast<std::size_t>(from_right ? columns - 1 - column : column);
                image(c, y, x) = stored[from_row * static_cast<std::size_t>(columns) + from_column];
            }
    }
}

}  // namespace depix::detail
