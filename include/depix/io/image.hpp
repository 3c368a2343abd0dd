// Pictures as files: PNG, JPEG and BMP, through stb.
#pragma once

#include <algorithm>
#include <cctype>
#include <climits>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/io/image_check.hpp"
#include "depix/io/png_rows.hpp"
#include "depix/io/stb.hpp"
#include "depix/tensor.hpp"

namespace depix {

/// The limits for a picture. They are checked before anything is decoded.
struct ImageLimits {
    std::size_t maximum_pixels = 100'000'000;          ///< width x height
    std::size_t maximum_bytes = std::size_t{1} << 29;  ///< of the file
};

/// The same picture with another number of channels: 1 grey, 3 RGB, 4 RGBA; 0 changes nothing.
///
///     grey = 0.299 red + 0.587 green + 0.114 blue     Rec. 601 luma, the weights of PIL's convert("L"), not rounded
///
/// An alpha channel is dropped, not blended, as in PIL; a new one is 1. Throws ShapeError for other numbers of
/// channels.
inline Image convert_channels(Image image, int channels) {
    const int had = image.shape.channels;
    if (channels == 0 || channels == had) return image;
    if ((channels != 1 && channels != 3 && channels != 4) || had < 1 || had > 4)
        throw ShapeError("cannot convert a picture of " + std::to_string(had) + " channels to " +
                         std::to_string(channels) + "; 1, 3 and 4 are supported");
    const std::size_t area = image.shape.area();
    const bool was_grey = had <= 2;
    Image result(Shape{channels, image.shape.height, image.shape.width}, 1.0f);
    for (std::size_t i = 0; i < area; ++i) {
        const float red = image.pixels[i];
        const float green = was_grey ? red : image.pixels[area + i];
        const float blue = was_grey ? red : image.pixels[2 * area + i];
        if (channels == 1) {
            result.pixels[i] = was_grey ? red : 0.299f * red + 0.587f * green + 0.114f * blue;
            continue;
        }
        result.pixels[i] = red;
        result.pixels[area + i] = green;
        result.pixels[2 * area + i] = blue;
        if (channels == 4 && had == 2) result.pixels[3 * area + i] = image.pixels[area + i];
    }
    return result;
}

namespace detail {

/// Converts interleaved integers, as stb holds a picture, to planar values in 0..1.
template <class Sample>
Image planar_image(const Sample* samples, Shape shape, float maximum) {
    Image image(shape);
    const std::size_t area = shape.area();
    const auto convert = [&](const auto channels) {  // a constant, so that compilers use SIMD
        for (std::size_t c = 0; c < channels; ++c)
            for (std::size_t i = 0; i < area; ++i)
                image.pixels[c * area + i] = static_cast<float>(samples[i * channels + c]) / maximum;
    };
    if (shape.channels == 1)
        convert(std::integral_constant<std::size_t, 1>{});
    else if (shape.channels == 3)
        convert(std::integral_constant<std::size_t, 3>{});
    else
        convert(static_cast<std::size_t>(shape.channels));
    return image;
}

/// Converts planar values in 0..1 to interleaved bytes, clamped and rounded to nearest; NaN becomes 0.
inline std::vector<unsigned char> interleaved_bytes(const Image& image) {
    const std::size_t area = image.shape.area();
    const auto channels = static_cast<std::size_t>(image.shape.channels);
    std::vector<unsigned char> bytes(image.shape.size());
    for (std::size_t c = 0; c < channels; ++c)
        for (std::size_t i = 0; i < area; ++i) {
            const float value = image.pixels[c * area + i];
            const float clamped = value > 0 ? (std::min)(value, 1.0f) : 0.0f;
            bytes[i * channels + c] = static_cast<unsigned char>(std::lround(clamped * 255.0f));
        }
    return bytes;
}

/// Limits the decoder's memory for one picture; see stb::largest_block.
class MemoryLimit {
  public:
    explicit MemoryLimit(std::size_t bytes) : before_(stb::largest_block) { stb::largest_block = bytes; }
    ~MemoryLimit() { stb::largest_block = before_; }
    MemoryLimit(const MemoryLimit&) = delete;
    MemoryLimit& operator=(const MemoryLimit&) = delete;

