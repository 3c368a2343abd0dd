// The gradient of a convolution's weights and biases.
#pragma once

#include "depix/kernels/cpu/conv/direct.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// Channels of dy that stay in registers, with Kernel accumulators (the taps of one kernel row) each.
constexpr int choose_gradient_block(int channels, int kernel) {
    const int most = (vector_registers == 32 ? 24 : 12) / (kernel < 12 ? kernel : 12);
    int best = 1;
    for (int block = 1; block <= most && block <= largest_block; ++block)
        if (round_up(channels, block) <= round_up(channels, best)) best = block;
    return best;
}

/// The pixels that tap l of a row is multiplied with, as in tap_columns, but in the order of the row, because the
/// gradients are in that order too.
template <int Stride>
DEPIX_INLINE Vector columns_in_order(const float* taps, int l, int count) {
    if constexpr (Stride == 2) {
        const Vector a = load(taps + l / 2 * 2), b = load(taps + l / 2 * 2 + vector_width);
        return l % 2 == 0 ? even_lanes(a, b) : odd_lanes(a, b);
    } else {
        return tap_columns<Stride>(taps, l, count);
    }
}

/// d_weight[o][c][k][l] += sum over rows [first, last) of picture n, and all columns j, of
///                         dy[o][i][j] * x[c][i * Stride + k - padding][j * Stride + l - padding]
///
/// dy is (N, Out, H', W') with zeros after every row up to a whole vector; x is (N, In, H, W) with a border of at
/// least the padding; d_weight is (Out, In, K, K).
///
/// A transposed convolution has the same gradient with x and dy exchanged.
template <int Kernel, int Stride, int Block>
void weight_gradient_rows(View<const float> x, View<const float> dy, int n, int padding, int first, int last,
                          float* d_weight) {
    for (int o = 0; o < dy.channels; o += Block) {
        // A channel beyond the last one reads the last one again; its sums are discarded.
        const float* gradients[bound(Block)];
        for (int b = 0; b < Block; ++b) gradients[b] = dy.row(n, (std::min)(o + b, dy.channels - 1), 0);
        for (int c = 0; c < x.channels; ++c)
            for (int k = 0; k < Kernel; ++k) {
                Vector sum[bound(Block)][bound(Kernel)];
#pragma GCC unroll 8
                for (int b = 0; b < Block; ++b)
#pragma GCC unroll 9
                    for (int l = 0; l < Kernel; ++l) sum[b][l] = Vector{};
                for (int i = first; i < last; ++i) {
                    const float* pixels = x.row(n, c, i * Stride + k - padding) - padding;
                    for (int j = 0; j < dy.width; j += vector_width) {
                        Vector columns[bound(Kernel)];
#pragma GCC unroll 9
                        for (int l = 0; l < Kernel; ++l) {
                            const float* taps = pixels + j * Stride;
                            columns[l] = Block == 1 && Stride == 1  // each is used once, and may stay in memory
                                             ? load(taps + l)
                                             : columns_in_order<Stride>(taps, l, dy.width - j);
                        }
#pragma GCC unroll 8
                        for (int b = 0; b < Block; ++b) {
                            const Vector gradient = load_once(gradients[b] + i * dy.row_stride + j);
#pragma GCC unroll 9
                            for (int l = 0; l < Kernel; ++l) sum[b][l] += gradient * columns[l];
                        }
                    }
                }
                constexpr int taps = Block * Kernel;
                Vector done[bound(round_up(taps, vector_width))] = {};
#pragma GCC unroll 8
                for (int b = 0; b < Block; ++b)
#pragma GCC unroll 9
                    for (int l = 0; l < Kernel; ++l) done[b * Kernel + l] = sum[b][l];
                float sums[bound(round_up(taps, vector_width))];
#pragma GCC unroll 8
                for (int t = 0; t < taps; t += vector_width) store(sums + t, sums_of_lanes(done + t));
                float* to = d_weight + ((o * x.channels + c) * Kernel + k) * Kernel;
                for (int b = 0; b < (std::min)(Block, dy.channels - o); ++b, to += x.channels * Kernel * Kernel)
                    for (int l = 0; l < Kernel; ++l) to[l] += sums[b * Kernel + l];
            }
    }
}

/// d_bias[o] += sum of dy over rows [first, last) of picture n.
inline void bias_gradient_rows(View<const float> dy, int n, int first, int last, float* d_bias) {
    constexpr int together = 4;  // channels, so that additions do not wait for each other
    for (int o = 0; o < dy.channels; o += together) {
        const float* gradients[together];  // as above
        for (int b = 0; b < together; ++b) gradients[b] = dy.row(n, (std::min)(o + b, dy.channels - 1), 0);
        Vector sum[together] = {};
        for (int i = first; i < last; ++i)
            for (int j = 0; j < dy.width; j += vector_width)
#pragma GCC unroll 4
                for (int b = 0; b < together; ++b) sum[b] += load(gradients[b] + i * dy.row_stride + j);
        for (int b = 0; b < (std::min)(together, dy.channels - o); ++b) d_bias[o + b] += sum_of_lanes(sum[b]);
    }
}

/// Floats of scratch that `share_gradient` needs.
constexpr std::size_t gradient_scratch(std::size_t parameters, int threads) {
    return parameters * static_cast<std::size_t>(threads);
}

/// Calls `add_own(sums)` on every thread, with separate sums for each, and adds all sums up in the order of the
/// threads, so that the same number of threads gives the same bits.
template <class AddOwn>
void share_gradient(Team team, std::size_t parameters, float* scratch, float* gradients, AddOwn&& add_own) {
    float* own = scratch + parameters * static_cast<std::size_t>(team.thread);
    for (std::size_t i = 0; i < parameters; ++i) own[i] = 0;
    add_own(own);
    team.barrier();
    const Part part = team.share(static_cast<int>(parameters));
    for (int t = 0; t < team.threads; ++t)
        for (int i = part.first; i < part.last; ++i)
            gradients[i] += scratch[static_cast<std::size_t>(t) * parameters + static_cast<std::size_t>(i)];
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA
