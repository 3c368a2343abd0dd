// How Winograd's convolution reads its tiles, transforms its weights, and stores its results.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "depix/kernels/cpu/conv/direct.hpp"
#include "depix/kernels/cpu/conv/point_matrices.hpp"
#include "depix/kernels/cpu/conv/winograd_transforms.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

namespace winograd_detail {

/// A quarter of a vector of tiles. These are neighbours in a row, and together vector_width pixels wide.
struct Quarter {
    int image = -1;  ///< -1: there is no such quarter
    int row = 0;     ///< of its first pixel
    int column = 0;
};

/// Quarters that share a cache line of 64 bytes.
inline constexpr int quarters_in_line = vector_width < 16 ? 16 / vector_width : 1;

/// The quarters of all pictures of a batch, row by row.
struct TileGrid {
    int batch, tile_rows, quarters_per_row;

    constexpr TileGrid(int images, int height, int width)
        : batch(images),
          tile_rows(round_up(height, 4) / 4),
          quarters_per_row(round_up(width, vector_width) / vector_width) {}
    constexpr int quarters() const { return batch * tile_rows * quarters_per_row; }
    constexpr int vectors() const { return round_up(quarters(), 4) / 4; }
    constexpr Quarter quarter(int index) const {
        if (index >= quarters()) return {};
        const int row = index / quarters_per_row;
        return {row / tile_rows, row % tile_rows * 4, index % quarters_per_row * vector_width};
    }
};

/// Stores U[p][c] of one vector of tiles, for all input channels c, to (to + c * channel)[p].
[[gnu::noinline]] inline void transform_tiles(const View<const float>& x, const Quarter (&quarters)[4], EveryPoint to,
                                              std::ptrdiff_t channel) {
    static constexpr float zeros[2 * vector_width + 8] = {};
    const float* corner[4];
    int rows[4];  // that the picture and its lower border have from the corner on
    for (int q = 0; q < 4; ++q) {
        const bool real = quarters[q].image >= 0;
        corner[q] = real ? x.row(quarters[q].image, 0, quarters[q].row - 1) + quarters[q].column - 1 : zeros;
        rows[q] = real ? x.height + 2 - quarters[q].row : 0;
    }
    for (int c = 0; c < x.channels; ++c, to = to + channel) {
        // Prefetches the next channel's rows, which are too far away and too many for the processor's own prefetcher.
        if (c + 1 < x.channels)
            for (int q = 0; q < 4; q += quarters_in_line)
                for (int r = 0; r < (std::min)(6, rows[q]); ++r)
                    __builtin_prefetch(corner[q] + x.channel_stride + r * x.row_stride + 8);
        Vector d[winograd_points];
#pragma GCC unroll 6
        for (int r = 0; r < 6; ++r) {
            Vector left[4], right[4];
#pragma GCC unroll 4
            for (int q = 0; q < 4; ++q) {
                const float* from = r < rows[q] ? corner[q] + r * x.row_stride : zeros;
                left[q] = load(from);
                right[q] = load(from + 4);
            }
            transpose_quads(left);
            transpose_quads(right);  // columns 4 and 5; the others belong to the next tiles
            d[6 * r + 0] = left[0];
            d[6 * r + 1] = left[1];
            d[6 * r + 2] = left[2];
            d[6 * r + 3] = left[3];
            d[6 * r + 4] = right[0];
            d[6 * r + 5] = right[1];
            transform_inputs(d + 6 * r, 1);
        }
#pragma GCC unroll 6
        for (int k = 0; k < 6; ++k) {
            transform_inputs(d + k, 6);
#pragma GCC unroll 6
            for (int r = 0; r < 6; ++r) store(to[6 * r + k], d[6 * r + k]);
        }
        for (int q = 0; q < 4; ++q)
            if (rows[q] > 0) corner[q] += x.channel_stride;
    }
}

/// Transforms the taps of vector_width output channels and one input channel from [9][lane] to [36][lane].
DEPIX_INLINE void transform_weights(const float* taps, EveryPoint to) {
    Vector g[9], rows[18];
#pragma GCC unroll 9
    for (int t = 0; t < 9; ++t) g[t] = load(taps + t * vector_width);
#pragma GCC unroll 3
    for (int k = 0; k < 3; ++k) transform_taps(g + k, 3, rows + k, 3);
#pragma GCC unroll 6
    for (int r = 0; r < 6; ++r) {
        Vector w[6];
        transform_taps(rows + 3 * r, 1, w, 1);
#pragma GCC unroll 6
        for (int k = 0; k < 6; ++k) store(to[6 * r + k], w[k]);
    }
}

/// Computes the 4x4 outputs of a vector of tiles, y[4 * row + column], with the bias added. The bias is added to the
/// product of the points 1 and 1, which every output contains (A^T has a column of ones).
DEPIX_INLINE void outputs_of(EveryPoint m, float bias, Vector (&y)[16]) {
    Vector rows[24];
#pragma GCC unroll 6
    for (int k = 0; k < 6; ++k) {
        Vector products[6];
#pragma GCC unroll 6
        for (int r = 0; r < 6; ++r) products[r] = load(m[6 * r + k]);
        if (k == 1) products[1] += broadcast(bias);
        transform_products(products, 1, rows + k, 6);
    }
#pragma GCC unroll 4
    for (int r = 0; r < 4; ++r) transform_products(rows + 6 * r, 1, y + 4 * r, 1);
}

/// Changes the 4x4 outputs of a vector of tiles, y[4 * row + column], to rows of pixels, pixels[row][quarter].
DEPIX_INLINE void as_pixels(const Vector (&y)[16], Vector (&pixels)[4][4]) {
#pragma GCC unroll 4
    for (int r = 0; r < 4; ++r) {
#pragma GCC unroll 4
        for (int k = 0; k < 4; ++k) pixels[r][k] = y[4 * r + k];
        transpose_quads(pixels[r]);
    }
}

/// Prefetches the memory that a vector of tiles of channel o will be written to. A tile's pixel becomes scale x scale
/// pixels.
DEPIX_INLINE void prefetch_tiles(const Quarter (&quarters)[4], int o, int scale, const View<float>& y) {
    if (o >= y.channels) return;
    for (int q = 0; q < 4 && quarters[q].image >= 0; q += (std::max)(quarters_in_line / scale, 1)) {
        const int row = quarters[q].row * scale;
        const float* to = y.row(quarters[q].image, o, row) + quarters[q].column * scale;
        for (int r = 0; r < (std::min)(4 * scale, y.height - row); ++r) __builtin_prefetch(to + r * y.row_stride, 1);
    }
}

/// Stores the 4x4 outputs of a vector of tiles, outputs[4 * row + column], in channel o.
DEPIX_INLINE void store_4x4(const Vector (&outputs)[16], const Quarter (&quarters)[4], int o, const Epilogue& epilogue,
                            const View<float>& y) {
    Vector pixels[4][4];
    as_pixels(outputs, pixels);
    for (int q = 0; q < 4; ++q) {
        if (quarters[q].image < 0) break;
        const int rows = (std::min)(4, y.height - quarters[q].row), count = y.width - quarters[q].column;
        float* to = y.row(quarters[q].image, o, quarters[q].row) + quarters[q].column;
        if (rows == 4 && count >= vector_width && !epilogue.accumulate) {
#pragma GCC unroll 4
            for (int r = 0; r < 4; ++r) store(to + r * y.row_stride, rectify(pixels[r][q], epilogue.rectifier));
        } else {
            for (int r = 0; r < rows; ++r, to += y.row_stride) finish(to, pixels[r][q], count, epilogue);
        }
    }
}

/// The same where a tile has 2x2 outputs, {y00, y01, y10, y11}, so that a quarter has two rows of half a vector.
DEPIX_INLINE void store_2x2(Vector (&outputs)[4], const Quarter (&quarters)[4], int o, const Epilogue& epilogue,
                            const View<float>& y) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) outputs[i] = rectify(outputs[i], epilogue.rectifier);
    transpose_quads(outputs);  // now every tile's two rows of two pixels are contiguous
    for (int q = 0; q < 4; ++q) {
        if (quarters[q].image < 0) break;
        float tiles[vector_width];  // the upper row, half a vector, and the lower one
        store(tiles, in_order(outputs[q]));
        const int row = quarters[q].row / 2, column = quarters[q].column / 2;
        for (int r = 0; r < (std::min)(2, y.height - row); ++r) {
            float* to = y.row(quarters[q].image, o, row + r) + column;
            float* from = tiles + r * (vector_width / 2);
            const int count = (std::min)(vector_width / 2, y.width - column);
            for (int j = 0; epilogue.accumulate && j < count; ++j) from[j] += to[j];
            if (column + vector_width / 2 < y.width) {
                std::memcpy(to, from, vector_width / 2 * sizeof(float));
                continue;
            }
            for (int j = 0; j < count; ++j) to[j] = from[j];
            for (int j = count; epilogue.padded && column + j < round_up(y.width, vector_width); ++j) to[j] = 0;
        }
    }
}

