// Depthwise convolution: every channel is convolved by itself. Few multiplications are done with each pixel, so its
// time is at best that of moving its maps through memory. A few output rows are computed together, and share the pixels
// that they load. They read more rows at once than the processor's prefetcher can track, so the next rows are
// prefetched.
//
// Of the bytes per second that a copy of a map of 64x1024x1024 moves, 3x3 moves 82 % and 5x5 78 %. 7x7 moves 42 %,
// because its multiplications limit it (benchmarks/depthwise.cpp; one thread with AVX-512).
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

/// Output rows that are computed together: as many as find room in the registers, with the pixels of their rows.
constexpr int rows_at_once(int stride) {
    const int rows = vector_registers == 32 ? 8 : 4;
    return stride <= 2 ? rows / stride : 1;
}

/// Where some rows of one channel are read and written. x points at the first tap of the first column and row.
struct DepthwiseRows {
    const float* x;
    std::ptrdiff_t x_row;
    const float* weight;  ///< (K, K)
    float bias;
    float* y;
    std::ptrdiff_t y_row;
    int width;
    bool prefetches = false;  ///< whether the near caches may not have the next rows yet
};

/// Adds the products of one column of taps, with the pixels that columns_in_order(taps, l) gives, to Rows rows of sums.
template <int Kernel, int Stride, int Rows>
DEPIX_INLINE void add_tap_column(Vector (&sum)[bound(Rows)], const float* taps, int l, std::ptrdiff_t x_row,
                                 const float* weight, int count) {
    constexpr int input_rows = (Rows - 1) * Stride + Kernel;
    Vector column[bound(input_rows)];
#pragma GCC unroll 24
    for (int r = 0; r < input_rows; ++r) column[r] = columns_in_order<Stride>(taps + r * x_row, l, count);
#pragma GCC unroll 7
    for (int k = 0; k < Kernel; ++k) {
        const Vector factor = broadcast(weight[k * Kernel]);
#pragma GCC unroll 8
        for (int i = 0; i < Rows; ++i) multiply_add(sum[i], factor, column[i * Stride + k]);
    }
}

/// Computes one vector of Rows rows from column `first` on, of which `count` lanes are stored.
template <int Kernel, int Stride, int Rows>
DEPIX_INLINE void depthwise_tile(const DepthwiseRows& rows, int first, int count, const Epilogue& epilogue) {
    const float* taps = rows.x + first * Stride;
    if (rows.prefetches) {
#pragma GCC unroll 8
        for (int i = 0; i < Rows * Stride; ++i)
            prefetch<vector_width * Stride>(taps + (i + Kernel + (Rows - 1) * Stride) * rows.x_row);
    }
    Vector sum[bound(Rows)];
#pragma GCC unroll 8
    for (int i = 0; i < Rows; ++i) sum[i] = broadcast(rows.bias);
    if constexpr (Kernel <= 5) {
#pragma GCC unroll 5
        for (int l = 0; l < Kernel; ++l)
            add_tap_column<Kernel, Stride, Rows>(sum, taps, l, rows.x_row, rows.weight + l, count);
    } else {
        // g++ 12 would keep the sums of so many steps on the stack if it unrolled them.
#pragma GCC unroll 1
        for (int l = 0; l < Kernel; ++l)
            add_tap_column<Kernel, Stride, Rows>(sum, taps + l, 0, rows.x_row, rows.weight + l, count);
    }
#pragma GCC unroll 8
    for (int i = 0; i < Rows; ++i) finish(rows.y + i * rows.y_row + first, limit(sum[i], epilogue), count, epilogue);
}

/// Computes Rows rows.
template <int Kernel, int Stride, int Rows>
[[gnu::noinline]] void depthwise_row(const DepthwiseRows& rows, const Epilogue& epilogue) {
    int j = 0;
    for (; j + vector_width <= rows.width; j += vector_width)
        depthwise_tile<Kernel, Stride, Rows>(rows, j, vector_width, epilogue);
    if (j < rows.width) depthwise_tile<Kernel, Stride, Rows>(rows, j, rows.width - j, epilogue);
}

/// y = epilogue(x * weight), rows [first, last) of picture n; weight is (C, K, K).
///
/// x is (N, C, H, W) with a border of at least the padding, y (N, C, H', W'). If `Backward`, x is the gradient of the
/// output and y that of the input: the kernel is turned around, and the padding is what it lacks of Kernel - 1.
template <int Kernel, int Stride, bool Backward>
void depthwise_rows(View<const float> x, int n, const float* weight, int padding, const Epilogue& epilogue,
                    View<float> y, int first, int last) {
    constexpr int taps = Kernel * Kernel, together = rows_at_once(Stride);
    if (Backward) padding = Kernel - 1 - padding;
    const bool prefetches = is_far(x);
    // With MapOrder::Rows the channels of a row follow each other, so a few rows of all channels are computed before
    // the next rows.
    const bool by_channels = x.channel_stride > x.row_stride;
    const int band =
        by_channels ? (std::max)(last - first, 1) : round_up(band_rows(x.channels, x.width, Stride), together);
    for (int top = first; top < last; top += band)
        for (int c = 0; c < y.channels; ++c) {
            float own[static_cast<std::size_t>(taps)];
            for (int t = 0; t < taps; ++t) own[t] = weight[c * taps + (Backward ? taps - 1 - t : t)];
            const float bias = epilogue.bias ? epilogue.bias[c] : 0.f;
            const auto compute = [&](auto row, int i) {
                row({x.row(n, c, i * Stride - padding) - padding, x.row_stride, own, bias, y.row(n, c, i), y.row_stride,
                     y.width, prefetches},
                    epilogue);
            };
            const int bottom = (std::min)(top + band, last);
            int i = top;
            for (; i + together <= bottom; i += together) compute(depthwise_row<Kernel, Stride, together>, i);
            for (; i < bottom; ++i) compute(depthwise_row<Kernel, Stride, 1>, i);
        }
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA
