// Convolution of 1x1: a product of matrices for every few vectors of pixels.
//
// The pixels of all channels are copied to consecutive memory first. In their map the channels of a pixel lie far
// apart, often at the same place of a page, so that only a few of them fit into the first-level cache at once. Where a
// map is narrower than a vector, several rows share one.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "depix/kernels/cpu/conv/cache.hpp"
#include "depix/kernels/cpu/conv/epilogue.hpp"
#include "depix/kernels/cpu/conv/panels.hpp"
#include "depix/kernels/cpu/reciprocal_root.hpp"
#include "depix/layers/conv.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// Whether the copies pay: they are one load and one store for out_channels multiply-adds.
constexpr bool pointwise_pays(const ConvGeometry& g) {
    return g.plain() && g.kernel == 1 && g.stride == 1 && g.padding_before == 0 && g.padding_after == 0 &&
           g.in_channels >= 8 && g.out_channels >= 8;
}

/// Vectors of pixels that are multiplied at once.
inline constexpr int pointwise_group = 3;
/// Groups that are copied at once: as many as a quarter of the second-level cache holds.
constexpr int pointwise_groups(int in_channels) {
    return std::clamp(static_cast<int>(second_level_cache / 4) / (in_channels * pointwise_group * vector_width), 1, 16);
}
/// Floats of scratch that each thread needs. The copy of a narrow row is stored as a whole vector.
constexpr std::size_t pointwise_scratch(int in_channels) {
    return static_cast<std::size_t>(pointwise_groups(in_channels) * in_channels * pointwise_group + 1) * vector_width;
}

/// The pixels of rows [first, last) of a map as vectors: parts of a row, or several narrow rows.
struct PixelVectors {
    int width, first, last;
    int rows_each = width < vector_width ? vector_width / width : 1;
    int in_row = round_up(width, vector_width) / vector_width;  ///< vectors of a row, if it is not narrow

    constexpr int count() const {
        return rows_each > 1 ? round_up(last - first, rows_each) / rows_each : in_row * (last - first);
    }
    /// Calls body(row, column, pixels, lane) for the parts of vector v: their first pixel, how many there are, and the
    /// lane of the first.
    template <class Body>
    DEPIX_INLINE void for_parts(int v, Body&& body) const {
        if (rows_each == 1) {
            const int column = v % in_row * vector_width;
            return body(first + v / in_row, column, (std::min)(width - column, vector_width), 0);
        }
        const int top = first + v * rows_each;
        for (int r = 0; r < rows_each && top + r < last; ++r) body(top + r, 0, width, r * width);
    }
};

/// Copies `vectors` vectors from number v on: (channels, vectors, lanes). Whole vectors are stored, so what is too much
/// of one part is overwritten by the next.
inline void copy_pixels(const View<const float>& x, const PixelVectors& pixels, int v, int vectors, float* to) {
    std::array<const float*, static_cast<std::size_t>(pointwise_group * vector_width)> from;
    std::array<int, from.size()> places;
    std::size_t parts = 0;
    for (int k = 0; k < vectors; ++k)
        pixels.for_parts(v + k, [&](int row, int column, int /*count*/, int lane) {
            from[parts] = x.row(0, 0, row) + column;
            places[parts++] = k * vector_width + lane;
        });
    for (int c = 0; c < x.channels; ++c, to += vectors * vector_width)
        for (std::size_t i = 0; i < parts; ++i) store(to + places[i], load(from[i] + c * x.channel_stride));
}

/// A norm over the channels of each pixel, as in layer_norm.hpp.
struct PixelNorm {
    const float* weight = nullptr;  ///< (In), followed by the biases (In); nullptr: no norm
    float epsilon = 0;
};

/// Normalises copied pixels, (channels, Vectors, lanes), in place, while they are in the nearest cache.
template <int Vectors>
[[gnu::noinline]] void normalise_copies(float* pixels, int channels, const PixelNorm& norm) {
    constexpr int row = Vectors * vector_width;
    const Vector share = broadcast(1.f / static_cast<float>(channels));
    Vector origin[bound(Vectors)], sum[bound(Vectors)] = {}, squares[bound(Vectors)] = {};
    for (int v = 0; v < Vectors; ++v) origin[v] = load(pixels + v * vector_width);
    for (int c = 1; c < channels; ++c)
#pragma GCC unroll 3
        for (int v = 0; v < Vectors; ++v) sum[v] += load(pixels + c * row + v * vector_width) - origin[v];
    Vector mean[bound(Vectors)], inverse[bound(Vectors)];
    for (int v = 0; v < Vectors; ++v) mean[v] = origin[v] + sum[v] * share;
    for (int c = 0; c < channels; ++c)
#pragma GCC unroll 3
        for (int v = 0; v < Vectors; ++v) {
            const Vector distance = load(pixels + c * row + v * vector_width) - mean[v];
            squares[v] += distance * distance;
        }
    for (int v = 0; v < Vectors; ++v) inverse[v] = reciprocal_root(squares[v] * share + broadcast(norm.epsilon));
    for (int c = 0; c < channels; ++c) {
        const Vector weight = broadcast(norm.weight[c]), bias = broadcast(norm.weight[channels + c]);
#pragma GCC unroll 3
        for (int v = 0; v < Vectors; ++v) {
            float* pixel = pixels + c * row + v * vector_width;
            store(pixel, (load(pixel) - mean[v]) * inverse[v] * weight + bias);
        }
    }
}

