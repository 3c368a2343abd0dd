// QuadMap: how an integer feature map lies in memory on Cpu, and how numbers get into it and out of it.
#pragma once

#include <algorithm>

#include "depix/kernels/cpu/cpu.hpp"
#include "depix/kernels/cpu/int8/simd.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// How the words of a map lie in memory. A plane holds four channels of all pixels. Rows begin at multiples of a vector
/// and are followed by a gap of at least `halo` pixels, the right border of one row and the left border of the next.
/// Between two planes there are `halo` rows. Everything around a picture stands for the number 0.
struct QuadLayout {
    std::ptrdiff_t row_stride = 0, plane_stride = 0, origin = 0, size = 0;

    constexpr QuadLayout(Shape shape, int halo) {
        row_stride = round_up(shape.width + halo, vector_width);
        plane_stride = (shape.height + halo) * row_stride;
        origin = halo * row_stride + round_up(halo, vector_width);
        // Kernels load and store whole vectors, and strided loads run further past a row's end.
        size = origin + (shape.channels + 3) / 4 * plane_stride + 4 * row_stride + 16 * vector_width;
        size = (size + vector_width - 1) / vector_width * vector_width;
    }
};

struct QuadMap {
    std::uint32_t* data = nullptr;
    int channels = 0, height = 0, width = 0;
    std::ptrdiff_t plane_stride = 0, row_stride = 0;

    constexpr QuadMap() = default;
    constexpr QuadMap(std::uint32_t* memory, Shape shape, const QuadLayout& layout)
        : data(memory + layout.origin),
          channels(shape.channels),
          height(shape.height),
          width(shape.width),
          plane_stride(layout.plane_stride),
          row_stride(layout.row_stride) {}

    int quads() const { return (channels + 3) / 4; }
    std::uint32_t* row(int quad, int y) const { return data + quad * plane_stride + y * row_stride; }
    std::uint8_t byte(int c, int y, int x) const {
        return static_cast<std::uint8_t>(row(c / 4, y)[x] >> (8 * (c % 4)));
    }
    void set(int c, int y, int x, std::uint8_t value) const {
        std::uint32_t& word = row(c / 4, y)[x];
        const int shift = 8 * (c % 4);
        word = (word & ~(std::uint32_t{255} << shift)) | std::uint32_t{value} << shift;
    }
    /// Channels [first, first + count), where first is a multiple of 4.
    QuadMap slice(int first, int count) const {
        QuadMap part = *this;
        part.data += first / 4 * plane_stride;
        part.channels = count;
        return part;
    }
};

/// The byte that stands for the number 0, four times.
constexpr std::uint32_t zero_word(int zero_point) { return static_cast<std::uint32_t>(zero_point + 128) * 0x01010101u; }

/// Writes the borders of this thread's part: what follows its rows, and the rows above or below the map.
inline void fill_border(const QuadMap& y, int halo, int zero_point, Team team) {
    if (halo == 0) return;
    const std::uint32_t word = zero_word(zero_point);
    const Part rows = team.share(y.height);
    if (team.thread == 0) std::fill(y.row(0, -halo) - halo, y.row(0, 0), word);
    for (int q = 0; q < y.quads(); ++q) {
        for (int i = rows.first; i < rows.last; ++i) std::fill(y.row(q, i) + y.width, y.row(q, i + 1), word);
        if (rows.last == y.height) std::fill(y.row(q, y.height), y.row(q, y.height + halo), word);
    }
}

namespace int8_detail {
using HalfFloats [[gnu::vector_size(DEPIX_VECTOR_BYTES / 2)]] = float;
using HalfIntegers [[gnu::vector_size(DEPIX_VECTOR_BYTES / 2)]] = int;
using Doubles [[gnu::vector_size(DEPIX_VECTOR_BYTES)]] = double;

template <int First, std::size_t... I>
DEPIX_INLINE HalfFloats half(Vector x, std::index_sequence<I...>) {
    return __builtin_shufflevector(x, x, First + static_cast<int>(I)...);
}
template <std::size_t... I>
DEPIX_INLINE IntegerVector both_halves(HalfIntegers low, HalfIntegers high, std::index_sequence<I...>) {
    return __builtin_shufflevector(low, high, static_cast<int>(I)...);
}
}  // namespace int8_detail