[[gnu::noinline]] inline void store_tiles(EveryPoint m, const Quarter (&quarters)[4], int o, const Epilogue& epilogue,
                                          const View<float>& y) {
    prefetch_tiles(quarters, o + 2, 1, y);
    Vector outputs[16];
    outputs_of(m, epilogue.bias ? epilogue.bias[o] : 0.f, outputs);
    store_4x4(outputs, quarters, o, epilogue, y);
}

/// Stores the tiles with 2x2 max pooling.
[[gnu::noinline]] inline void store_tiles_pooled(EveryPoint m, const Quarter (&quarters)[4], int o,
                                                 const Epilogue& epilogue, const View<float>& y) {
    Vector full[16];
    outputs_of(m, epilogue.bias ? epilogue.bias[o] : 0.f, full);
    const auto largest = [&](int i) {  // the rectifier, which comes later, never changes which one is the largest
        return maximum(maximum(full[i], full[i + 1]), maximum(full[i + 4], full[i + 5]));
    };
    Vector pooled[4] = {largest(0), largest(2), largest(8), largest(10)};
    store_2x2(pooled, quarters, o, epilogue, y);
}

/// Stores the tiles with a pixel shuffle by 2, so that channels o to o + 3 become one. Their products lie `m_channel`
/// floats apart.
[[gnu::noinline]] inline void store_tiles_shuffled(EveryPoint m, std::ptrdiff_t m_channel, const Quarter (&quarters)[4],
                                                   int o, const Epilogue& epilogue, const View<float>& y) {
    prefetch_tiles(quarters, o / 4 + 1, 2, y);
    for (int phase = 0; phase < 2; ++phase) {  // one row becomes two
        Vector outputs[16], even[4][4], odd[4][4];
        const int c = o + 2 * phase;
        outputs_of(m + 2 * phase * m_channel, epilogue.bias ? epilogue.bias[c] : 0.f, outputs);
        as_pixels(outputs, even);
        outputs_of(m + (2 * phase + 1) * m_channel, epilogue.bias ? epilogue.bias[c + 1] : 0.f, outputs);
        as_pixels(outputs, odd);
        for (int q = 0; q < 4; ++q) {
            if (quarters[q].image < 0) break;
            const int row = quarters[q].row * 2 + phase, column = quarters[q].column * 2;
            for (int r = 0; r < 4 && row + 2 * r < y.height; ++r) {
                float* to = y.row(quarters[q].image, o / 4, row + 2 * r) + column;
                finish_interleaved(to, even[r][q], odd[r][q], y.width - column, epilogue);
            }
        }
    }
}

}  // namespace winograd_detail

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA
