// The textbook's dense layer.
#pragma once

#include "depix/kernels/reference/conv.hpp"
#include "depix/layers/dense.hpp"

namespace depix::reference {

/// y = weight * x + bias
///
/// x is (N, In, H, W), weight (Out, In * H * W), bias (Out) or nullptr, y (N, Out, 1, 1).
template <class T>
void dense_forward(View<const T> x, const T* weight, const T* bias, View<T> y) {
    for (int n = 0; n < y.batch; ++n)
        for (int o = 0; o < y.channels; ++o) {
            const T* row = weight + static_cast<std::size_t>(o) * x.shape().size();
            T sum = bias ? bias[o] : T(0);
            for (int c = 0; c < x.channels; ++c)
                for (int i = 0; i < x.height; ++i)
                    for (int j = 0; j < x.width; ++j) sum += row[(c * x.height + i) * x.width + j] * x(n, c, i, j);
            y(n, o, 0, 0) = sum;
        }
}

/// Every product weight * x in the sum y passes y's gradient back to both of its factors.
///
/// dy is (N, Out, 1, 1), dx (N, In, H, W). The gradients are added to dx, unless its data is nullptr, and to d_weight
/// and d_bias, unless they are nullptr.
template <class T>
void dense_backward(View<const T> x, const T* weight, View<const T> dy, View<T> dx, T* d_weight, T* d_bias) {
    for (int n = 0; n < dy.batch; ++n)
        for (int o = 0; o < dy.channels; ++o) {
            const std::size_t row = static_cast<std::size_t>(o) * x.shape().size();
            const T gradient = dy(n, o, 0, 0);
            if (d_bias) d_bias[o] += gradient;
            for (int c = 0; c < x.channels; ++c)
                for (int i = 0; i < x.height; ++i)
                    for (int j = 0; j < x.width; ++j) {
                        const int column = (c * x.height + i) * x.width + j;
                        if (d_weight) d_weight[row + static_cast<std::size_t>(column)] += gradient * x(n, c, i, j);
                        if (dx.data) dx(n, c, i, j) += gradient * weight[row + static_cast<std::size_t>(column)];
                    }
        }
}

}  // namespace depix::reference

namespace depix {

template <int In, int Out, class... Options>
struct kernels::Kernel<Reference, Dense<In, Out, Options...>> {
    using L = Dense<In, Out, Options...>;

    template <class T>
    static void forward(const Forward<T>& a) {
        const T* bias = L::bias ? a.parameters + L::weight_count : nullptr;
        reference::dense_forward(a.input, a.parameters, bias, a.output);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        if (a.input_gradient.data && !a.accumulate) fill(a.input_gradient, {});
        T* d_bias = L::bias && a.parameter_gradients ? a.parameter_gradients + L::weight_count : nullptr;
        reference::dense_backward(a.input, a.parameters, a.output_gradient, a.input_gradient, a.parameter_gradients,
                                  d_bias);
    }
};

}  // namespace depix