/// Numbers as bytes in words: integers::encode for every lane, plus 128. By halves, because a double takes two words.
/// What is no number, or far below the range, becomes the smallest word, and so 0.
DEPIX_INLINE IntegerVector encode_vector(Vector x, double inverse_scale, double offset) {
    using namespace int8_detail;
    using Half = std::make_index_sequence<bound(vector_width / 2)>;
    const auto encoded = [&](HalfFloats part) {
        Doubles value = __builtin_convertvector(part, Doubles) * inverse_scale + offset;
        value = value > 255.0 ? Doubles{} + 255.0 : value;
        return __builtin_convertvector(value, HalfIntegers);
    };
    const IntegerVector words = both_halves(encoded(half<0>(x, Half{})), encoded(half<vector_width / 2>(x, Half{})),
                                            std::make_index_sequence<bound(vector_width)>{});
    return words < 0 ? IntegerVector{} : words;
}

/// How numbers become bytes.
struct Encoder {
    double inverse_scale, offset;
    IntegerVector zero;

    explicit Encoder(const integers::Encoding& to)
        : inverse_scale(static_cast<double>(integers::inverse(to.scale))),
          offset(to.zero_point + 128.5),
          zero(broadcast_word(to.zero_point + 128)) {}

    /// Pixels [j, j + vector_width) of a row of `width`; zeros beyond its ends.
    DEPIX_INLINE IntegerVector operator()(const float* row, int j, int width) const {
        return j < 0 || j >= width ? zero : encode_vector(load_first(row + j, width - j), inverse_scale, offset);
    }
};

/// Rows of a planar picture as quads.
inline void encode_rows(View<const float> x, const integers::Encoding& encoding, const QuadMap& y, Part rows) {
    const Encoder encode(encoding);
    for (int q = 0; q < y.quads(); ++q)
        for (int i = rows.first; i < rows.last; ++i)
            for (int j = 0; j < x.width; j += vector_width) {
                const auto lane = [&](int c) {
                    return c < x.channels ? encode(x.row(0, c, i), j, x.width) : encode.zero;
                };
                store_words(y.row(q, i) + j,
                            pack_quads(lane(4 * q), lane(4 * q + 1), lane(4 * q + 2), lane(4 * q + 3)));
            }
}

/// Rows of a grey picture as windows: lane l of a pixel is the pixel that lies l - before further to the right. So a
/// quad has a row of a kernel that is at most four pixels wide, and a convolution of one channel wastes no lanes.
inline void encode_windows(View<const float> x, const integers::Encoding& encoding, const QuadMap& y, int before,
                           Part rows) {
    constexpr int chunk = 16 * vector_width;
    const Encoder encode(encoding);
    std::uint32_t line[bound(chunk + 2 * vector_width)];  // with a vector more at each end
    for (int i = rows.first; i < rows.last; ++i)
        for (int first = 0; first < x.width; first += chunk) {
            for (int j = 0; j < chunk + 2 * vector_width; j += vector_width)
                store_words(line + j, encode(x.row(0, 0, i), first + j - vector_width, x.width));
            for (int j = 0; j < chunk && first + j < x.width; j += vector_width) {
                const std::uint32_t* at = line + vector_width + j - before;
                store_words(y.row(0, i) + first + j, load_words(at) | load_words(at + 1) << 8 |
                                                         load_words(at + 2) << 16 | load_words(at + 3) << 24);
            }
        }
}

/// Quads as rows of numbers: integers::decode.
inline void decode_rows(const QuadMap& x, const integers::Encoding& encoding, View<float> y, Part rows) {
    const Vector scale = broadcast(encoding.scale);
    const IntegerVector zero = broadcast_word(encoding.zero_point + 128);
    for (int c = 0; c < y.channels; ++c)
        for (int i = rows.first; i < rows.last; ++i) {
            const std::uint32_t* from = x.row(c / 4, i);
            float* to = y.row(0, c, i);
            for_vectors(y.width, [&](int j, int count) {
                const IntegerVector bytes = (load_words(from + j) >> (8 * (c % 4))) & 255;
                store_tail(to + j, scale * __builtin_convertvector(bytes - zero, Vector), count, false);
            });
        }
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA
