// Convolution on planar maps with zero borders, blocked in registers.
//
// A block of output channels x a few vectors of columns stays in registers during the loops over the input channels and
// the kernel's taps. So (Block + Vectors) loads are enough for Block * Vectors multiply-adds. The code is specialised
// on kernel, stride and block only, never on sizes. It is also a transposed convolution's gradient with respect to the
// input.
#pragma once

#include <algorithm>

#include "depix/kernels/cpu/conv/cache.hpp"
#include "depix/kernels/cpu/conv/epilogue.hpp"
#include "depix/layers/conv.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// How many output channels stay in registers at once, and how many vectors of each.
struct RegisterBlock {
    int channels = 1;
    int vectors = 1;
};

/// The most channels that a block has.
inline constexpr int largest_block = 8;

/// The block with the least work for this many channels, including channels that only fill up the last block. The model
/// is a processor that does two multiply-adds and two loads in a cycle, and has a multiply-add's result four cycles
/// later.
///
/// Every vector has `phases` accumulators. They, the vectors' columns and a weight must fit into the registers, with
/// one to spare, or GCC keeps some of the sums on the stack. With stride 2 a column is shuffled out of two vectors,
/// which takes the time of a multiply-add.
constexpr RegisterBlock choose_block(int out_channels, int phases = 1, int stride = 1) {
    phases = phases < 4 ? phases : 4;
    const bool gathered = stride == 2;
    const int spare = gathered ? 3 : 2;
    const int min_in_flight = phases == 1 ? 8 : 6;
    RegisterBlock best;
    int best_work = 1 << 30;
    for (int channels = 1; channels <= largest_block; ++channels) {
        int vectors = 4;
        while (vectors > 0 && phases * channels * vectors + vectors + spare > vector_registers) --vectors;
        if (vectors == 0) break;
        const int blocks = round_up(out_channels, channels) / channels;
        // Half cycles that a tap takes. Loads delay other things too, so a quarter of them is added.
        const int in_flight = channels * vectors > min_in_flight ? channels * vectors : min_in_flight;
        const int arithmetic = in_flight + (gathered ? vectors : 0);
        const int loads = channels + vectors * (gathered ? 2 : 1);
        const int tap = 4 * (arithmetic > loads ? arithmetic : loads) + loads;
        const int work = blocks * tap * 12 / vectors;
        if (work > best_work) continue;
        best = {channels, vectors};
        best_work = work;
    }
    return best;
}

/// Elements of packed weights: (Out / Block, In, K, K, Block), where the last block is filled up with zeros.
constexpr std::size_t packed_size(int in, int out, int kernel, int block) {
    return static_cast<std::size_t>(round_up(out, block)) * static_cast<std::size_t>(in) *
           static_cast<std::size_t>(kernel * kernel);
}

/// Packs this thread's part of the blocks. weight is (out, in, K, K), or (in, out, K, K) if `transposed`; channel o is
/// multiplied by scale[o] unless scale is nullptr.
[[gnu::noinline]] inline void pack_weights(const float* weight, int in, int out, int kernel, int block, bool transposed,
                                           const float* scale, float* packed, Team team) {
    const int taps = kernel * kernel;
    const Part blocks = team.share(round_up(out, block) / block);
    for (int b = blocks.first; b < blocks.last; ++b)
        for (int c = 0; c < in; ++c)
            for (int t = 0; t < taps; ++t)
                for (int lane = 0; lane < block; ++lane) {
                    const int o = b * block + lane;
                    const std::ptrdiff_t place = (static_cast<std::ptrdiff_t>(b * in + c) * taps + t) * block + lane;
                    const std::ptrdiff_t source =
                        static_cast<std::ptrdiff_t>(transposed ? c * out + o : o * in + c) * taps + t;
                    packed[place] = o < out ? weight[source] * (scale ? scale[o] : 1.f) : 0.f;
                }
}

/// Where a row of convolutions reads and writes. x points at the first tap of the first column.
struct ConvRow {
    const float* x;
    std::ptrdiff_t x_channel;
    std::ptrdiff_t x_row;
    int in_channels;
    const float* weight;  ///< packed, of this block of output channels
    const float* bias;    ///< of this block, or nullptr
    int out_channels;     ///< of the block, without those that only fill it up
    float* y;
    std::ptrdiff_t y_channel;
    int width;
    bool prefetches = false;  ///< whether the near caches may not have the next rows of x yet

