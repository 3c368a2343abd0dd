// Convolution by a list of taps: with groups, with dilation, with kernels that are not square, and the gradient of all
// these with respect to the input.
//
// A sum's taps are a list of places in memory, relative to its first pixel. So one kernel serves every kernel size and
// dilation, and it is compiled for a stride and a register block only. It is blocked as in direct.hpp. With a stride,
// the input's gradient has stride x stride phases of pixels, each of which has a shorter list (as in transposed.hpp).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "depix/kernels/cpu/conv/direct.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// A tap: where its pixel is, in floats from the first pixel's, and where its weight is among those of a channel.
struct Tap {
    std::ptrdiff_t pixel = 0;
    int weight = 0;
};

/// The taps of one row of sums. Capacity is the number of taps that the kernel has.
template <int Capacity>
struct TapList {
    std::array<Tap, bound(Capacity)> taps{};
    int count = 0;

    constexpr void add(Tap tap) { taps[bound(count++)] = tap; }
};

/// The groups of a convolution as numbers, in the direction in which it is computed: channels of a group that are
/// summed over, and channels of a group that result.
struct GroupSizes {
    int groups = 1;
    int from = 1;
    int to = 1;
    int taps = 1;

    /// Elements of one group's packed weights: (To / Block, From, taps, Block), the last block filled up with zeros.
    constexpr std::size_t packed_group(int block) const {
        return static_cast<std::size_t>(round_up(to, block)) * static_cast<std::size_t>(from) *
               static_cast<std::size_t>(taps);
    }
    constexpr std::size_t packed(int block) const { return static_cast<std::size_t>(groups) * packed_group(block); }
};
constexpr GroupSizes forward_groups(const ConvGeometry& g) { return {g.groups, g.group_in(), g.group_out(), g.taps()}; }
constexpr GroupSizes backward_groups(const ConvGeometry& g) {
    return {g.groups, g.group_out(), g.group_in(), g.taps()};
}

/// Goes through the register blocks of all groups. A group begins a new block.
struct GroupBlock {
    int group = 0;
    int channel = 0;  ///< the block's first, within its group

    constexpr int first(GroupSizes size) const { return group * size.to + channel; }
    constexpr std::ptrdiff_t weights(GroupSizes size, int block) const {
        return static_cast<std::ptrdiff_t>(static_cast<std::size_t>(group) * size.packed_group(block)) +
               static_cast<std::ptrdiff_t>(channel) * size.from * size.taps;
    }
    constexpr void next(GroupSizes size, int block) {
        channel += block;
        if (channel < size.to) return;
        ++group;
        channel = 0;
    }
};

/// Packs this thread's part of the groups. weight is (groups * to, from, taps), or (groups * from, to, taps) if
/// `backward`. What results in channel o is multiplied by scale[o] unless scale is nullptr.
[[gnu::noinline]] inline void pack_groups(const float* weight, GroupSizes size, int block, bool backward,
                                          const float* scale, float* packed, Team team) {
    const Part groups = team.share(size.groups);
    for (int g = groups.first; g < groups.last; ++g) {
        const float* own = weight + static_cast<std::ptrdiff_t>(g) * size.from * size.to * size.taps;
        float* to = packed + static_cast<std::size_t>(g) * size.packed_group(block);
        for (int first = 0; first < size.to; first += block)
            for (int c = 0; c < size.from; ++c)
                for (int t = 0; t < size.taps; ++t)
                    for (int o = first; o < first + block; ++o) {
                        const int row = backward ? c * size.to + o : o * size.from + c;
                        const float value = o < size.to ? own[row * size.taps + t] : 0.f;
                        *to++ = scale && o < size.to ? value * scale[g * size.to + o] : value;
                    }
    }
}

/// Where a row of sums reads and writes. x points at the first pixel.
struct TapRow {
    const float* x;
    std::ptrdiff_t x_channel;
    int in_channels;
    const Tap* taps;
    int tap_count;
    std::ptrdiff_t channel_weights;  ///< floats of packed weights of one input channel
    const float* weight;
    const float* bias;
    int out_channels;  ///< of the block, without those that only fill it up
    float* y;
    std::ptrdiff_t y_channel;
    int width;
    std::ptrdiff_t next_row;  ///< where the row is that only later rows of sums read, to be prefetched; 0: nowhere
    int y_step;               ///< from one sum to the next: 1, or the stride if the row is a phase
};

/// Stores the first `count` lanes, `step` floats apart.
inline void scatter(float* to, int step, Vector sum, int count, const Epilogue& epilogue) {
    float lanes[vector_width];
    store(lanes, rectify(sum, epilogue.rectifier));
    for (int i = 0; i < count; ++i) to[i * step] = epilogue.accumulate ? to[i * step] + lanes[i] : lanes[i];
}

/// Stores a tile of sums, (channels of the block, vectors), of which some are beyond y's last channel or column. This
/// is no part of tap_tile, because g++ 12 would keep the sums of that loop on the stack.
[[gnu::noinline]] inline void finish_tile(const TapRow& row, int first, const float* sums, int vectors,
                                          const Epilogue& epilogue) {
    for (int o = 0; o < row.out_channels; ++o)
        for (int v = 0; v < vectors; ++v) {
            const int column = first + v * vector_width, count = row.width - column;
            const Vector sum = load(sums + (o * vectors + v) * vector_width);
            float* to = row.y + o * row.y_channel;
            if (count <= 0) break;
            if (row.y_step == 1)
                finish(to + column, sum, count, epilogue);
            else
                scatter(to + column * row.y_step, row.y_step, sum, (std::min)(count, vector_width), epilogue);
        }
}

/// Computes Vectors vectors of a row of sums from number `first` on, for Block channels.
template <int Stride, int Block, int Vectors>
DEPIX_INLINE void tap_tile(const TapRow& row, int first, const Epilogue& epilogue) {
    Vector sum[bound(Block)][bound(Vectors)];
#pragma GCC unroll 8
    for (int o = 0; o < Block; ++o)
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) sum[o][v] = broadcast(row.bias && o < row.out_channels ? row.bias[o] : 0.f);
    for (int c = 0; c < row.in_channels; ++c) {
        const float* pixels = row.x + c * row.x_channel + first * Stride;
        const float* weights = row.weight + c * row.channel_weights;
        if (row.next_row != 0) prefetch<Vectors * vector_width * Stride>(pixels + row.next_row);
        for (int t = 0; t < row.tap_count; ++t) {
            const float* from = pixels + row.taps[t].pixel;
            const float* weight = weights + row.taps[t].weight * Block;
            Vector columns[bound(Vectors)];
#pragma GCC unroll 8
            for (int v = 0; v < Vectors; ++v)
                columns[v] = in_register(
                    load_strided<Stride>(from + v * vector_width * Stride, row.width - first - v * vector_width));
#pragma GCC unroll 8
            for (int o = 0; o < Block; ++o) multiply_add_each(sum[o], columns, weight + o);
        }
    }
    if (row.out_channels == Block && first + Vectors * vector_width <= row.width && row.y_step == 1 &&
        !epilogue.accumulate) {
#pragma GCC unroll 8
        for (int o = 0; o < Block; ++o)
#pragma GCC unroll 8
            for (int v = 0; v < Vectors; ++v)
                store(row.y + o * row.y_channel + first + v * vector_width, rectify(sum[o][v], epilogue.rectifier));
        return;
    }
    float done[bound(Block * Vectors * vector_width)];
#pragma GCC unroll 8
    for (int o = 0; o < Block; ++o)
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) store(done + (o * Vectors + v) * vector_width, sum[o][v]);
    finish_tile(row, first, done, Vectors, epilogue);
}

/// Computes one row of sums for a block of channels.
template <int Stride, int Block, int Vectors>
[[gnu::noinline]] void tap_row(const TapRow& row, const Epilogue& epilogue) {
    int j = 0;
    for (; j + (Vectors - 1) * vector_width < row.width; j += Vectors * vector_width)
        tap_tile<Stride, Block, Vectors>(row, j, epilogue);
    if constexpr (Vectors > 1)
        for (; j < row.width; j += vector_width) tap_tile<Stride, Block, 1>(row, j, epilogue);
}

/// y = epilogue(x * weight), rows [first, last) of picture n, where weight is packed by pack_groups.
///
/// x is (N, In, H, W) with a border of at least the padding, y (N, Out, H', W').
template <ConvGeometry G, int Block, int Vectors>
void tap_conv_rows(View<const float> x, int n, const float* weight, int /*padding*/, const Epilogue& epilogue,
                   View<float> y, int first, int last) {
    constexpr GroupSizes size = forward_groups(G);
    TapList<G.taps()> list;
    for (int k = 0; k < G.kernel; ++k)
        for (int l = 0; l < G.kernel_width; ++l)
            list.add({(k * x.row_stride + l) * G.dilation, k * G.kernel_width + l});
    const int band = band_rows(size.from, x.width, G.stride);
    const bool prefetches = is_far(x);
    for (int top = first; top < last; top += band)
        for (GroupBlock b; b.first(size) < y.channels; b.next(size, Block)) {
            const int o = b.first(size);
            for (int i = top; i < (std::min)(top + band, last); ++i)
                tap_row<G.stride, Block, Vectors>(
                    {x.row(n, b.group * size.from, i * G.stride - G.padding_before) - G.width_padding_before,
                     x.channel_stride, size.from, list.taps.data(), list.count, size.taps * Block,
                     weight + b.weights(size, Block), epilogue.bias ? epilogue.bias + o : nullptr,
                     (std::min)(Block, size.to - b.channel), y.row(n, o, i), y.channel_stride, y.width,
                     prefetches && b.channel == 0 ? (G.height_extent() + G.stride - 1) * x.row_stride : 0, 1},
                    epilogue);
        }
}

/// dx = epilogue(dy * weight), rows [first, last) of picture n, where weight is packed by pack_groups.
///
/// dx[c][r][q] is the sum over the taps (k, l) for which (r + before - k * dilation) / stride, a row of dy, and
/// likewise the column are whole numbers. dy is (N, Out, H', W') with a border of the gradient's halo, dx (N, In, H,
/// W).
template <ConvGeometry G, int Block, int Vectors>
void tap_gradient_rows(View<const float> dy, int n, const float* weight, int /*padding*/, const Epilogue& epilogue,
                       View<float> dx, int first, int last) {
    constexpr GroupSizes size = backward_groups(G);
    constexpr int stride = G.stride;
    for (int r = first; r < last; ++r)
        for (int phase = 0; phase < stride && phase < dx.width; ++phase) {
            TapList<G.taps()> list;
            for (int k = 0; k < G.kernel; ++k)
                for (int l = 0; l < G.kernel_width; ++l) {
                    const int row = r + G.padding_before - k * G.dilation;
                    const int column = phase + G.width_padding_before - l * G.dilation;
                    if (row % stride == 0 && column % stride == 0)
                        list.add({row / stride * dy.row_stride + column / stride, k * G.kernel_width + l});
                }
            for (GroupBlock b; b.first(size) < dx.channels; b.next(size, Block)) {
                const int c = b.first(size);
                tap_row<1, Block, Vectors>(
                    {dy.row(n, b.group * size.from, 0), dy.channel_stride, size.from, list.taps.data(), list.count,
                     size.taps * Block, weight + b.weights(size, Block), epilogue.bias ? epilogue.bias + c : nullptr,
                     (std::min)(Block, size.to - b.channel), dx.row(n, c, r) + phase, dx.channel_stride,
                     (dx.width - phase + stride - 1) / stride, 0, stride},
                    epilogue);
            }
            if (stride > 1 && phase == 0 && epilogue.padded)
                for (int c = 0; c < dx.channels; ++c)
                    for (int j = dx.width; j < round_up(dx.width, vector_width); ++j) dx.row(n, c, r)[j] = 0;
        }
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA
