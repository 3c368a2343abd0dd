// The textbook's convolution.
#pragma once

#include "depix/kernels/reference/reference.hpp"
#include "depix/layers/conv.hpp"

namespace depix::reference {

/// y = x * weight + bias
///
/// x is (N, In, H, W), weight (Out, In / Groups, KH, KW), bias (Out) or nullptr, y (N, Out, H', W').
template <class T>
void conv_forward(const ConvGeometry& g, View<const T> x, const T* weight, const T* bias, View<T> y) {
    const int inputs = g.group_in();  // input channels that an output channel reads
    for (int n = 0; n < y.batch; ++n)
        for (int o = 0; o < g.out_channels; ++o)
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j) {
                    T sum = bias ? bias[o] : T(0);
                    const int first = o / g.group_out() * inputs;
                    for (int c = 0; c < inputs; ++c)
                        for (int k = 0; k < g.kernel; ++k)
                            for (int l = 0; l < g.kernel_width; ++l) {
                                const int row = i * g.stride + k * g.dilation - g.padding_before;
                                const int column = j * g.stride + l * g.dilation - g.width_padding_before;
                                if (row < 0 || row >= x.height || column < 0 || column >= x.width) continue;
                                sum += weight[((o * inputs + c) * g.kernel + k) * g.kernel_width + l] *
                                       x(n, first + c, row, column);
                            }
                    y(n, o, i, j) = sum;
                }
}

/// Every product weight * x in the sum y passes y's gradient back to both of its factors.
///
/// dy is (N, Out, H', W'), dx (N, In, H, W). The gradients are added to dx, unless its data is nullptr, and to d_weight
/// and d_bias, unless they are nullptr.
template <class T>
void conv_backward(const ConvGeometry& g, View<const T> x, const T* weight, View<const T> dy, View<T> dx, T* d_weight,
                   T* d_bias) {
    const int inputs = g.group_in();
    for (int n = 0; n < dy.batch; ++n)
        for (int o = 0; o < g.out_channels; ++o)
            for (int i = 0; i < dy.height; ++i)
                for (int j = 0; j < dy.width; ++j) {
                    const T gradient = dy(n, o, i, j);
                    if (d_bias) d_bias[o] += gradient;
                    const int first = o / g.group_out() * inputs;
                    for (int c = 0; c < inputs; ++c)
                        for (int k = 0; k < g.kernel; ++k)
                            for (int l = 0; l < g.kernel_width; ++l) {
                                const int row = i * g.stride + k * g.dilation - g.padding_before;
                                const int column = j * g.stride + l * g.dilation - g.width_padding_before;
                                if (row < 0 || row >= x.height || column < 0 || column >= x.width) continue;
                                const int index = ((o * inputs + c) * g.kernel + k) * g.kernel_width + l;
                                if (d_weight) d_weight[index] += gradient * x(n, first + c, row, column);
                                if (dx.data) dx(n, first + c, row, column) += gradient * weight[index];
                            }
                }
}

}  // namespace depix::reference

namespace depix {

template <int In, int Out, int K, class... Options>
struct kernels::Kernel<Reference, Conv<In, Out, K, Options...>> {
    using L = Conv<In, Out, K, Options...>;

    template <class T>
    static void forward(const Forward<T>& a) {
        const T* bias = L::bias ? a.parameters + L::geometry.weight_count() : nullptr;
        reference::conv_forward(L::geometry, a.input, a.parameters, bias, a.output);
    }
    /// Some rows of a map: the padding above moves with them.
    template <class T>
    static void forward_rows(const Forward<T>& a, const Band& band) {
        const T* bias = L::bias ? a.parameters + L::geometry.weight_count() : nullptr;
        ConvGeometry geometry = L::geometry;
        geometry.padding_before += band.first_input - band.first_output * L::stride;
        reference::conv_forward(geometry, a.input, a.parameters, bias, a.output);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        if (a.input_gradient.data && !a.accumulate) fill(a.input_gradient, {});
        T* d_bias = L::bias && a.parameter_gradients ? a.parameter_gradients + L::geometry.weight_count() : nullptr;
        reference::conv_backward(L::geometry, a.input, a.parameters, a.output_gradient, a.input_gradient,
                                 a.parameter_gradients, d_bias);
    }
};

}  // namespace depix