    /// Whether a tile that ends before column `last` lies completely within y, so that all of it is stored.
    bool holds(int block, int last) const { return out_channels == block && last <= width; }
};

/// The pixels that tap l of a row is multiplied with. `taps` points at those of the first tap; `count` lanes are
/// needed. With stride 2 the lanes are out of order, in the same way for every tap. This saves one instruction for each
/// tap; in_order puts the sum in order.
template <int Stride>
DEPIX_INLINE Vector tap_columns(const float* taps, int l, int count) {
    if constexpr (Stride == 2) {
        // Two neighbouring taps read the same vectors.
        const Vector a = load(taps + l / 2 * 2), b = load(taps + l / 2 * 2 + vector_width);
        return l % 2 == 0 ? in_quads<0, 2, 4, 6>(a, b) : in_quads<1, 3, 5, 7>(a, b);
    } else if constexpr (Stride == 1) {
        return load_once(taps + l);
    } else {
        return load_strided<Stride>(taps + l, count);
    }
}

/// Prefetches Count pixels that an output row further down is the first to read. They come from more places than the
/// processor's own prefetcher can track.
template <int Count>
DEPIX_INLINE void prefetch(const float* pixels) {
#pragma GCC unroll 16
    for (int l = 0; l < Count; l += 16) __builtin_prefetch(pixels + l + 8);
}

/// Computes Vectors vectors of one output row from column `first` on, for Block channels.
template <int Kernel, int Stride, int Block, int Vectors>
DEPIX_INLINE void conv_tile(const ConvRow& row, int first, const Epilogue& epilogue) {
    Vector sum[bound(Block)][bound(Vectors)];
#pragma GCC unroll 8
    for (int o = 0; o < Block; ++o)
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) sum[o][v] = broadcast(row.bias && o < row.out_channels ? row.bias[o] : 0.f);

    const float* channel = row.x + first * Stride;
    const float* weight = row.weight;
    for (int c = 0; c < row.in_channels; ++c, channel += row.x_channel) {
        if (row.prefetches)
#pragma GCC unroll 4
            for (int r = 0; r < Stride; ++r)
                prefetch<Vectors * vector_width * Stride>(channel + (Kernel + r) * row.x_row);
        const float* taps = channel;
#pragma GCC unroll 3
        for (int k = 0; k < Kernel; ++k, taps += row.x_row)
#pragma GCC unroll 9
            for (int l = 0; l < Kernel; ++l, weight += Block) {
                Vector columns[bound(Vectors)];
#pragma GCC unroll 8
                for (int v = 0; v < Vectors; ++v)
                    columns[v] =
                        tap_columns<Stride>(taps + v * vector_width * Stride, l, row.width - first - v * vector_width);
#pragma GCC unroll 8
                for (int o = 0; o < Block; ++o) multiply_add_each(sum[o], columns, weight + o);
            }
    }

    if constexpr (Stride == 2)
#pragma GCC unroll 8
        for (int o = 0; o < Block; ++o)
#pragma GCC unroll 8
            for (int v = 0; v < Vectors; ++v) sum[o][v] = in_order(sum[o][v]);
    if (row.holds(Block, first + Vectors * vector_width) && !epilogue.accumulate) {
#pragma GCC unroll 8
        for (int o = 0; o < Block; ++o)
#pragma GCC unroll 8
            for (int v = 0; v < Vectors; ++v)
                store(row.y + o * row.y_channel + first + v * vector_width, rectify(sum[o][v], epilogue.rectifier));
        return;
    }
    // A copy that may be indexed at run time, so that the sums above can stay in registers.
    Vector done[bound(Block)][bound(Vectors)];
#pragma GCC unroll 8
    for (int o = 0; o < Block; ++o)
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) done[o][v] = sum[o][v];
#pragma GCC unroll 1
    for (int o = 0; o < row.out_channels; ++o)
#pragma GCC unroll 1
        for (int v = 0; v < Vectors; ++v) {
            const int column = first + v * vector_width;
            if (column < row.width)
                finish(row.y + o * row.y_channel + column, done[o][v], row.width - column, epilogue);
        }
}

/// Computes one row of a block of output channels. This is a function of its own, so that every kind of convolution
/// shares its code.
template <int Kernel, int Stride, int Block, int Vectors>
[[gnu::noinline]] void conv_row(const ConvRow& row, const Epilogue& epilogue) {
    int j = 0;
    for (; j + (Vectors - 1) * vector_width < row.width; j += Vectors * vector_width)
        conv_tile<Kernel, Stride, Block, Vectors>(row, j, epilogue);
    if constexpr (Vectors > 1)
        for (; j < row.width; j += vector_width) conv_tile<Kernel, Stride, Block, 1>(row, j, epilogue);
}

/// y = epilogue(x * weight), rows [first, last) of picture n. weight is packed by choose_block(Out).
///
/// x is (N, In, H, W) with a border of at least the padding, y (N, Out, H', W').
template <int Kernel, int Stride, int Block, int Vectors>
void conv_rows(View<const float> x, int n, const float* weight, int padding, const Epilogue& epilogue, View<float> y,
               int first, int last) {
    const int band = band_rows(x.channels, x.width, Stride);
    const bool prefetches = is_far(x);
    const std::size_t block_size = packed_size(x.channels, Block, Kernel, Block);
    for (int top = first; top < last; top += band) {
        const int bottom = top + band < last ? top + band : last;
        const float* block_weight = weight;
        for (int o = 0; o < y.channels; o += Block, block_weight += block_size)
            for (int i = top; i < bottom; ++i)
                conv_row<Kernel, Stride, Block, Vectors>(
                    {x.row(n, 0, i * Stride - padding) - padding, x.channel_stride, x.row_stride, x.channels,
                     block_weight, epilogue.bias ? epilogue.bias + o : nullptr, (std::min)(Block, y.channels - o),
                     y.row(n, o, i), y.channel_stride, y.width, prefetches && o == 0},
                    epilogue);
    }
}

/// 2x2 max pooling of two rows in scratch, which may be read up to whole vectors, to one row of `width` pixels.
inline void pool_rows(const float* above, const float* below, int width, float* to, bool padded) {
    for_vectors(width, [&](int j, int count) {
        const Vector left = maximum(load(above + 2 * j), load(below + 2 * j));
        const Vector right = maximum(load(above + 2 * j + vector_width), load(below + 2 * j + vector_width));
        const Vector pooled = maximum(in_quads<0, 2, 4, 6>(left, right), in_quads<1, 3, 5, 7>(left, right));
        store_tail(to + j, in_order(pooled), count, padded);
    });
}

/// conv_rows with 2x2 max pooling after it, for pooled rows [first, last). `width` is the convolution's before pooling.
/// `scratch` holds 2 * Block rows, where each pair of rows stays in the first-level cache until it is pooled.
template <int Kernel, int Stride, int Block, int Vectors>
void conv_pool_rows(View<const float> x, int n, const float* weight, int padding, const Epilogue& epilogue, int width,
                    View<float> y, int first, int last, float* scratch) {
    const std::ptrdiff_t scratch_row = round_up(width, 2 * vector_width);
    const bool prefetches = is_far(x);
    const Epilogue to_scratch{epilogue.bias, epilogue.rectifier, false, true};
    const std::size_t block_size = packed_size(x.channels, Block, Kernel, Block);
    for (int i = first; i < last; ++i) {
        const float* block_weight = weight;
        for (int o = 0; o < y.channels; o += Block, block_weight += block_size) {
            const int channels = (std::min)(Block, y.channels - o);
            for (int half = 0; half < 2; ++half)
                conv_row<Kernel, Stride, Block, Vectors>(
                    {x.row(n, 0, (2 * i + half) * Stride - padding) - padding, x.channel_stride, x.row_stride,
                     x.channels, block_weight, epilogue.bias ? epilogue.bias + o : nullptr, channels,
                     scratch + half * Block * scratch_row, scratch_row, width, prefetches && o == 0},
                    to_scratch);
            for (int c = 0; c < channels; ++c) {
                const float* above = scratch + c * scratch_row;
                pool_rows(above, above + Block * scratch_row, y.width, y.row(n, o + c, i), epilogue.padded);
            }
        }
    }
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA
