// Convolution and transposed convolution on planar maps with zero borders, blocked in registers.
//
// Both keep a block of output channels x a few vectors of columns in registers while they run over the input channels
// and the kernel's taps: out of (Block + Vectors) loads come Block * Vectors multiply-adds. Each is also the other's
// gradient with respect to the input. Specialised on kernel, stride and block only, never on sizes.
#pragma once

#include "depix/kernels/cpu/cpu.hpp"
#include "depix/layers/conv.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// How many output channels stay in registers at once, and how many vectors of each.
struct RegisterBlock {
    int channels = 1;
    int vectors = 1;
};

/// The block with the least work for this many channels: its multiply-adds and its loads, wasted channels included.
/// `phases` accumulators stand for every vector.
constexpr RegisterBlock choose_block(int out_channels, int phases = 1) {
    const int accumulators = (vector_registers == 32 ? 24 : 12) / (phases < 4 ? phases : 4);
    RegisterBlock best;
    int best_work = 1 << 30;
    for (int channels = 1; channels <= 8 && channels <= accumulators; ++channels) {
        const int vectors = accumulators / channels < 4 ? accumulators / channels : 4;
        const int blocks = round_up(out_channels, channels) / channels;
        // A tile costs channels * vectors multiply-adds and channels + vectors loads, and covers `vectors` columns.
        const int work = blocks * (channels * vectors + channels + vectors) * 12 / vectors;
        if (work > best_work) continue;
        best = {channels, vectors};
        best_work = work;
    }
    return best;
}

/// Elements of packed weights: (Out / Block, In, K, K, Block), the last block filled up with zeros.
constexpr std::size_t packed_size(int in, int out, int kernel, int block) {
    return static_cast<std::size_t>(round_up(out, block)) * static_cast<std::size_t>(in) *
           static_cast<std::size_t>(kernel * kernel);
}

/// Packs this thread's part of the blocks. weight is (out, in, K, K), or (in, out, K, K) if `transposed`; channel o is
/// multiplied by scale[o] unless scale is nullptr.
inline void pack_weights(const float* weight, int in, int out, int kernel, int block, bool transposed,
                         const float* scale, float* packed, Team team) {
    const int taps = kernel * kernel;
    const Interval blocks = team.share(round_up(out, block) / block);
    for (int b = blocks.first; b < blocks.last; ++b)
        for (int c = 0; c < in; ++c)
            for (int t = 0; t < taps; ++t)
                for (int lane = 0; lane < block; ++lane) {
                    const int o = b * block + lane;
                    const std::ptrdiff_t place =
                        (static_cast<std::ptrdiff_t>(b * in + c) * taps + t) * block + lane;
                    const std::ptrdiff_t source =
                        static_cast<std::ptrdiff_t>(transposed ? c * out + o : o * in + c) * taps + t;
                    packed[place] = o < out ? weight[source] * (scale ? scale[o] : 1.f) : 0.f;
                }
}

/// What happens to a sum before it is stored: y = rectify(sum + bias) (+ y, if accumulating).
struct Epilogue {
    const float* bias = nullptr;  ///< (Out), or nullptr
    float negative_slope = 1.f;   ///< 1: no rectifier
    bool accumulate = false;
    bool padded = true;           ///< y's rows end in padding that may, and must, be set to zero
};

DEPIX_INLINE Vector rectify(Vector v, float negative_slope) {
    const Vector zero{};
    return negative_slope == 1.f ? v : v > zero ? v : v * broadcast(negative_slope);
}

DEPIX_INLINE void finish(float* to, Vector sum, int count, const Epilogue& epilogue) {
    Vector v = rectify(sum, epilogue.negative_slope);
    if (epilogue.accumulate) v += load(to);
    store_tail(to, v, count, epilogue.padded);
}

/// The band of rows whose input stays in the second-level cache while every block of output channels passes over it.
constexpr int band_rows(int in_channels, std::ptrdiff_t row_stride, int stride) {
    const std::ptrdiff_t cache = 64 * 1024;  // floats: half of a 512 KiB cache
    const std::ptrdiff_t rows = cache / (static_cast<std::ptrdiff_t>(in_channels) * row_stride * stride);
    return rows < 4 ? 4 : static_cast<int>(rows < 4096 ? rows : 4096);
}

/// Sums of Vectors vectors of one output row, Block channels. x points at the first tap of the first column.
template <int Kernel, int Stride, int Block, int Vectors>
DEPIX_INLINE void conv_tile(const float* x, std::ptrdiff_t channel_stride, std::ptrdiff_t row_stride, int in_channels,
                            const float* weight, Vector (&sum)[Block][Vectors]) {
    for (int c = 0; c < in_channels; ++c, x += channel_stride)
        for (int k = 0; k < Kernel; ++k)
#pragma GCC unroll 9
            for (int l = 0; l < Kernel; ++l, weight += Block) {
                Vector columns[Vectors];
#pragma GCC unroll 8
                for (int v = 0; v < Vectors; ++v)
                    columns[v] = load_strided<Stride>(x + k * row_stride + l + v * vector_width * Stride);
#pragma GCC unroll 8
                for (int o = 0; o < Block; ++o) {
                    const Vector w = broadcast(weight[o]);
#pragma GCC unroll 8
                    for (int v = 0; v < Vectors; ++v) sum[o][v] += w * columns[v];
                }
            }
}

/// One row of a block of output channels: `channels` of them count. to points at the row of the block's first channel.
template <int Kernel, int Stride, int Block, int Vectors>
DEPIX_INLINE void conv_row(const float* x, std::ptrdiff_t x_channel, std::ptrdiff_t x_row, int in_channels,
                           const float* weight, int first_channel, int channels, const Epilogue& epilogue, float* to,
                           std::ptrdiff_t to_channel, int width) {
    const auto tile = [&]<int V>(int j) DEPIX_INLINE_LAMBDA {
        Vector sum[Block][V];
        for (int o = 0; o < Block; ++o)
            for (int v = 0; v < V; ++v)
                sum[o][v] = broadcast(epilogue.bias && o < channels ? epilogue.bias[first_channel + o] : 0.f);
        conv_tile<Kernel, Stride, Block, V>(x + j * Stride, x_channel, x_row, in_channels, weight, sum);
        for (int o = 0; o < channels; ++o)
            for (int v = 0; v < V; ++v) {
                const int column = j + v * vector_width;
                if (column < width) finish(to + o * to_channel + column, sum[o][v], width - column, epilogue);
            }
    };
    int j = 0;
    for (; j + (Vectors - 1) * vector_width < width; j += Vectors * vector_width) tile.template operator()<Vectors>(j);
    for (; j < width; j += vector_width) tile.template operator()<1>(j);
}

/// y = epilogue(x * weight), rows [first, last) of picture n. weight is packed by choose_block(Out).
///
/// x is (N, In, H, W) with a border of at least the padding, y (N, Out, H', W').
template <int Kernel, int Stride, int Block, int Vectors>
void conv_rows(View<const float> x, int n, const float* weight, int padding, const Epilogue& epilogue, View<float> y,
               int first, int last) {
    const int band = band_rows(x.channels, x.row_stride, Stride);
    const std::size_t block_size = packed_size(x.channels, Block, Kernel, Block);
    for (int top = first; top < last; top += band) {
        const int bottom = top + band < last ? top + band : last;
        const float* block_weight = weight;
        for (int o = 0; o < y.channels; o += Block, block_weight += block_size)
            for (int i = top; i < bottom; ++i)
                conv_row<Kernel, Stride, Block, Vectors>(
                    x.row(n, 0, i * Stride - padding) - padding, x.channel_stride, x.row_stride, x.channels,
                    block_weight, o, y.channels - o < Block ? y.channels - o : Block, epilogue, y.row(n, o, i),
                    y.channel_stride, y.width);
    }
}

/// The same with 2x2 max pooling behind it: pooled rows [first, last). `scratch` holds 2 * Block rows.
template <int Kernel, int Stride, int Block, int Vectors>
void conv_pool_rows(View<const float> x, int n, const float* weight, int padding, const Epilogue& epilogue, int width,
                    View<float> y, int first, int last, float* scratch) {
    const std::ptrdiff_t scratch_row = round_up(width, 2 * vector_width);
    const Epilogue to_scratch{epilogue.bias, epilogue.negative_slope, false, true};
    const std::size_t block_size = packed_size(x.channels, Block, Kernel, Block);
    const float* block_weight = weight;
    for (int o = 0; o < y.channels; o += Block, block_weight += block_size) {
        const int channels = y.channels - o < Block ? y.channels - o : Block;
        for (int i = first; i < last; ++i) {
            for (int half = 0; half < 2; ++half)
                conv_row<Kernel, Stride, Block, Vectors>(
                    x.row(n, 0, (2 * i + half) * Stride - padding) - padding, x.channel_stride, x.row_stride,
                    x.channels, block_weight, o, channels, to_scratch, scratch + half * Block * scratch_row,
                    scratch_row, width);
            for (int c = 0; c < channels; ++c) {
                const float* above = scratch + c * scratch_row;
                const float* below = above + Block * scratch_row;
                for_vectors(y.width, [&](int j, int count) {
                    const Vector left = maximum(load(above + 2 * j), load(below + 2 * j));
                    const Vector right =
                        maximum(load(above + 2 * j + vector_width), load(below + 2 * j + vector_width));
                    store_tail(y.row(n, o + c, i) + j, maximum(even_lanes(left, right), odd_lanes(left, right)), count,
                               epilogue.padded);
                });
            }
        }
    }
}

/// y = epilogue(transposed convolution of x), rows [first, last) of picture n.
///
/// Output column q * Stride + phase sums the taps l with l = phase + padding (mod Stride), at input column
/// q + (phase + padding - l) / Stride: each phase is a convolution of its own, and their results are interleaved.
/// x is (N, In, H, W) with a border of (Kernel - 1) / Stride, y (N, Out, H', W'). weight: packed (Out / Block, In, K, K, Block).
template <int Kernel, int Stride, int Padding, int Block, int Vectors>
void conv_transpose_rows(View<const float> x, int n, const float* weight, const Epilogue& epilogue, View<float> y,
                         int first, int last) {
    const std::size_t block_size = packed_size(x.channels, Block, Kernel, Block);
    const int positions = (y.width + Stride - 1) / Stride;
    const auto tile = [&]<int V>(const float* block_weight, int o, int channels, int i, int q) DEPIX_INLINE_LAMBDA {
        Vector sum[Stride][Block][V];
        for (int phase = 0; phase < Stride; ++phase)
            for (int c = 0; c < Block; ++c)
                for (int v = 0; v < V; ++v)
                    sum[phase][c][v] = broadcast(epilogue.bias && c < channels ? epilogue.bias[o + c] : 0.f);
        for (int k = (i + Padding) % Stride; k < Kernel; k += Stride) {
            // (i + Padding - k) divides by Stride, also where it is negative.
            const float* row = x.row(n, 0, (i + Padding - k) / Stride) + q;
            const float* tap = block_weight + k * Kernel * Block;
            for (int c = 0; c < x.channels; ++c, row += x.channel_stride, tap += Kernel * Kernel * Block)
#pragma GCC unroll 9
                for (int l = 0; l < Kernel; ++l) {
                    const int phase = ((l - Padding) % Stride + Stride) % Stride;
                    const int shift = (phase + Padding - l) / Stride;
                    Vector columns[V];
#pragma GCC unroll 8
                    for (int v = 0; v < V; ++v) columns[v] = load(row + shift + v * vector_width);
#pragma GCC unroll 8
                    for (int lane = 0; lane < Block; ++lane) {
                        const Vector w = broadcast(tap[l * Block + lane]);
#pragma GCC unroll 8
                        for (int v = 0; v < V; ++v) sum[phase][lane][v] += w * columns[v];
                    }
                }
        }
        for (int c = 0; c < channels; ++c)
            for (int v = 0; v < V; ++v) {
                const int column = (q + v * vector_width) * Stride;
                float* to = y.row(n, o + c, i) + column;
                const int count = y.width - column;
                if (count <= 0) continue;
                if constexpr (Stride == 1) {
                    finish(to, sum[0][c][v], count, epilogue);
                } else if constexpr (Stride == 2) {
                    finish(to, zip_low(sum[0][c][v], sum[1][c][v]), count, epilogue);
                    if (count > vector_width)
                        finish(to + vector_width, zip_high(sum[0][c][v], sum[1][c][v]), count - vector_width, epilogue);
                } else {
                    for (int phase = 0; phase < Stride; ++phase) {
                        const Vector value = rectify(sum[phase][c][v], epilogue.negative_slope);
                        for (int lane = 0; lane < vector_width && lane * Stride + phase < count; ++lane)
                            to[lane * Stride + phase] = value[lane] + (epilogue.accumulate ? to[lane * Stride + phase] : 0.f);
                    }
                }
            }
    };
    const float* block_weight = weight;
    for (int o = 0; o < y.channels; o += Block, block_weight += block_size) {
        const int channels = y.channels - o < Block ? y.channels - o : Block;
        for (int i = first; i < last; ++i) {
            int q = 0;
            for (; q + (Vectors - 1) * vector_width < positions; q += Vectors * vector_width)
                tile.template operator()<Vectors>(block_weight, o, channels, i, q);
            for (; q < positions; q += vector_width) tile.template operator()<1>(block_weight, o, channels, i, q);
        }
    }
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA
