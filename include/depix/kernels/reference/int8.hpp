// The textbook's integer kernels: nothing but 8-bit maps and weights, 32-bit sums, and the requantization of int8.hpp.
// Every other integer backend gives the same bits. They need only the language's headers.
#pragma once

#include "depix/kernels/int8.hpp"
#include "depix/layers/conv.hpp"
#include "depix/view.hpp"

namespace depix::reference {

using Int8Map = View<std::int8_t>;
using Int8Input = View<const std::int8_t>;

/// y[o] = requantized(bias[o] + sum over weight[o] * (x - x_zero)), as conv_forward
///
/// x is (N, In, H, W) and weight (Out, In / Groups, KH, KW). Padding counts as x_zero, which is the number 0.
inline void int8_conv(const ConvGeometry& g, Int8Input x, int x_zero, const std::int8_t* weight,
                      const integers::Epilogue& requantized, Int8Map y) {
    const int inputs = g.group_in();
    for (int n = 0; n < y.batch; ++n)
        for (int o = 0; o < g.out_channels; ++o)
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j) {
                    std::int32_t sum = requantized.bias[o];
                    const int first = o / g.group_out() * inputs;
                    for (int c = 0; c < inputs; ++c)
                        for (int k = 0; k < g.kernel; ++k)
                            for (int l = 0; l < g.kernel_width; ++l) {
                                const int row = i * g.stride + k * g.dilation - g.padding_before;
                                const int column = j * g.stride + l * g.dilation - g.width_padding_before;
                                if (row < 0 || row >= x.height || column < 0 || column >= x.width) continue;
                                sum += weight[((o * inputs + c) * g.kernel + k) * g.kernel_width + l] *
                                       (x(n, first + c, row, column) - x_zero);
                            }
                    y(n, o, i, j) = requantized(sum, o);
                }
}

/// The same for a transposed convolution, whose weight is (In, Out / Groups, KH, KW). Output pixel i takes tap k from
/// input pixel (i + before - k * dilation) / stride, where that is a whole number.
inline void int8_conv_transpose(const ConvGeometry& g, Int8Input x, int x_zero, const std::int8_t* weight,
                                const integers::Epilogue& requantized, Int8Map y) {
    const int inputs = g.group_in(), outputs = g.group_out();
    for (int n = 0; n < y.batch; ++n)
        for (int o = 0; o < g.out_channels; ++o)
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j) {
                    std::int32_t sum = requantized.bias[o];
                    const int first = o / outputs * inputs;
                    for (int c = first; c < first + inputs; ++c)
                        for (int k = 0; k < g.kernel; ++k)
                            for (int l = 0; l < g.kernel_width; ++l) {
                                const int row = i + g.padding_before - k * g.dilation;
                                const int column = j + g.width_padding_before - l * g.dilation;
                                if (row < 0 || row % g.stride != 0 || row / g.stride >= x.height) continue;
                                if (column < 0 || column % g.stride != 0 || column / g.stride >= x.width) continue;
                                sum += weight[((c * outputs + o % outputs) * g.kernel + k) * g.kernel_width + l] *
                                       (x(n, c, row / g.stride, column / g.stride) - x_zero);
                            }
                    y(n, o, i, j) = requantized(sum, o);
                }
}

/// y = the largest of each window of x.
inline void int8_max_pool(const integers::PoolGeometry& g, Int8Input x, Int8Map y) {
    for (int n = 0; n < y.batch; ++n)
        for (int c = 0; c < y.channels; ++c)
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j) {
                    int largest = integers::lowest;
                    for (int k = 0; k < g.window; ++k)
                        for (int l = 0; l < g.window; ++l) {
                            const int row = i * g.stride + k - g.before, column = j * g.stride + l - g.before;
                            if (row < 0 || row >= x.height || column < 0 || column >= x.width) continue;
                            if (x(n, c, row, column) > largest) largest = x(n, c, row, column);
                        }
                    y(n, c, i, j) = static_cast<std::int8_t>(largest);
                }
}

/// y[c][i * f + k][j * f + l] = x[c * f^2 + k * f + l][i][j]: PixelShuffle<f>
inline void int8_pixel_shuffle(int f, Int8Input x, Int8Map y) {
    for (int n = 0; n < y.batch; ++n)
        for (int c = 0; c < y.channels; ++c)
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j) y(n, c, i, j) = x(n, (c * f + i % f) * f + j % f, i / f, j / f);
}

/// y[c][i][j] = x[c][i / f][j / f]: Upsample<f>
inline void int8_upsample(int f, Int8Input x, Int8Map y) {
    for (int n = 0; n < y.batch; ++n)
        for (int c = 0; c < y.channels; ++c)
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j) y(n, c, i, j) = x(n, c, i / f, j / f);
}

/// y = table[x]: any formula of one number. In place, if x is y.
inline void int8_table(const std::int8_t* table, Int8Input x, Int8Map y) {
    for (int n = 0; n < y.batch; ++n)
        for (int c = 0; c < y.channels; ++c)
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j) y(n, c, i, j) = table[x(n, c, i, j) + 128];
}

/// y = a + b
inline void int8_add(const integers::Addition& sum, Int8Input a, Int8Input b, Int8Map y) {
    for (int n = 0; n < y.batch; ++n)
        for (int c = 0; c < y.channels; ++c)
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j) y(n, c, i, j) = sum(a(n, c, i, j), b(n, c, i, j));
}

/// Between numbers and integers.
inline void int8_encode(const integers::Encoding& encoding, View<const float> x, Int8Map y) {
    const float inverse_scale = integers::inverse(encoding.scale);
    for (int n = 0; n < y.batch; ++n)
        for (int c = 0; c < y.channels; ++c)
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j)
                    y(n, c, i, j) = integers::encode(x(n, c, i, j), inverse_scale, encoding.zero_point);
}
inline void int8_decode(const integers::Encoding& encoding, Int8Input x, View<float> y) {
    for (int n = 0; n < y.batch; ++n)
        for (int c = 0; c < y.channels; ++c)
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j) y(n, c, i, j) = integers::decode(x(n, c, i, j), encoding);
}

}  // namespace depix::reference
