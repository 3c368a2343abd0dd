// Writes JPEG files. stb writes RGB; grey is written here as one component, because stb's writer makes three of it. The
// format is baseline JPEG, ITU-T T.81.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <numbers>
#include <span>
#include <string_view>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/byte_writer.hpp"
#include "depix/io/image.hpp"
#include "depix/tensor.hpp"

namespace depix::detail {

// The tables of Annex K for luminance, which stb and nearly every other encoder use.

inline constexpr std::uint8_t jpeg_quantization[64] = {16, 11, 10, 16, 24,  40,  51,  61,   //
                                                       12, 12, 14, 19, 26,  58,  60,  55,   //
                                                       14, 13, 16, 24, 40,  57,  69,  56,   //
                                                       14, 17, 22, 29, 51,  87,  80,  62,   //
                                                       18, 22, 37, 56, 68,  109, 103, 77,   //
                                                       24, 35, 55, 64, 81,  104, 113, 92,   //
                                                       49, 64, 78, 87, 103, 121, 120, 101,  //
                                                       72, 92, 95, 98, 112, 100, 103, 99};

/// The order in which a block's coefficients are stored, low frequencies first. The numbers count the coefficients of
/// the 8x8 block row by row.
inline constexpr std::uint8_t jpeg_zigzag[64] = {0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,   //
                                                 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,  //
                                                 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,  //
                                                 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

// Huffman tables as the file has them: the number of codes of each length 1 to 16 bits, and the values they stand for.
inline constexpr std::uint8_t jpeg_dc_counts[16] = {0, 1, 5, 1, 1, 1, 1, 1, 1};
inline constexpr std::uint8_t jpeg_dc_values[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
inline constexpr std::uint8_t jpeg_ac_counts[16] = {0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125};
inline constexpr std::uint8_t jpeg_ac_values[162] = {
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71,
    0x14, 0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1, 0x15, 0x52, 0xD1, 0xF0, 0x24, 0x33, 0x62, 0x72,
    0x82, 0x09, 0x0A, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2A, 0x34, 0x35, 0x36, 0x37,
    0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59,
    0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x83,
    0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0xA2, 0xA3,
    0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3,
    0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE1, 0xE2,
    0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA};

struct HuffmanCode {
    std::uint32_t code = 0;
    int bits = 0;
};

/// The code of every value. Codes are consecutive numbers, doubled where the length grows by a bit (T.81, C.2).
inline std::array<HuffmanCode, 256> huffman_codes(std::span<const std::uint8_t, 16> counts,
                                                  std::span<const std::uint8_t> values) {
    std::array<HuffmanCode, 256> codes;
    std::uint32_t code = 0;
    std::size_t next = 0;
    for (int bits = 1; bits <= 16; ++bits, code <<= 1)
        for (int i = 0; i < counts[static_cast<std::size_t>(bits - 1)]; ++i) codes[values[next++]] = {code++, bits};
    return codes;
}

/// Writes the coded data of a grey picture, block by block.
class GreyJpegScan {
  public:
    /// `divisors` are in the order of the 8x8 block, row by row.
    GreyJpegScan(std::vector<std::byte>& file, const std::array<int, 64>& divisors)
        : file_(file),
          divisors_(divisors),
          dc_codes_(huffman_codes(jpeg_dc_counts, jpeg_dc_values)),
          ac_codes_(huffman_codes(jpeg_ac_counts, jpeg_ac_values)) {
        for (int u = 0; u < 8; ++u)
            for (int x = 0; x < 8; ++x)
                cosines_[u][x] = static_cast<float>((u == 0 ? std::sqrt(0.125) : 0.5) *
                                                    std::cos((2 * x + 1) * u * std::numbers::pi / 16));
    }

    /// Writes one block of 8x8 samples, -128..127. It computes a cosine transform
    ///
    ///     F(v, u) = sum over y, x of C(v, y) C(u, x) block(y, x),     C(u, x) = k(u) cos((2x + 1) u pi / 16)
    ///     k(0) = sqrt(1/8), otherwise 1/2
    ///
    /// rounded to multiples of the divisors. Then it writes the first coefficient as its difference from that of the
    /// block before, and every other coefficient that is not 0 after the number of zeros before it (T.81, F.1.2).
    void write_block(const float (&block)[8][8]) {
        float along_x[8][8] = {};
        float spectrum[8][8] = {};
        for (int y = 0; y < 8; ++y)
            for (int u = 0; u < 8; ++u)
                for (int x = 0; x < 8; ++x) along_x[y][u] += cosines_[u][x] * block[y][x];
        for (int v = 0; v < 8; ++v)
            for (int y = 0; y < 8; ++y)
                for (int u = 0; u < 8; ++u) spectrum[v][u] += cosines_[v][y] * along_x[y][u];
        const auto coefficient = [&](std::size_t i) {
            const std::size_t at = jpeg_zigzag[i];
            return static_cast<int>(std::lround(spectrum[at / 8][at % 8] / static_cast<float>(divisors_[at])));
        };

        const int first = coefficient(0);
        put(dc_codes_, 0, first - first_before_);
        first_before_ = first;
        int zeros = 0;
        for (std::size_t i = 1; i < 64; ++i) {
            const int value = coefficient(i);
            if (value == 0) {
                ++zeros;
                continue;
            }
            for (; zeros > 15; zeros -= 16) put(ac_codes_[0xF0]);  // sixteen zeros
            put(ac_codes_, zeros, value);
            zeros = 0;
        }
        if (zeros > 0) put(ac_codes_[0]);  // zeros to the end
    }

    /// Fills the last byte with ones.
    void finish() { put({0x7F, 7}); }

  private:
    /// Writes a number: the code of (zeros before it, number of bits it needs), then those bits. Of a negative number
    /// it writes the bits of the number minus 1.
    void put(const std::array<HuffmanCode, 256>& codes, int zeros, int value) {
        int bits = 0;
        for (int rest = std::abs(value); rest != 0; rest >>= 1) ++bits;
        put(codes[static_cast<std::size_t>(16 * zeros + bits)]);
        const auto low = static_cast<std::uint32_t>(value < 0 ? value - 1 : value) & ((1u << bits) - 1);
        put({low, bits});
    }
    void put(HuffmanCode code) {
        waiting_ = waiting_ << code.bits | code.code;
        for (waiting_bits_ += code.bits; waiting_bits_ >= 8; waiting_bits_ -= 8) {
            const auto byte = static_cast<std::byte>(waiting_ >> (waiting_bits_ - 8) & 0xFF);
            file_.push_back(byte);
            if (byte == std::byte{0xFF}) file_.push_back(std::byte{0});  // so that it is not taken for a marker
        }
    }

    std::vector<std::byte>& file_;
    std::array<int, 64> divisors_;
    std::array<HuffmanCode, 256> dc_codes_, ac_codes_;
    float cosines_[8][8] = {};
    int first_before_ = 0;
    std::uint32_t waiting_ = 0;  // the lower waiting_bits_, 7 at most between two calls, are still to be written
    int waiting_bits_ = 0;
};

/// The contents of a JPEG file with one component, `quality` 1 to 100. It is what stb would write without the color
/// planes.
inline std::vector<std::byte> encode_grey_jpeg(const Image& image, int quality) {
    const std::vector<unsigned char> samples = interleaved_bytes(image);
    const int height = image.shape.height, width = image.shape.width;

    // libjpeg's scale, which other programs' "quality" means, too.
    quality = std::clamp(quality, 1, 100);
    const int percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
    std::array<int, 64> divisors{};
    for (std::size_t i = 0; i < 64; ++i) divisors[i] = std::clamp((jpeg_quantization[i] * percent + 50) / 100, 1, 255);

    std::vector<std::byte> file;
    const auto append = [&file](std::uint32_t value, int size) { append_big_endian(file, value, size); };
    const auto append_table = [&](std::uint32_t kind, std::span<const std::uint8_t> counts,
                                  std::span<const std::uint8_t> values) {
        append(kind, 1);
        append_bytes(file, std::as_bytes(counts));
        append_bytes(file, std::as_bytes(values));
    };
    append(0xFFD8, 2);
    append(0xFFE0, 2);
    append(16, 2);
    // JFIF 1.1, square pixels, no thumbnail.
    append_text(file, std::string_view("JFIF\0\1\1\0\0\1\0\1\0\0", 14));
    append(0xFFDB, 2);
    append(2 + 1 + 64, 2);
    append(0, 1);
    for (const std::size_t at : jpeg_zigzag) append(static_cast<std::uint32_t>(divisors[at]), 1);
    append(0xFFC0, 2);
    append(11, 2);
    append(8, 1);  // bits a sample
    append(static_cast<std::uint32_t>(height), 2);
    append(static_cast<std::uint32_t>(width), 2);
    append(0x01011100, 4);  // one component: number 1, not subsampled, quantization table 0
    append(0xFFC4, 2);
    append(2 + 2 * 17 + 12 + 162, 2);
    append_table(0x00, jpeg_dc_counts, jpeg_dc_values);
    append_table(0x10, jpeg_ac_counts, jpeg_ac_values);
    append(0xFFDA, 2);
    append(8, 2);
    append(0x010100, 3);  // one component: number 1, Huffman tables 0 and 0
    append(0x003F00, 3);  // all of the 64 coefficients

    GreyJpegScan scan(file, divisors);
    for (int top = 0; top < height; top += 8)
        for (int left = 0; left < width; left += 8) {
            float block[8][8];
            for (int y = 0; y < 8; ++y)
                for (int x = 0; x < 8; ++x) {
                    // Beyond the border the last row and column are repeated.
                    const auto row = static_cast<std::size_t>((std::min)(top + y, height - 1));
                    const auto column = static_cast<std::size_t>((std::min)(left + x, width - 1));
                    block[y][x] = static_cast<float>(samples[row * static_cast<std::size_t>(width) + column]) - 128.0f;
                }
            scan.write_block(block);
        }
    scan.finish();
    append(0xFFD9, 2);
    return file;
}

/// A JPEG file's contents: 1 component for a picture of 1 channel, 3 for RGB; see encode_image for the rest. Throws
/// ShapeError for a width or height above 65535, which the format cannot store.
inline std::vector<std::byte> encode_jpeg(const Image& image, int quality) {
    if (image.shape.height > 65535 || image.shape.width > 65535)
        throw ShapeError("a picture of " + to_string(image.shape) + " does not fit into a JPEG file; the limit is " +
                         "65535 rows and columns");
    return image.shape.channels == 1 ? encode_grey_jpeg(image, quality)
                                     : encode_image(image, ImageFormat::JPEG, quality);
}

}  // namespace depix::detail