  private:
    std::size_t before_;
};

struct StbFree {
    void operator()(void* pixels) const { stb::stbi_image_free(pixels); }
};

/// Decodes a picture from bytes that check_image_file has accepted.
inline Image decode_checked(std::span<const std::byte> bytes, const ImageLimits& limits, const std::string& name) {
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    const int size = static_cast<int>(bytes.size());
    const auto fail = [&name] {
        const char* const reason = stb::stbi_failure_reason();
        throw FileError(name, std::string("cannot be decoded: ") + (reason != nullptr ? reason : "damaged"));
    };
    int width = 0, height = 0, stored_channels = 0;
    if (stb::stbi_info_from_memory(data, size, &width, &height, &stored_channels) == 0)
        throw FileError(name, "cannot be decoded: damaged, too large or of an unknown kind");
    if (height < 0 && height != INT_MIN) height = -height;  // a BMP file whose first row is the upper one
    if (width <= 0 || height <= 0) throw FileError(name, "a picture without pixels");
    const std::size_t pixels = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    if (pixels > limits.maximum_pixels)
        throw FileError(name, "a picture of " + std::to_string(width) + "x" + std::to_string(height) +
                                  " pixels; the limit is " + std::to_string(limits.maximum_pixels));

    // Four channels of 16 bits, times two because the decoder doubles its buffers, with room for JPEG's blocks at the
    // border and for the compressed data.
    const std::size_t padded = (static_cast<std::size_t>(width) + 64) * (static_cast<std::size_t>(height) + 64);
    const detail::MemoryLimit memory_limit(16 * padded + 2 * bytes.size() + 65536);

    Image image;
    const auto decode = [&]<class Sample>(Sample* samples, float maximum) {
        const std::unique_ptr<Sample, detail::StbFree> owner(samples);
        if (samples == nullptr) fail();
        image = detail::planar_image(samples, Shape{stored_channels, height, width}, maximum);
    };
    // Apple's PNG files (CgBI) have red and blue swapped, and colours multiplied by alpha.
    stb::stbi_convert_iphone_png_to_rgb_thread(1);
    const bool is_apples = detail::Bytes(bytes).starts_with("CgBI", 12);
    try {
        const Shape shape{stored_channels, height, width};
        if (const std::vector<unsigned char> ordinary = detail::read_ordinary_png(bytes, shape); !ordinary.empty())
            return detail::planar_image(ordinary.data(), shape, 255.0f);
        if (stb::stbi_is_16_bit_from_memory(data, size) != 0)
            decode(stb::stbi_load_16_from_memory(data, size, &width, &height, &stored_channels, 0), 65535.0f);
        else
            decode(stb::stbi_load_from_memory(data, size, &width, &height, &stored_channels, 0), 255.0f);
    } catch (const stb::BrokenAssertion&) {
        throw FileError(name, "cannot be decoded: damaged");
    }
    if (is_apples && image.shape.channels == 4)
        for (std::size_t i = 0, area = image.shape.area(); i < area; ++i)
            for (std::size_t c = 0; c < 3; ++c)
                if (const float alpha = image.pixels[3 * area + i]; alpha > 0)
                    image.pixels[c * area + i] = (std::min)(image.pixels[c * area + i] / alpha, 1.0f);
    return image;
}

}  // namespace detail

/// A picture from a file's contents; see read_image. `name` stands for the path in messages.
inline Image decode_image(std::span<const std::byte> bytes, int channels = 0, const ImageLimits& limits = {},
                          const std::string& name = "memory") {
    if (bytes.size() > (std::min)(limits.maximum_bytes, static_cast<std::size_t>(INT_MAX)))
        throw FileError(name, "a file of " + std::to_string(bytes.size()) + " bytes; the limit is " +
                                  std::to_string(limits.maximum_bytes));
    const detail::CheckedImage checked = detail::check_image_file(bytes, name);
    Image image = detail::decode_checked(checked.bytes, limits, name);
    if (!checked.has_end) {
        // Checks whether all of the picture is there. If so, the bytes that follow it do not change the result.
        for (const std::byte filler : {std::byte{0}, std::byte{0x5A}}) {
            std::vector<std::byte> longer;
            detail::append_bytes(longer, checked.bytes.first(checked.bytes.size() - 2));  // without our end marker
            longer.resize(longer.size() + 4096, filler);
            detail::append_end_of_jpeg(longer);
            if (detail::decode_checked(longer, limits, name) != image) throw FileError(name, "a truncated JPEG file");
        }
    }
    return convert_channels(std::move(image), channels);
}

/// Reads a PNG (8 or 16 bits a channel, at full precision), JPEG or BMP file. The values are planar and in 0..1.
///
/// If `channels` is 0, they stay as they are in the file: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. 1, 3 or 4 converts
/// them (see convert_channels). Values are the file's, usually sRGB; they are not linearised, and EXIF's rotation is
/// not applied. Throws FileError, which names the file, when it is missing, truncated, damaged, not a picture or beyond
/// the limits.
inline Image read_image(const std::string& path, int channels = 0, const ImageLimits& limits = {}) {
    return decode_image(read_file(path, limits.maximum_bytes), channels, limits, path);
}

/// The formats that can be written.
enum class ImageFormat { PNG, JPEG, BMP };

/// The contents of a picture file: 8 bits a channel, clamped to 0..1 and rounded to nearest; NaN becomes 0.
///
/// PNG takes 1 to 4 channels; JPEG 1 and 3, at `jpeg_quality` 1 to 100; BMP 1, 3 and 4. Grey becomes three equal
/// channels in JPEG and BMP. Throws ShapeError for other channels, for a picture without pixels and for one above 2^29
/// bytes.
inline std::vector<std::byte> encode_image(const Image& image, ImageFormat format, int jpeg_quality = 95) {
    const auto [channels, height, width] = image.shape;
    const bool channels_fit = format == ImageFormat::PNG   ? channels >= 1 && channels <= 4
                              : format == ImageFormat::BMP ? channels == 1 || channels == 3 || channels == 4
                                                           : channels == 1 || channels == 3;
    if (!channels_fit || height <= 0 || width <= 0 || image.pixels.size() != image.shape.size() ||
        image.shape.size() > std::size_t{1} << 29)
        throw ShapeError("a picture of " + to_string(image.shape) + " cannot be written in this format");

    const std::vector<unsigned char> samples = detail::interleaved_bytes(image);
    std::vector<std::byte> file;
    const auto append = [](void* context, void* data, int size) {
        const auto* bytes = static_cast<const std::byte*>(data);
        auto& destination = *static_cast<std::vector<std::byte>*>(context);
        destination.insert(destination.end(), bytes, bytes + size);
    };
    int written = 0;
    if (format == ImageFormat::PNG)
        written = stb::stbi_write_png_to_func(append, &file, width, height, channels, samples.data(), 0);
    else if (format == ImageFormat::BMP)
        written = stb::stbi_write_bmp_to_func(append, &file, width, height, channels, samples.data());
    else
        written = stb::stbi_write_jpg_to_func(append, &file, width, height, channels, samples.data(),
                                              std::clamp(jpeg_quality, 1, 100));
    if (written == 0) throw Error("a picture of " + to_string(image.shape) + " could not be encoded");
    return file;
}

/// A PNG file's contents; see encode_image.
inline std::vector<std::byte> write_png(const Image& image) { return encode_image(image, ImageFormat::PNG); }

namespace detail {

/// The format that a path's extension names, in upper or lower case. Throws FileError for any other extension.
inline ImageFormat image_format(const std::string& path) {
    const std::size_t dot = path.find_last_of("./\\");
    std::string extension = dot == std::string::npos || path[dot] != '.' ? "" : path.substr(dot);
    for (char& letter : extension) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    if (extension == ".png") return ImageFormat::PNG;
    if (extension == ".jpg" || extension == ".jpeg") return ImageFormat::JPEG;
    if (extension == ".bmp") return ImageFormat::BMP;
    throw FileError(path, "pictures are written as .png, .jpg or .bmp, not as \"" + extension + "\"");
}

/// Writes encode(format) to the path, whole or not at all. An Error from encode becomes a FileError that names the
/// path.
template <class Encode>
void write_encoded(const std::string& path, Encode&& encode) {
    const ImageFormat format = image_format(path);
    std::vector<std::byte> bytes;
    try {
        bytes = encode(format);
    } catch (const Error& error) {
        throw FileError(path, error.what());
    }
    write_file(path, bytes);
}

}  // namespace detail

/// Writes a picture in the format that the path's extension names (.png, .jpg, .jpeg or .bmp, in upper or lower case),
/// whole or not at all. See encode_image for what each takes. Throws FileError, which names the file, for every
/// failure.
inline void write_image(const std::string& path, const Image& image, int jpeg_quality = 95) {
    detail::write_encoded(path, [&](ImageFormat format) { return encode_image(image, format, jpeg_quality); });
}

}  // namespace depix
