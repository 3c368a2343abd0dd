// Writes PNG files with what stb's writer cannot write: 16 bits a channel, and metadata. The format is W3C's
// "Portable Network Graphics (PNG) Specification", third edition; the compressor is stb's.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/byte_writer.hpp"
#include "depix/io/image_check.hpp"
#include "depix/io/image_metadata.hpp"
#include "depix/io/png_metadata.hpp"
#include "depix/io/stb.hpp"
#include "depix/tensor.hpp"

namespace depix::detail {

/// A chunk: length, type, data, and the checksum of type and data.
inline void append_png_chunk(std::vector<std::byte>& file, std::string_view type, std::span<const std::byte> data) {
    append_big_endian(file, static_cast<std::uint32_t>(data.size()), 4);
    const std::size_t first = file.size();
    append_text(file, type);
    append_bytes(file, data);
    append_big_endian(file, Bytes(file).checksum(first, file.size()), 4);
}

/// A zlib stream that stb made, in stb's own memory.
class ZlibStream {
  public:
    explicit ZlibStream(std::span<const std::byte> data) {
        // stb's parameter is not const, but stb does not write there. 8 is the level of its own PNG writer.
        auto* source = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(data.data()));
        try {
            stream_.reset(stb::stbi_zlib_compress(source, static_cast<int>(data.size()), &size_, 8));
        } catch (const stb::BrokenAssertion&) {  // stb could not allocate memory
        }
        if (stream_ == nullptr) throw Error("a PNG file could not be compressed: out of memory");
    }
    std::span<const std::byte> bytes() const {
        return std::as_bytes(std::span(stream_.get(), static_cast<std::size_t>(size_)));
    }

  private:
    struct Free {
        void operator()(unsigned char* stream) const { stb::free_compressed(stream); }
    };
    std::unique_ptr<unsigned char, Free> stream_;
    int size_ = 0;
};

/// PNG's five filters, which write a byte x of a row as its difference from a prediction, modulo 256. a is the byte of
/// the pixel to the left, b that of the row above, and c that to the left of b (0 outside the picture). The predictions
/// are:
///
///     0 None      0
///     1 Sub       a
///     2 Up        b
///     3 Average   floor((a + b) / 2)
///     4 Paeth     whichever of a, b, c is nearest to a + b - c; the first of them if several are
///
/// A row gets the filter whose differences, taken as signed bytes, have the smallest sum of absolute values. The
/// specification advises this (12.7), because small numbers compress well.
class PngFilter {
  public:
    PngFilter(std::size_t row_bytes, std::size_t pixel_bytes)
        : size_(row_bytes),
          step_(pixel_bytes),
          // One pixel of zeros stands to the left of each row.
          row_(pixel_bytes + row_bytes),
          above_(pixel_bytes + row_bytes),
          best_(row_bytes),
          trial_(row_bytes) {}

    /// Where the samples of the next row are to be written.
    unsigned char* row() { return row_.data() + step_; }

    /// Writes the filter's number and the filtered row, 1 + row_bytes bytes, and goes on to the next row.
    void write(std::byte* destination) {
        least_ = SIZE_MAX;
        try_filter(0, [](int, int, int) { return 0; });
        try_filter(1, [](int a, int, int) { return a; });
        try_filter(2, [](int, int b, int) { return b; });
        try_filter(3, [](int a, int b, int) { return (a + b) / 2; });
        try_filter(4, [](int a, int b, int c) {
            // p = a + b - c, so |p - a| = |b - c| and so on.
            const int to_a = b > c ? b - c : c - b;
            const int to_b = a > c ? a - c : c - a;
            const int to_c = a + b > 2 * c ? a + b - 2 * c : 2 * c - a - b;
            return to_a <= to_b && to_a <= to_c ? a : to_b <= to_c ? b : c;
        });
        destination[0] = static_cast<std::byte>(best_number_);
        std::memcpy(destination + 1, best_.data(), size_);
        row_.swap(above_);
    }

  private:
    template <class Predict>
    void try_filter(int number, Predict predict) {
        const unsigned char* const x = row_.data() + step_;
        const unsigned char* const a = row_.data();
        const unsigned char* const b = above_.data() + step_;
        const unsigned char* const c = above_.data();
        unsigned char* const filtered = trial_.data();
        std::size_t sum = 0;
        for (std::size_t i = 0; i < size_; ++i) {
            const int difference = (x[i] - predict(a[i], b[i], c[i])) & 0xFF;
            filtered[i] = static_cast<unsigned char>(difference);
            sum += static_cast<std::size_t>(difference < 128 ? difference : 256 - difference);
        }
        if (sum >= least_) return;
        least_ = sum;
        best_number_ = number;
        best_.swap(trial_);
    }

    std::size_t size_;
    std::size_t step_;
    std::vector<unsigned char> row_, above_, best_, trial_;
    std::size_t least_ = 0;
    int best_number_ = 0;
};

/// Writes one channel of one row, with values in 0..1, as integers of 1 or 2 bytes (the higher first), each `stride`
/// bytes after the one before. Values are clamped and rounded to nearest; NaN becomes 0.
inline void write_samples(const float* values, int count, int sample_bytes, unsigned char* destination,
                          std::size_t stride) {
    const float maximum = sample_bytes == 2 ? 65535.0f : 255.0f;
    for (int x = 0; x < count; ++x, destination += stride) {
        const float clamped = values[x] > 0 ? (std::min)(values[x], 1.0f) : 0.0f;
        // In double the sum is exact, so this equals std::lround, without the call.
        const auto sample = static_cast<std::uint32_t>(static_cast<double>(clamped * maximum) + 0.5);
        if (sample_bytes == 2) destination[0] = static_cast<unsigned char>(sample >> 8);
        destination[sample_bytes - 1] = static_cast<unsigned char>(sample & 0xFF);
    }
}

/// The chunks of metadata that stand before the pixels. Lengths and numbers have the highest byte first.
inline std::vector<std::byte> png_metadata_chunks(const ImageMetadata& metadata) {
    std::vector<std::byte> chunks, data;
    const auto append = [&](std::string_view type) {
        append_png_chunk(chunks, type, data);
        data.clear();
    };
    const ColorEncoding& encoding = metadata.encoding;
    if (!metadata.icc_profile.empty()) {
        append_text(data, std::string_view("ICC profile\0\0", 13));  // a name, its end, and zlib
        append_bytes(data, ZlibStream(metadata.icc_profile).bytes());
        append("iCCP");
    } else if (encoding.srgb_intent >= 0) {
        append_big_endian(data, static_cast<std::uint32_t>(encoding.srgb_intent), 1);
        append("sRGB");
    }
    if (encoding.gamma > 0) {
        append_big_endian(data, encoding.gamma, 4);
        append("gAMA");
    }
    if (encoding.chromaticities != ColorEncoding{}.chromaticities) {
        for (const std::uint32_t value : encoding.chromaticities) append_big_endian(data, value, 4);
        append("cHRM");
    }
    if (metadata.density.across > 0) {
        for (const double per_metre : {metadata.density.across, metadata.density.down})
            append_big_endian(data, static_cast<std::uint32_t>(std::lround(std::clamp(per_metre, 0.0, 2147483647.0))),
                              4);
        append_big_endian(data, 1, 1);  // per metre
        append("pHYs");
    }
    if (!metadata.exif.empty()) {
        append_bytes(data, metadata.exif);
        append("eXIf");
    }
    if (!metadata.xmp.empty()) {
        append_text(data, png_xmp_keyword);
        append_text(data, std::string_view("\0\0\0\0\0", 5));  // not packed, no language
        append_bytes(data, metadata.xmp);
        append("iTXt");
    }
    if (!metadata.iptc.empty()) {  // PNG has no chunk for it; ImageMagick, ExifTool and others use this one
        append_text(data, raw_profile);
        append_text(data, std::string_view("iptc\0", 5));
        append_bytes(data, pack_raw_profile("iptc", iptc_resource(metadata.iptc)));
        append("tEXt");
    }
    return chunks;
}

/// A PNG file's contents, of `bits` 8 or 16 a channel.
///
/// `color` has 1 channel or 3; `alpha` has 1 and the same size, or no pixels, and is then left out. Both are planar, in
/// 0..1, clamped and rounded to nearest; NaN becomes 0. Besides the file it needs memory for the uncompressed samples,
/// 1 to 8 bytes a pixel. Throws ShapeError when these are more than 2^30 bytes, because stb's compressor counts in 32
/// bits.
inline std::vector<std::byte> encode_png(const Image& color, const Image& alpha, int bits,
                                         const ImageMetadata& metadata = {}) {
    const auto [channels, height, width] = color.shape;
    const bool has_alpha = !alpha.pixels.empty();
    const int sample_bytes = bits / 8;
    const auto pixel_bytes = static_cast<std::size_t>((channels + (has_alpha ? 1 : 0)) * sample_bytes);
    const std::size_t row_bytes = static_cast<std::size_t>(width) * pixel_bytes;
    const std::size_t limit = std::size_t{1} << 30;
    if (row_bytes >= limit || static_cast<std::size_t>(height) > limit / (1 + row_bytes))
        throw ShapeError("a picture of " + to_string(color.shape) + " is too large for a PNG file; the limit is " +
                         std::to_string(limit) + " bytes");

    std::vector<std::byte> rows(static_cast<std::size_t>(height) * (1 + row_bytes));
    PngFilter filter(row_bytes, pixel_bytes);
    for (int y = 0; y < height; ++y) {
        unsigned char* sample = filter.row();
        for (int c = 0; c < channels; ++c, sample += sample_bytes)
            write_samples(&color(c, y, 0), width, sample_bytes, sample, pixel_bytes);
        if (has_alpha) write_samples(&alpha(0, y, 0), width, sample_bytes, sample, pixel_bytes);
        filter.write(rows.data() + static_cast<std::size_t>(y) * (1 + row_bytes));
    }
    const ZlibStream compressed(rows);
    std::vector<std::byte>().swap(rows);

    std::vector<std::byte> header;
    append_big_endian(header, static_cast<std::uint32_t>(width), 4);
    append_big_endian(header, static_cast<std::uint32_t>(height), 4);
    append_big_endian(header, static_cast<std::uint32_t>(bits), 1);
    append_big_endian(header, (channels == 3 ? 2u : 0u) + (has_alpha ? 4u : 0u), 1);  // the color type
    append_big_endian(header, 0, 3);  // zlib, these filters, not interlaced

    const std::vector<std::byte> chunks = png_metadata_chunks(metadata);
    std::vector<std::byte> file;
    file.reserve(128 + chunks.size() + compressed.bytes().size());
    append_text(file, "\x89PNG\r\n\x1A\n");
    append_png_chunk(file, "IHDR", header);
    append_bytes(file, chunks);
    append_png_chunk(file, "IDAT", compressed.bytes());
    append_png_chunk(file, "IEND", {});
    return file;
}

}  // namespace depix::detail
