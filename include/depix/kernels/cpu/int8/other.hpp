// Integer kernels on quads besides the convolutions: pooling, sums, tables, and what only moves bytes.
#pragma once

#include "depix/kernels/cpu/int8/map.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// y = the largest of each window; 2x2 windows that do not overlap take whole vectors.
inline void int8_max_pool_rows(const integers::PoolGeometry& g, const QuadMap& x, const QuadMap& y, Part rows) {
    if (g.window == 2 && g.stride == 2 && g.before == 0 && x.height >= 2 * y.height && x.width >= 2 * y.width) {
        for (int q = 0; q < y.quads(); ++q)
            for (int i = rows.first; i < rows.last; ++i)
                for (int j = 0; j < y.width; j += vector_width) {
                    const std::uint32_t *top = x.row(q, 2 * i) + 2 * j, *below = x.row(q, 2 * i + 1) + 2 * j;
                    const IntegerVector left = larger_bytes(load_words(top), load_words(below));
                    const IntegerVector right =
                        larger_bytes(load_words(top + vector_width), load_words(below + vector_width));
                    store_words(y.row(q, i) + j, larger_bytes(even_words(left, right), odd_words(left, right)));
                }
        return;
    }
    for (int c = 0; c < y.channels; ++c)
        for (int i = rows.first; i < rows.last; ++i)
            for (int j = 0; j < y.width; ++j) {
                std::uint8_t largest = 0;
                for (int k = 0; k < g.window; ++k)
                    for (int l = 0; l < g.window; ++l) {
                        const int row = i * g.stride + k - g.before, column = j * g.stride + l - g.before;
                        if (row < 0 || row >= x.height || column < 0 || column >= x.width) continue;
                        largest = (std::max)(largest, x.byte(c, row, column));
                    }
                y.set(c, i, j, largest);
            }
}

/// y = a + b, as integers::Addition says, for bytes.
inline void int8_add_rows(const integers::Addition& g, const QuadMap& a, const QuadMap& b, const QuadMap& y,
                          Part rows) {
    const IntegerVector low = broadcast_word(static_cast<std::int32_t>(zero_word(g.low)));
    const std::int32_t half = std::int32_t{1} << (g.shift - 1);
    for (int q = 0; q < y.quads(); ++q)
        for (int i = rows.first; i < rows.last; ++i)
            for (int j = 0; j < y.width; j += vector_width) {
                const IntegerVector of_a = load_words(a.row(q, i) + j), of_b = load_words(b.row(q, i) + j);
                const auto sum = [&](int lane) {
                    const IntegerVector one = ((of_a >> (8 * lane)) & 255) - (g.a_zero + 128);
                    const IntegerVector two = ((of_b >> (8 * lane)) & 255) - (g.b_zero + 128);
                    return ((one * g.a_factor + two * g.b_factor + half) >> g.shift) + (g.zero_point + 128);
                };
                store_words(y.row(q, i) + j, larger_bytes(pack_quads(sum(0), sum(1), sum(2), sum(3)), low));
            }
}

/// y = table[x], where the table is of bytes.
inline void int8_table_rows(const std::uint8_t* table, const QuadMap& x, const QuadMap& y, Part rows) {
    for (int q = 0; q < y.quads(); ++q)
        for (int i = rows.first; i < rows.last; ++i)
            for (int j = 0; j < y.width; j += vector_width)
                store_words(y.row(q, i) + j, look_up(load_words(x.row(q, i) + j), table));
}

/// y[y_first + c] = x[x_first + c] for `count` channels; whole words where both begin at a multiple of 4.
inline void int8_copy_rows(const QuadMap& x, int x_first, const QuadMap& y, int y_first, int count, Part rows) {
    if (x_first % 4 == 0 && y_first % 4 == 0 && count % 4 == 0) {
        const QuadMap from = x.slice(x_first, count), to = y.slice(y_first, count);
        if (from.data == to.data) return;
        for (int q = 0; q < to.quads(); ++q)
            for (int i = rows.first; i < rows.last; ++i) std::copy_n(from.row(q, i), to.width, to.row(q, i));
        return;
    }
    for (int c = 0; c < count; ++c)
        for (int i = rows.first; i < rows.last; ++i)
            for (int j = 0; j < y.width; ++j) y.set(y_first + c, i, j, x.byte(x_first + c, i, j));
}

/// PixelShuffle<f>
inline void int8_pixel_shuffle_rows(int f, const QuadMap& x, const QuadMap& y, Part rows) {
    for (int i = rows.first; i < rows.last; ++i)
        for (int q = 0; q < y.quads(); ++q) {
            std::uint32_t* to = y.row(q, i);
            std::fill_n(to, y.width, 0);
            for (int c = 4 * q; c < y.channels && c < 4 * q + 4; ++c)
                for (int l = 0; l < f; ++l) {
                    const int channel = (c * f + i % f) * f + l, shift = 8 * (channel % 4), lane = 8 * (c % 4);
                    const std::uint32_t* from = x.row(channel / 4, i / f);
                    for (int j = 0; j < x.width; ++j) to[j * f + l] |= (from[j] >> shift & 255) << lane;
                }
        }
}

/// Upsample<f>
inline void int8_upsample_rows(int f, const QuadMap& x, const QuadMap& y, Part rows) {
    for (int q = 0; q < y.quads(); ++q)
        for (int i = rows.first; i < rows.last; ++i)
            for (int j = 0; j < x.width; ++j) std::fill_n(y.row(q, i) + j * f, f, x.row(q, i / f)[j]);
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA
