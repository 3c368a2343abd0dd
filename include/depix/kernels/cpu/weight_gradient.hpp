// The gradient of a convolution's weights and biases.
#pragma once

#include "depix/kernels/cpu/conv.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// Channels of dy that stay in registers, with Kernel accumulators (the taps of one kernel row) each.
constexpr int choose_gradient_block(int channels, int kernel) {
    const int most = (vector_registers == 32 ? 24 : 12) / (kernel < 12 ? kernel : 12);
    int best = 1;
    for (int block = 1; block <= most && block <= 6; ++block)
        if (round_up(channels, block) <= round_up(channels, best)) best = block;
    return best;
}

/// columns[l] = pixels[l], pixels[l + Stride], ...: what a row of the kernel sees of a row of pixels. With stride 2 in
/// the order of in_quads, which two neighbouring taps get from the same two vectors; in_quad_order brings dy into it.
template <int Kernel, int Stride>
DEPIX_INLINE void load_columns(const float* pixels, int count, Vector (&columns)[Kernel]) {
#pragma GCC unroll 9
    for (int l = 0; l < Kernel; ++l)
        if constexpr (Stride == 2) {
            const float* from = pixels + l / 2 * 2;
            const Vector a = load(from), b = load(from + vector_width);
            columns[l] = l % 2 == 0 ? in_quads<0, 2, 4, 6>(a, b) : in_quads<1, 3, 5, 7>(a, b);
        } else {
            columns[l] = load_strided<Stride>(pixels + l, count);
        }
}

/// d_weight[o][c][k][l] += sum over rows [first, last) of picture n, and all columns j, of
///                         dy[o][i][j] * x[c][i * Stride + k - padding][j * Stride + l - padding]
///
/// dy is (N, Out, H', W') with zeros behind every row up to a whole vector; x is (N, In, H, W) with a border of at
/// least the padding; d_weight is (Out, In, K, K).
///
/// A transposed convolution has the same gradient with x and dy in each other's places.
template <int Kernel, int Stride, int Block>
void weight_gradient_rows(View<const float> x, View<const float> dy, int n, int padding, int first, int last,
                          float* d_weight) {
    const int band = band_rows(x.channels + dy.channels, x.row_stride, Stride);
    for (int top = first; top < last; top += band) {
        const int bottom = top + band < last ? top + band : last;
        for (int o = 0; o < dy.channels; o += Block) {
            // A channel beyond the last repeats the last; its sums are thrown away.
            const float* slopes[Block];
            for (int b = 0; b < Block; ++b) slopes[b] = dy.row(n, std::min(o + b, dy.channels - 1), 0);
            for (int c = 0; c < x.channels; ++c)
                for (int k = 0; k < Kernel; ++k) {
                    Vector sum[Block][Kernel];
#pragma GCC unroll 8
                    for (int b = 0; b < Block; ++b)
#pragma GCC unroll 9
                        for (int l = 0; l < Kernel; ++l) sum[b][l] = Vector{};
                    for (int i = top; i < bottom; ++i) {
                        const float* pixels = x.row(n, c, i * Stride + k - padding) - padding;
                        for (int j = 0; j < dy.width; j += vector_width) {
                            Vector columns[Kernel];
                            load_columns<Kernel, Stride>(pixels + j * Stride, dy.width - j, columns);
                            if constexpr (Block > 1) {  // else each is used once, and may stay in memory
#pragma GCC unroll 9
                                for (int l = 0; l < Kernel; ++l) columns[l] = in_register(columns[l]);
                            }
#pragma GCC unroll 8
                            for (int b = 0; b < Block; ++b) {
                                Vector slope = load(slopes[b] + i * dy.row_stride + j);
                                if constexpr (Stride == 2) slope = in_quad_order(slope);
                                slope = in_register(slope);
#pragma GCC unroll 9
                                for (int l = 0; l < Kernel; ++l) sum[b][l] += slope * columns[l];
                            }
                        }
                    }
                    // A copy that may be indexed at run time, so that the sums above can stay in registers.
                    Vector done[Block][Kernel];
#pragma GCC unroll 8
                    for (int b = 0; b < Block; ++b)
#pragma GCC unroll 9
                        for (int l = 0; l < Kernel; ++l) done[b][l] = sum[b][l];
                    for (int b = 0; b < std::min(Block, dy.channels - o); ++b)
                        for (int l = 0; l < Kernel; ++l)
                            d_weight[((o + b) * x.channels + c) * Kernel * Kernel + k * Kernel + l] +=
                                sum_of_lanes(done[b][l]);
                }
        }
    }
}

/// d_bias[o] += sum of dy over rows [first, last) of picture n.
inline void bias_gradient_rows(View<const float> dy, int n, int first, int last, float* d_bias) {
    for (int o = 0; o < dy.channels; ++o) {
        Vector sum{};
        for (int i = first; i < last; ++i)
            for (int j = 0; j < dy.width; j += vector_width) sum += load(dy.row(n, o, i) + j);
        d_bias[o] += sum_of_lanes(sum);
    }
}

/// Floats of scratch that `share_gradient` wants.
constexpr std::size_t gradient_scratch(std::size_t parameters, int threads) {
    return parameters * static_cast<std::size_t>(threads);
}

/// Calls `rows(n, first, last, sums)` for this thread's rows, each thread with sums of its own, and adds them all up in
/// the order of the threads, so that the same number of threads gives the same bits.
template <class Rows>
void share_gradient(Team team, int batch, int height, std::size_t parameters, float* scratch, float* gradients,
                    Rows&& rows) {
    float* own = scratch + parameters * static_cast<std::size_t>(team.thread);
    for (std::size_t i = 0; i < parameters; ++i) own[i] = 0;
    share_rows(team, batch, height, [&](int n, int first, int last) { rows(n, first, last, own); });
    team.barrier();
    const Interval part = team.share(static_cast<int>(parameters));
    for (int t = 0; t < team.threads; ++t)
        for (int i = part.first; i < part.last; ++i)
            gradients[i] += scratch[static_cast<std::size_t>(t) * parameters + static_cast<std::size_t>(i)];
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA
