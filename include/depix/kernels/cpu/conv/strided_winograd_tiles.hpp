// How the Winograd convolutions of stride 2 read their tiles, sum up their taps, and store their results; see
// strided_winograd.hpp. Up says whether they enlarge.
#pragma once

#include <algorithm>
#include <cstddef>

#include "depix/kernels/cpu/conv/winograd_tiles.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

namespace winograd_detail {

/// How many terms the inputs of one dimension are transformed to, and likewise the taps.
constexpr int strided_terms(bool up) { return up ? 4 : 5; }

/// Computes the terms of inputs d, from `from[k * step]` to `to[term]`.
template <bool Up>
DEPIX_INLINE void transform_strided_inputs(const Vector* from, int step, Vector* to) {
    const Vector d0 = from[0], d1 = from[step], d2 = from[2 * step];
    if constexpr (Up) {
        to[0] = d0;
        to[1] = d1;
        to[2] = d0 - d1;
        to[3] = d2 - d1;
    } else {
        to[0] = d0 - d2;
        to[1] = d1;
        to[2] = d2;
        to[3] = from[4 * step] - d2;
        to[4] = from[3 * step];
    }
}

/// Computes what these terms are multiplied by, from the taps g[0], g[step] and g[2 * step].
DEPIX_INLINE void transform_strided_taps(const Vector* g, int step, bool up, Vector* to) {
    const Vector g0 = g[0], g1 = g[step], g2 = g[2 * step];
    to[0] = up ? g1 : g0;
    to[1] = up ? g2 : g1;
    to[2] = g0 + g2;
    to[3] = up ? g0 : g2;
    if (!up) to[4] = g1;
}

/// Computes the terms of one vector of tiles for all input channels c. Row term i and column term j are stored to
/// to[places[i * terms + j] + c * channel].
template <bool Up>
[[gnu::noinline]] void transform_strided_tiles(const View<const float>& x, const Quarter (&quarters)[4], float* to,
                                               const std::ptrdiff_t* places, std::ptrdiff_t channel) {
    constexpr int terms = strided_terms(Up), rows = Up ? 3 : 5;
    static constexpr float zeros[vector_width + 4] = {};
    const float* corner[4];
    int height[4];  // rows that the picture has from the corner on
    for (int q = 0; q < 4; ++q) {
        const bool real = quarters[q].image >= 0;
        const int row = Up ? quarters[q].row / 2 : quarters[q].row - 1;
        const int column = Up ? quarters[q].column / 2 : quarters[q].column - 1;
        corner[q] = real ? x.row(quarters[q].image, 0, row) + column : zeros;
        height[q] = real ? x.height - row : 0;
    }
    for (int c = 0; c < x.channels; ++c, to += channel) {
        // Prefetches the next channel's rows, which are too far away and too many for the processor's own prefetcher.
        if (c + 1 < x.channels)
            for (int q = 0; q < 4; q += quarters_in_line)
                for (int r = 0; r < (std::min)(rows, height[q]); ++r)
                    __builtin_prefetch(corner[q] + x.channel_stride + r * x.row_stride + 8);
        Vector by_rows[bound(rows * terms)];  // [row][column term]
#pragma GCC unroll 5
        for (int r = 0; r < rows; ++r) {
            Vector left[4], right[4];
#pragma GCC unroll 4
            for (int q = 0; q < 4; ++q) {
                const float* from = r < height[q] ? corner[q] + r * x.row_stride : zeros;
                left[q] = Up ? overlapping_quads(load(from)) : load(from);
                right[q] = Up ? Vector{} : load(from + 4);
            }
            transpose_quads(left);
            transpose_quads(right);  // column 4; the others belong to the next tiles
            const Vector d[5] = {left[0], left[1], left[2], left[3], right[0]};
            transform_strided_inputs<Up>(d, 1, by_rows + r * terms);
        }
#pragma GCC unroll 5
        for (int j = 0; j < terms; ++j) {
            Vector done[bound(terms)];
            transform_strided_inputs<Up>(by_rows + j, terms, done);
#pragma GCC unroll 5
            for (int i = 0; i < terms; ++i) store(to + places[i * terms + j], done[i]);
        }
        for (int q = 0; q < 4; ++q)
            if (height[q] > 0) corner[q] += x.channel_stride;
    }
}

/// Stores the outputs of channel o and a vector of tiles: 2x2 outputs of each tile, from the 3x3 sums m.
[[gnu::noinline]] inline void store_tiles_down(EveryPoint m, const Quarter (&quarters)[4], int o,
                                               const Epilogue& epilogue, const View<float>& y) {
    const Vector bias = broadcast(epilogue.bias ? epilogue.bias[o] : 0.f);
    Vector upper[3], lower[3];
#pragma GCC unroll 3
    for (int j = 0; j < 3; ++j) {
        const Vector both = load(m[3 + j]);
        upper[j] = load(m[j]) + both;
        lower[j] = load(m[6 + j]) + both;
    }
    upper[1] += bias;
    lower[1] += bias;
    Vector outputs[4] = {upper[0] + upper[1], upper[2] + upper[1], lower[0] + lower[1], lower[2] + lower[1]};
    store_2x2(outputs, quarters, o, epilogue, y);
}

/// The same for 4x4 outputs, from 5x5 products.
[[gnu::noinline]] inline void store_tiles_up(EveryPoint m, const Quarter (&quarters)[4], int o,
                                             const Epilogue& epilogue, const View<float>& y) {
    prefetch_tiles(quarters, o + 2, 1, y);
    const Vector bias = broadcast(epilogue.bias ? epilogue.bias[o] : 0.f);
    Vector rows[4][5];
#pragma GCC unroll 5
    for (int j = 0; j < 5; ++j) {
        Vector p[5];
#pragma GCC unroll 5
        for (int i = 0; i < 5; ++i) p[i] = load(m[5 * i + j]);
        rows[0][j] = p[0];
        rows[1][j] = p[1] + p[2];
        rows[2][j] = p[3];
        rows[3][j] = p[2] + p[4];
    }
    Vector outputs[16];
#pragma GCC unroll 4
    for (int r = 0; r < 4; ++r) {
        const Vector shared = rows[r][2] + bias;
        outputs[4 * r] = rows[r][0] + bias;
        outputs[4 * r + 1] = rows[r][1] + shared;
        outputs[4 * r + 2] = rows[r][3] + bias;
        outputs[4 * r + 3] = rows[r][4] + shared;
    }
    store_4x4(outputs, quarters, o, epilogue, y);
}

}  // namespace winograd_detail

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA
