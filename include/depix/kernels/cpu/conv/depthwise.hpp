// Depthwise convolution: every channel is convolved by itself. Few multiplications are done with each pixel, so it
// takes as long as its maps take to pass through memory, once everything else is out of the way: a few output rows are
// computed together, and share the pixels that they load.
#pragma once

#include <algorithm>

#include "depix/kernels/cpu/conv/weight_gradient.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// Whether a convolution has a kernel of its own here.
constexpr bool is_depthwise(const ConvGeometry& g) {
    const bool square = g.kernel_width == g.kernel && g.width_padding_before == g.padding_before;
    return g.groups == g.in_channels && g.groups == g.out_channels && g.dilation == 1 && square &&
           (g.kernel == 3 || g.kernel == 5 || g.kernel == 7);
}

/// Computes Rows rows of a channel. x points at the first tap of the first column; weight is (K, K).
template <int Kernel, int Stride, int Rows>
[[gnu::noinline]] void depthwise_row(const float* x, std::ptrdiff_t x_row, const float* weight, float bias, float* y,
                                     std::ptrdiff_t y_row, int width, const Epilogue& epilogue) {
    constexpr int input_rows = (Rows - 1) * Stride + Kernel;
    for_vectors(width, [&](int j, int count) {
        Vector sum[bound(Rows)];
#pragma GCC unroll 4
        for (int i = 0; i < Rows; ++i) sum[i] = broadcast(bias);
#pragma GCC unroll 7
        for (int l = 0; l < Kernel; ++l) {
            Vector column[bound(input_rows)];
#pragma GCC unroll 16
            for (int r = 0; r < input_rows; ++r)
                column[r] = columns_in_order<Stride>(x + r * x_row + j * Stride, l, count);
#pragma GCC unroll 7
            for (int k = 0; k < Kernel; ++k) {
                const Vector factor = broadcast(weight[k * Kernel + l]);
#pragma GCC unroll 4
                for (int i = 0; i < Rows; ++i) multiply_add(sum[i], factor, column[i * Stride + k]);
            }
        }
#pragma GCC unroll 4
        for (int i = 0; i < Rows; ++i) finish(y + i * y_row + j, sum[i], count, epilogue);
    });
}

/// y = epilogue(x * weight), rows [first, last) of picture n; weight is (C, K, K).
///
/// x is (N, C, H, W) with a border of at least the padding, y (N, C, H', W'). If `Backward`, x is the gradient of the
/// output and y that of the input: the kernel is turned around, and the padding is what it lacks of Kernel - 1.
template <int Kernel, int Stride, bool Backward>
void depthwise_rows(View<const float> x, int n, const float* weight, int padding, const Epilogue& epilogue,
                    View<float> y, int first, int last) {
    constexpr int taps = Kernel * Kernel, together = Stride == 1 ? 4 : Stride == 2 ? 2 : 1;
    if (Backward) padding = Kernel - 1 - padding;
    // With MapOrder::Rows the channels of a row follow each other, so a few rows of all channels are computed before
    // the next rows.
    const bool by_channels = x.channel_stride > x.row_stride;
    const int band =
        by_channels ? (std::max)(last - first, 1) : round_up(band_rows(x.channels, x.width, Stride), together);
    for (int top = first; top < last; top += band)
        for (int c = 0; c < y.channels; ++c) {
            float own[taps];
            for (int t = 0; t < taps; ++t) own[t] = weight[c * taps + (Backward ? taps - 1 - t : t)];
            const float bias = epilogue.bias ? epilogue.bias[c] : 0.f;
            const auto compute = [&](auto row, int i) {
                row(x.row(n, c, i * Stride - padding) - padding, x.row_stride, own, bias, y.row(n, c, i), y.row_stride,
                    y.width, epilogue);
            };
            const int bottom = (std::min)(top + band, last);
            int i = top;
            for (; i + together <= bottom; i += together) compute(depthwise_row<Kernel, Stride, together>, i);
            for (; i < bottom; ++i) compute(depthwise_row<Kernel, Stride, 1>, i);
        }
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA
