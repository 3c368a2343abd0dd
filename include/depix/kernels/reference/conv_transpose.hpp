// The textbook's transposed convolution.
#pragma once

#include "depix/kernels/reference/conv.hpp"
#include "depix/layers/conv_transpose.hpp"

namespace depix::reference {

/// Every input pixel adds a stamp to the output, which is the kernel's weights times the pixel:
///
///     y[o][i * stride + k - before][j * stride + l - before] += weight[c][o][k][l] * x[c][i][j]
///
/// where k and l are multiplied by the dilation, and c is an input channel of o's group.
/// x is (N, In, H, W), weight (In, Out / Groups, KH, KW), bias (Out) or nullptr, y (N, Out, H', W').
template <class T>
void conv_transpose_forward(const ConvGeometry& g, View<const T> x, const T* weight, const T* bias, View<T> y) {
    const int outputs = g.group_out();  // output channels that an input channel reaches
    for (int n = 0; n < y.batch; ++n)
        for (int o = 0; o < g.out_channels; ++o) {
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j) y(n, o, i, j) = bias ? bias[o] : T(0);
            const int first = o / g.group_out() * g.group_in();  // input channels of o's group
            for (int c = first; c < first + g.group_in(); ++c)
                for (int i = 0; i < x.height; ++i)
                    for (int j = 0; j < x.width; ++j)
                        for (int k = 0; k < g.kernel; ++k)
                            for (int l = 0; l < g.kernel_width; ++l) {
                                const int row = i * g.stride + k * g.dilation - g.padding_before;
                                const int column = j * g.stride + l * g.dilation - g.width_padding_before;
                                if (row < 0 || row >= y.height || column < 0 || column >= y.width) continue;
                                y(n, o, row, column) +=
                                    weight[((c * outputs + o % outputs) * g.kernel + k) * g.kernel_width + l] *
                                    x(n, c, i, j);
                            }
        }
}

/// The gradients under a stamp are passed back to the pixel and to the weights that the stamp is made of.
///
/// dy is (N, Out, H', W'), dx (N, In, H, W). The gradients are added to dx, unless its data is nullptr, and to d_weight
/// and d_bias, unless they are nullptr.
template <class T>
void conv_transpose_backward(const ConvGeometry& g, View<const T> x, const T* weight, View<const T> dy, View<T> dx,
                             T* d_weight, T* d_bias) {
    const int outputs = g.group_out();
    for (int n = 0; n < dy.batch; ++n)
        for (int o = 0; o < g.out_channels; ++o) {
            if (d_bias)
                for (int i = 0; i < dy.height; ++i)
                    for (int j = 0; j < dy.width; ++j) d_bias[o] += dy(n, o, i, j);
            const int first = o / g.group_out() * g.group_in();  // input channels of o's group
            for (int c = first; c < first + g.group_in(); ++c)
                for (int i = 0; i < x.height; ++i)
                    for (int j = 0; j < x.width; ++j)
                        for (int k = 0; k < g.kernel; ++k)
                            for (int l = 0; l < g.kernel_width; ++l) {
                                const int row = i * g.stride + k * g.dilation - g.padding_before;
                                const int column = j * g.stride + l * g.dilation - g.width_padding_before;
                                if (row < 0 || row >= dy.height || column < 0 || column >= dy.width) continue;
                                const int index = ((c * outputs + o % outputs) * g.kernel + k) * g.kernel_width + l;
                                if (d_weight) d_weight[index] += x(n, c, i, j) * dy(n, o, row, column);
                                if (dx.data) dx(n, c, i, j) += weight[index] * dy(n, o, row, column);
                            }
        }
}

}  // namespace depix::reference

namespace depix {

template <int In, int Out, int K, class... Options>
struct kernels::Kernel<Reference, ConvTranspose<In, Out, K, Options...>> {
    using L = ConvTranspose<In, Out, K, Options...>;

    template <class T>
    static void forward(const Forward<T>& a) {
        const T* bias = L::bias ? a.parameters + L::geometry.weight_count() : nullptr;
        reference::conv_transpose_forward(L::geometry, a.input, a.parameters, bias, a.output);
    }
    /// Some rows of a map: what is cut off above moves with them.
    template <class T>
    static void forward_rows(const Forward<T>& a, const Band& band) {
        const T* bias = L::bias ? a.parameters + L::geometry.weight_count() : nullptr;
        ConvGeometry geometry = L::geometry;
        geometry.padding_before += band.first_output - band.first_input * L::stride;
        reference::conv_transpose_forward(geometry, a.input, a.parameters, bias, a.output);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        if (a.input_gradient.data && !a.accumulate) fill(a.input_gradient, {});
        T* d_bias = L::bias && a.parameter_gradients ? a.parameter_gradients + L::geometry.weight_count() : nullptr;
        reference::conv_transpose_backward(L::geometry, a.input, a.parameters, a.output_gradient, a.input_gradient,
                                           a.parameter_gradients, d_bias);
    }
};

}  // namespace depix