/// A formula that is applied in place to rows [first, last) of a picture.
using RowsFormula = void (*)(View<float> y, int first, int last, bool padded);

/// What a tile of sums becomes, besides its epilogue.
struct PointwiseStore {
    Epilogue epilogue;
    RowsFormula formula = nullptr;
    View<float> y;
};

/// A tile: some vectors of pixels, which are copied to `from`, and a block of output channels from number `channel` on.
struct PointwiseTile {
    const float* from;
    const float* panel;
    int depth;
    int first;    ///< number of the first vector
    int channel;  ///< of y
    int channels;
};

/// Channels of a block. Their sums stay in registers.
inline constexpr int pointwise_block = vector_registers == 32 ? 8 : 4;

/// Stores sums that are (channels, vectors, lanes), with a vector of room after them.
[[gnu::noinline]] inline void store_pixels(float* sums, int vectors, const PointwiseTile& tile,
                                           const PixelVectors& pixels, const PointwiseStore& to) {
    const int row = vectors * vector_width;
    if (to.formula) to.formula(View<float>(sums, 1, {tile.channels, 1, row}), 0, 1, true);
    const Epilogue plain{nullptr, {}, to.epilogue.accumulate, to.epilogue.padded};
    for (int k = 0; k < vectors; ++k)
        pixels.for_parts(tile.first + k, [&](int i, int column, int count, int lane) {
            for (int c = 0; c < tile.channels; ++c)
                finish(to.y.row(0, tile.channel + c, i) + column, load(sums + c * row + k * vector_width + lane), count,
                       plain);
        });
}

/// Computes and stores a tile of Vectors vectors. Where every vector is part of one row, and the row's padding may be
/// overwritten, the sums go from the registers to y.
template <int Vectors>
[[gnu::noinline]] void pointwise_tile(const PointwiseTile& tile, const PixelVectors& pixels, const PointwiseStore& to) {
    constexpr int block = pointwise_block;
    Vector sum[block][bound(Vectors)];
    const float* bias = to.epilogue.bias + tile.channel;
#pragma GCC unroll 8
    for (int o = 0; o < block; ++o)
#pragma GCC unroll 3
        for (int v = 0; v < Vectors; ++v) sum[o][v] = broadcast(o < tile.channels ? bias[o] : 0.f);
    add_products<block, Vectors>(tile.from, tile.panel, tile.depth, sum);
#pragma GCC unroll 8
    for (int o = 0; o < block; ++o)
#pragma GCC unroll 3
        for (int v = 0; v < Vectors; ++v) sum[o][v] = limit(rectify(sum[o][v], to.epilogue.rectifier), to.epilogue);

    if (pixels.rows_each == 1 && tile.channels == block && !to.formula && to.epilogue.padded) {
#pragma GCC unroll 3
        for (int v = 0; v < Vectors; ++v)
            pixels.for_parts(tile.first + v, [&](int row, int column, int count, int) {
                float* y = to.y.row(0, tile.channel, row) + column;
#pragma GCC unroll 8
                for (int o = 0; o < block; ++o) store(y + o * to.y.channel_stride, keep_counted(sum[o][v], count));
            });
        return;
    }
    alignas(64) float sums[static_cast<std::size_t>((block * Vectors + 1) * vector_width)];
#pragma GCC unroll 8
    for (int o = 0; o < block; ++o)
#pragma GCC unroll 3
        for (int v = 0; v < Vectors; ++v) store(sums + (o * Vectors + v) * vector_width, sum[o][v]);
    store_pixels(sums, Vectors, tile, pixels, to);
}

/// y = formula(epilogue(norm(x) * weight)), rows [first, last) of a picture. weight is packed in panels: (Out /
/// vector_width, In, vector_width). x is (1, In, H, W), y (1, Out, H, W); scratch has pointwise_scratch floats.
[[gnu::noinline]] inline void pointwise_rows(View<const float> x, const float* weight, const PointwiseStore& to,
                                             const PixelNorm& norm, int first, int last, float* scratch) {
    constexpr int group = pointwise_group, block = pointwise_block;
    const PixelVectors pixels{x.width, first, last};
    const int all = pixels.count(), chunk = pointwise_groups(x.channels) * group;
    const int vector_size = vector_width * x.channels;
    for (int begin = 0; begin < all; begin += chunk) {
        const int end = (std::min)(begin + chunk, all);
        for (int v = begin; v < end; v += group) {
            const int vectors = (std::min)(group, end - v);
            float* copies = scratch + (v - begin) * vector_size;
            copy_pixels(x, pixels, v, vectors, copies);
            if (!norm.weight) continue;
            vectors == 3   ? normalise_copies<3>(copies, x.channels, norm)
            : vectors == 2 ? normalise_copies<2>(copies, x.channels, norm)
                           : normalise_copies<1>(copies, x.channels, norm);
        }
        for (int o = 0; o < to.y.channels; o += block)
            for (int v = begin; v < end; v += group) {
                const PointwiseTile tile{scratch + (v - begin) * vector_size,
                                         weight + o / vector_width * vector_size + o % vector_width,
                                         x.channels,
                                         v,
                                         o,
                                         (std::min)(block, to.y.channels - o)};
                if (end - v >= 3)
                    pointwise_tile<3>(tile, pixels, to);
                else if (end - v == 2)
                    pointwise_tile<2>(tile, pixels, to);
                else
                    pointwise_tile<1>(tile, pixels, to);
            }
    }
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA
