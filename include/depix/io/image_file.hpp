// Whole picture files: color, transparency, 16 bits, ICC profile and EXIF's orientation are read and passed on. This is
// for programs that return users' own pictures to them; io/image.hpp is for those that need only the pixels.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/io/image.hpp"
#include "depix/io/image_check.hpp"
#include "depix/io/image_metadata.hpp"
#include "depix/io/jpeg_writer.hpp"
#include "depix/io/png_writer.hpp"
#include "depix/tensor.hpp"

namespace depix {

/// A picture file, and what belongs to it besides color.
struct ImageFile {
    Image color;                         ///< 1 channel (grey) or 3 (RGB), 0..1, upright: EXIF's orientation is applied.
    Image alpha;                         ///< 1 channel, 0..1; without pixels when the file has none.
    int bits = 8;                        ///< Per channel: 8 or 16.
    Density density;                     ///< Pixels per metre, where the file says so.
    std::vector<std::byte> icc_profile;  ///< Raw, uncompressed ICC profile; empty when the file has none.
};

namespace detail {

/// Moves the last channel of grey and alpha, or of RGBA, to a picture of its own.
inline Image split_alpha(Image& image) {
    Image alpha;
    if (image.shape.channels != 2 && image.shape.channels != 4) return alpha;
    --image.shape.channels;
    alpha.shape = {1, image.shape.height, image.shape.width};
    alpha.pixels.assign(image.pixels.begin() + static_cast<std::ptrdiff_t>(image.shape.size()), image.pixels.end());
    image.pixels.resize(image.shape.size());
    return alpha;
}

/// Keeps one channel of an RGB picture whose three channels are equal.
inline void drop_equal_channels(Image& image) {
    if (image.shape.channels != 3) return;
    const auto area = static_cast<std::ptrdiff_t>(image.shape.area());
    const auto red = image.pixels.begin();
    if (!std::equal(red, red + 2 * area, red + area)) return;  // red = green and green = blue
    image.shape.channels = 1;
    image.pixels.resize(image.shape.size());
}

inline void check_image(const ImageFile& image) {
    const auto is_whole = [](const Image& plane) {
        return plane.shape.height > 0 && plane.shape.width > 0 && plane.pixels.size() == plane.shape.size();
    };
    const Shape color = image.color.shape, alpha = image.alpha.shape;
    if ((color.channels != 1 && color.channels != 3) || !is_whole(image.color))
        throw ShapeError("a picture of " + to_string(color) + " cannot be written; it must have 1 or 3 channels");
    if (!image.alpha.pixels.empty() && (alpha != Shape{1, color.height, color.width} || !is_whole(image.alpha)))
        throw ShapeError("the alpha of a picture of " + to_string(color) + " must be " +
                         to_string(Shape{1, color.height, color.width}) + ", not " + to_string(alpha));
    if (image.bits != 8 && image.bits != 16)
        throw Error("a picture of " + std::to_string(image.bits) + " bits a channel; 8 and 16 are supported");
}

/// Whether any pixel is not opaque, as 8 bits would have it.
inline bool is_transparent(const ImageFile& image) {
    return std::any_of(image.alpha.pixels.begin(), image.alpha.pixels.end(),
                       [](float value) { return !(value * 255.0f >= 254.5f); });
}

}  // namespace detail

/// Throws Error for a picture that the format cannot hold without loss of its transparency. encode_image_file calls it;
/// a program calls it too before it works on a picture for long.
inline void check_transparency(const ImageFile& image, ImageFormat format) {
    if (format == ImageFormat::JPEG && detail::is_transparent(image))
        throw Error("a picture with transparency (an alpha channel) cannot be written as JPEG; PNG and BMP have it");
}

/// A picture from a file's contents; see read_image_file. `name` stands for the path in messages.
inline ImageFile decode_image_file(std::span<const std::byte> bytes, const ImageLimits& limits = {},
                                   const std::string& name = "memory") {
    ImageFile image;
    image.color = decode_image(bytes, 0, limits, name);
    image.alpha = detail::split_alpha(image.color);

    detail::ImageMetadata metadata = detail::read_image_metadata(bytes);
    image.bits = metadata.bits;
    image.icc_profile = std::move(metadata.icc_profile);
    image.density = metadata.density;
    if (metadata.orientation >= 5) std::swap(image.density.across, image.density.down);
    const bool is_bmp = detail::Bytes(bytes).starts_with("BM");
    const auto is_opaque = [](float alpha) { return alpha == 1.0f; };
    if (is_bmp && std::all_of(image.alpha.pixels.begin(), image.alpha.pixels.end(), is_opaque)) image.alpha = Image();
    if (is_bmp || metadata.has_palette) detail::drop_equal_channels(image.color);
    detail::turn_upright(image.color, metadata.orientation);
    detail::turn_upright(image.alpha, metadata.orientation);
    return image;
}

/// Reads a PNG, JPEG or BMP file with everything that ImageFile can hold.
///
/// Grey stays grey: color has 1 channel if the file says so (PNG's grey types, a JPEG file of one component). A palette
/// and BMP cannot say so; there the picture is grey if red, green and blue are equal in every pixel. Otherwise it is
/// RGB, even if all of it looks grey.
///
/// Alpha is PNG's, including its transparent palette entries and its transparent color, or that of a BMP file of 32
/// bits. If a BMP file's alpha is 1 everywhere it is left out, because its fourth byte then usually means nothing. JPEG
/// has none.
///
/// `bits` is 16 for a PNG file of 16 bits and 8 for all others. The ICC profile comes from PNG or JPEG and has at most
/// 16 MiB. The orientation comes from JPEG's EXIF segment or PNG's eXIf chunk, the density from PNG's pHYs, JFIF's
/// header or BMP's. Damaged ones are ignored. Throws FileError, which names the file, when it is missing, truncated,
/// damaged, not a picture or beyond the limits.
inline ImageFile read_image_file(const std::string& path, const ImageLimits& limits = {}) {
    return decode_image_file(read_file(path, limits.maximum_bytes), limits, path);
}

/// The contents of a picture file. Values are clamped to 0..1 and rounded to nearest; NaN becomes 0.
///
///            bits        alpha                   ICC profile
///     PNG    8 or 16     yes                     yes
///     JPEG   8           refused, unless all 1   yes, up to 16.7 million bytes
///     BMP    8           yes                     no
///
/// Grey is written as grey, but in BMP as three equal channels. JPEG's `jpeg_quality` is 1 to 100. What a format cannot
/// hold is left out, except for transparency in JPEG, which is an Error. An ICC profile is also left out if it is not
/// for the channels that are written (for example for RGB when color is grey), as the formats demand. Most programs
/// read a BMP file whose alpha is 0 everywhere as one without alpha. No EXIF is written, because the pixels are
/// upright.
///
/// Throws ShapeError for a color that does not have 1 or 3 channels, for an alpha of another size, and for a picture
/// that is too large for the format; Error for other `bits`.
inline std::vector<std::byte> encode_image_file(const ImageFile& image, ImageFormat format, int jpeg_quality = 95) {
    detail::check_image(image);
    const Image& color = image.color;
    const Image& alpha = image.alpha;
    std::span<const std::byte> profile = image.icc_profile;
    if (!detail::icc_profile_fits(profile, color.shape.channels)) profile = {};
    if (format == ImageFormat::PNG) return detail::encode_png(color, alpha, image.bits, profile, image.density);

    check_transparency(image, format);
    if (format == ImageFormat::JPEG) {
        std::vector<std::byte> file = detail::encode_jpeg(color, jpeg_quality);
        if (image.density.across > 0) detail::set_jpeg_density(file, image.density);
        if (!profile.empty()) detail::insert_icc_segments(file, profile);
        return file;
    }
    const auto with_density = [&](std::vector<std::byte> file) {
        if (image.density.across > 0) detail::set_bmp_density(file, image.density);
        return file;
    };
    if (!detail::is_transparent(image)) return with_density(encode_image(color, ImageFormat::BMP));
    Image both = convert_channels(color, 4);
    std::copy(alpha.pixels.begin(), alpha.pixels.end(),
              both.pixels.begin() + 3 * static_cast<std::ptrdiff_t>(color.shape.area()));
    return with_density(encode_image(both, ImageFormat::BMP));
}

/// Writes a picture in the format that the path's extension names (.png, .jpg, .jpeg or .bmp, in upper or lower case),
/// whole or not at all. See encode_image_file for what each takes. Throws FileError, which names the file, for every
/// failure.
inline void write_image_file(const std::string& path, const ImageFile& image, int jpeg_quality = 95) {
    detail::write_encoded(path, [&](ImageFormat format) { return encode_image_file(image, format, jpeg_quality); });
}

}  // namespace depix
