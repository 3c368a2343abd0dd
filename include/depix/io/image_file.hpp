// Whole picture files: color, transparency, 16 bits, ICC profile, EXIF, XMP and IPTC are read and passed on. This is
// for programs that return users' own pictures to them; io/image.hpp is for those that need only the pixels.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/io/image.hpp"
#include "depix/io/image_check.hpp"
#include "depix/io/image_metadata.hpp"
#include "depix/io/jpeg_metadata.hpp"
#include "depix/io/jpeg_writer.hpp"
#include "depix/io/png_metadata.hpp"
#include "depix/io/png_writer.hpp"
#include "depix/tensor.hpp"

namespace depix {

/// A picture file, and what belongs to it besides color.
struct ImageFile {
    Image color = {};             ///< 1 channel (grey) or 3 (RGB), 0..1, upright: EXIF's orientation is applied.
    Image alpha = {};             ///< 1 channel, 0..1; without pixels when the file has none.
    int bits = 8;                 ///< Per channel: 8 or 16.
    Density density = {};         ///< Pixels per metre, where the file says so.
    ColorEncoding encoding = {};  ///< What PNG says of the colours without an ICC profile.
    std::vector<std::byte> icc_profile = {};  ///< Raw, uncompressed ICC profile; empty when the file has none.
    std::vector<std::byte> exif = {};  ///< A TIFF structure, as in PNG's eXIf chunk; upright, without a thumbnail.
    std::vector<std::byte> xmp = {};   ///< An XMP packet: RDF as XML, in UTF-8.
    std::vector<std::byte> iptc = {};  ///< IPTC-IIM data sets, without Photoshop's resource around them.
    std::vector<std::string> warnings = {};  ///< What of the file's metadata was damaged and left out, in words.
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

/// The metadata of a picture as they hold for what is written: EXIF and XMP have its size, and a profile fits its
/// channels.
inline ImageMetadata metadata_to_write(const ImageFile& image) {
    const auto [channels, height, width] = image.color.shape;
    ImageMetadata metadata;
    metadata.density = image.density;
    metadata.encoding = image.encoding;
    if (icc_profile_fits(image.icc_profile, channels)) metadata.icc_profile = image.icc_profile;
    metadata.exif = image.exif;
    update_exif(metadata.exif, height, width, image.density);
    clean_exif(metadata.exif);
    if (is_xmp(image.xmp)) {
        metadata.xmp = image.xmp;
        update_xmp(metadata.xmp, height, width, image.density);
        if (!is_xmp(metadata.xmp)) metadata.xmp.clear();
    }
    if (is_iptc(image.iptc)) metadata.iptc = image.iptc;
    return metadata;
}

/// The metadata of a file that check_image_file has accepted.
inline ImageMetadata read_image_metadata(std::span<const std::byte> file) {
    const Bytes bytes(file);
    if (bytes.starts_with("\x89PNG\r\n\x1A\n")) return read_png_metadata(file);
    if (bytes.starts_with("\xFF\xD8")) return read_jpeg_metadata(file);
    return read_bmp_metadata(file);
}

/// Gives a picture, as its file stores it, what the file says besides its pixels, and turns it upright.
inline void add_metadata(ImageFile& image, ImageMetadata metadata) {
    image.bits = metadata.bits;
    image.icc_profile = std::move(metadata.icc_profile);
    image.exif = std::move(metadata.exif);
    image.xmp = std::move(metadata.xmp);
    image.iptc = std::move(metadata.iptc);
    image.warnings = std::move(metadata.warnings);
    image.encoding = metadata.encoding;
    image.density = metadata.density;
    if (metadata.orientation >= 5) std::swap(image.density.across, image.density.down);
    turn_upright(image.color, metadata.orientation);
    turn_upright(image.alpha, metadata.orientation);
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
    const bool is_bmp = detail::Bytes(bytes).starts_with("BM");
    const auto is_opaque = [](float alpha) { return alpha == 1.0f; };
    if (is_bmp && std::all_of(image.alpha.pixels.begin(), image.alpha.pixels.end(), is_opaque)) image.alpha = Image();
    if (is_bmp || metadata.has_palette) detail::drop_equal_channels(image.color);
    detail::add_metadata(image, std::move(metadata));
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
/// `bits` is 16 for a PNG file of 16 bits and 8 for all others. The ICC profile, EXIF, XMP and IPTC come from PNG or
/// JPEG and have at most 16 MiB each. The density comes from PNG's pHYs, JFIF's header, EXIF or BMP's header. In EXIF
/// the orientation is then 1, and the thumbnail and damaged entries are left out. What is damaged is left out, and
/// `warnings` says so. Throws FileError, which names the file, when it is missing, truncated,
/// damaged, not a picture or beyond the limits.
inline ImageFile read_image_file(const std::string& path, const ImageLimits& limits = {}) {
    return decode_image_file(read_file(path, limits.maximum_bytes), limits, path);
}

/// The contents of a picture file. Values are clamped to 0..1 and rounded to nearest; NaN becomes 0.
///
///            bits      alpha                   ICC profile, EXIF, XMP, IPTC            gAMA, cHRM, sRGB   density
///     PNG    8 or 16   yes                     yes                                     yes                yes
///     JPEG   8         refused, unless all 1   at most 16.7 million bytes, 64 KB each  no                 yes
///     BMP    8         yes                     no                                      no                 yes
///
/// Grey is written as grey, but in BMP as three equal channels. JPEG's `jpeg_quality` is 1 to 100. What a format cannot
/// hold is left out (see metadata_left_out), except for transparency in JPEG, which is an Error. An ICC profile is also
/// left out if it is not for the channels that are written (for example for RGB when color is grey), as the formats
/// demand. Most programs read a BMP file whose alpha is 0 everywhere as one without alpha. Size and resolution in EXIF
/// and XMP become those of this picture, and the orientation becomes upright.
///
/// Throws ShapeError for a color that does not have 1 or 3 channels, for an alpha of another size, and for a picture
/// that is too large for the format; Error for other `bits`.
inline std::vector<std::byte> encode_image_file(const ImageFile& image, ImageFormat format, int jpeg_quality = 95) {
    detail::check_image(image);
    const Image& color = image.color;
    const Image& alpha = image.alpha;
    if (format == ImageFormat::PNG)
        return detail::encode_png(color, alpha, image.bits, detail::metadata_to_write(image));

    check_transparency(image, format);
    if (format == ImageFormat::JPEG) {
        std::vector<std::byte> file = detail::encode_jpeg(color, jpeg_quality);
        if (image.density.across > 0) detail::set_jpeg_density(file, image.density);
        detail::insert_jpeg_metadata(file, detail::metadata_to_write(image));
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

/// Which of a picture's metadata encode_image_file leaves out, each in words, such as "EXIF"; empty if it keeps all.
inline std::vector<std::string> metadata_left_out(const ImageFile& image, ImageFormat format) {
    std::vector<std::string> names;
    const auto check = [&](const char* name, const std::vector<std::byte>& had, const std::vector<std::byte>& written,
                           std::size_t room) {
        if (!had.empty() && (written.empty() || written.size() > room || format == ImageFormat::BMP))
            names.emplace_back(name);
    };
    const detail::ImageMetadata metadata = detail::metadata_to_write(image);
    const bool is_jpeg = format == ImageFormat::JPEG;
    const auto room = [&](std::string_view name) { return is_jpeg ? detail::jpeg_segment_room(name) : SIZE_MAX; };
    check("the ICC profile", image.icc_profile, metadata.icc_profile,
          is_jpeg ? 255 * (detail::jpeg_segment_room(detail::icc_name) - 2) : SIZE_MAX);
    check("EXIF", image.exif, metadata.exif, room(detail::exif_name));
    check("XMP", image.xmp, metadata.xmp, room(detail::xmp_name));
    check("IPTC", image.iptc, metadata.iptc, room(detail::photoshop_name) - 13);
    // JPEG and BMP files without a profile are sRGB, whose gamma is about 1/2.2.
    const std::uint32_t gamma = image.encoding.gamma;
    const bool is_srgb = image.encoding.srgb_intent >= 0 || gamma == 0 || (gamma >= 45000 && gamma <= 46000);
    if (format != ImageFormat::PNG && image.icc_profile.empty() && !is_srgb) names.emplace_back("the gamma (gAMA)");
    return names;
}

/// Writes a picture in the format that the path's extension names (.png, .jpg, .jpeg or .bmp, in upper or lower case),
/// whole or not at all. See encode_image_file for what each takes. Throws FileError, which names the file, for every
/// failure.
inline void write_image_file(const std::string& path, const ImageFile& image, int jpeg_quality = 95) {
    detail::write_encoded(path, [&](ImageFormat format) { return encode_image_file(image, format, jpeg_quality); });
}

}  // namespace depix
