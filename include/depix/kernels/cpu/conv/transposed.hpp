// Transposed convolution on planar maps, as one convolution for each phase of the output's columns. It is also a
// convolution's gradient with respect to the input. It shares the blocking and the epilogue of direct.hpp.
#pragma once

#include "depix/kernels/cpu/conv/direct.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// Computes output row i at Vectors vectors of input positions from q on, for Block channels; see conv_transpose_rows.
/// row.x points at the first pixel of the picture, and row.width is the output's width.
template <int Kernel, int Stride, int Padding, int Block, int Vectors>
DEPIX_INLINE void conv_transpose_tile(const ConvRow& row, int i, int q, const Epilogue& epilogue) {
    Vector sum[bound(Stride)][bound(Block)][bound(Vectors)];
#pragma GCC unroll 8
    for (int phase = 0; phase < Stride; ++phase)
#pragma GCC unroll 8
        for (int o = 0; o < Block; ++o)
#pragma GCC unroll 8
            for (int v = 0; v < Vectors; ++v)
                sum[phase][o][v] = broadcast(row.bias && o < row.out_channels ? row.bias[o] : 0.f);

#pragma GCC unroll 1
    for (int k = (i + Padding) % Stride; k < Kernel; k += Stride) {
        // (i + Padding - k) is a multiple of Stride, also where it is negative.
        const float* pixels = row.x + (i + Padding - k) / Stride * row.x_row + q;
        const float* taps = row.weight + k * Kernel * Block;
#pragma GCC unroll 2
        for (int c = 0; c < row.in_channels; ++c, pixels += row.x_channel, taps += Kernel * Kernel * Block) {
            if (row.prefetches && k < Stride) prefetch<Vectors * vector_width>(pixels + row.x_row);
#pragma GCC unroll 9
            for (int l = 0; l < Kernel; ++l) {
                const int phase = ((l - Padding) % Stride + Stride) % Stride;
                const int shift = (phase + Padding - l) / Stride;
                Vector columns[bound(Vectors)];
#pragma GCC unroll 8
                for (int v = 0; v < Vectors; ++v) {
                    const float* from = pixels + shift + v * vector_width;
                    columns[v] = Kernel > Stride ? load_once(from) : load(from);  // taps may share a plain load
                }
#pragma GCC unroll 8
                for (int o = 0; o < Block; ++o) multiply_add_each(sum[phase][o], columns, taps + l * Block + o);
            }
        }
    }

    if (Stride <= 2 && row.holds(Block, (q + Vectors * vector_width) * Stride) && !epilogue.accumulate) {
#pragma GCC unroll 8
        for (int o = 0; o < Block; ++o)
#pragma GCC unroll 8
            for (int v = 0; v < Vectors; ++v) {
                float* const to = row.y + o * row.y_channel + (q + v * vector_width) * Stride;
                const Vector first = rectify(sum[0][o][v], epilogue.rectifier);
                const Vector last = rectify(sum[Stride - 1][o][v], epilogue.rectifier);
                store(to, Stride == 1 ? first : zip_low(first, last));
                if constexpr (Stride == 2) store(to + vector_width, zip_high(first, last));
            }
        return;
    }
    // The results are interleaved, in an array that may be indexed at run time, so that the sums above can stay in
    // registers.
    Vector done[bound(Block)][bound(Vectors)][bound(Stride)];
#pragma GCC unroll 8
    for (int o = 0; o < Block; ++o)
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) {
            if constexpr (Stride == 2) {
                done[o][v][0] = zip_low(sum[0][o][v], sum[1][o][v]);
                done[o][v][1] = zip_high(sum[0][o][v], sum[1][o][v]);
            } else if constexpr (Stride == 1) {
                done[o][v][0] = sum[0][o][v];
            } else {
                for (int lane = 0; lane < vector_width * Stride; ++lane)
                    done[o][v][lane / vector_width][lane % vector_width] = sum[lane % Stride][o][v][lane / Stride];
            }
        }
#pragma GCC unroll 1
    for (int o = 0; o < row.out_channels; ++o)
#pragma GCC unroll 1
        for (int v = 0; v < Vectors * Stride; ++v) {
            const int column = q * Stride + v * vector_width;
            if (column < row.width)
                finish(row.y + o * row.y_channel + column, done[o][v / Stride][v % Stride], row.width - column,
                       epilogue);
        }
}

/// Computes one output row of a block of channels.
template <int Kernel, int Stride, int Padding, int Block, int Vectors>
[[gnu::noinline]] void conv_transpose_row(const ConvRow& row, int i, const Epilogue& epilogue) {
    const int positions = (row.width + Stride - 1) / Stride;
    int q = 0;
    for (; q + (Vectors - 1) * vector_width < positions; q += Vectors * vector_width)
        conv_transpose_tile<Kernel, Stride, Padding, Block, Vectors>(row, i, q, epilogue);
    if constexpr (Vectors > 1)
        for (; q < positions; q += vector_width)
            conv_transpose_tile<Kernel, Stride, Padding, Block, 1>(row, i, q, epilogue);
}

/// y = epilogue(transposed convolution of x), rows [first, last) of picture n.
///
/// Output column q * Stride + phase sums the taps l with l = phase + padding (mod Stride), at input column
/// q + (phase + padding - l) / Stride. So each phase is a convolution of its own, and their results are interleaved.
/// x is (N, In, H, W) with a border of (Kernel - 1) / Stride rounded up, y is (N, Out, H', W'), and weight is packed by
/// choose_block(Out, Stride).
template <int Kernel, int Stride, int Padding, int Block, int Vectors>
void conv_transpose_rows(View<const float> x, int n, const float* weight, int /*padding*/, const Epilogue& epilogue,
                         View<float> y, int first, int last) {
    const int band = band_rows(x.channels, x.width, 1) * Stride;
    const bool prefetches = is_far(x);
    const std::size_t block_size = packed_size(x.channels, Block, Kernel, Block);
    for (int top = first; top < last; top += band) {
        const int bottom = top + band < last ? top + band : last;
        const float* block_weight = weight;
        for (int o = 0; o < y.channels; o += Block, block_weight += block_size)
            for (int i = top; i < bottom; ++i)
                conv_transpose_row<Kernel, Stride, Padding, Block, Vectors>(
                    {x.row(n, 0, 0), x.channel_stride, x.row_stride, x.channels, block_weight,
                     epilogue.bias ? epilogue.bias + o : nullptr, (std::min)(Block, y.channels - o), y.row(n, o, i),
                     y.channel_stride, y.width, prefetches && o == 0},
                    i, epilogue);
    }
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA
