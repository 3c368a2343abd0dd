// The textbook's max pooling.
#pragma once

#include "depix/kernels/reference/conv.hpp"
#include "depix/layers/max_pool.hpp"

namespace depix::reference {

/// y = the largest of each window of x. x is (N, C, H, W), y (N, C, H', W').
template <class T>
void max_pool_forward(View<const T> x, int window, int stride, View<T> y) {
    for (int n = 0; n < y.batch; ++n)
        for (int c = 0; c < y.channels; ++c)
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j) {
                    T largest = x(n, c, i * stride, j * stride);
                    for (int k = 0; k < window; ++k)
                        for (int l = 0; l < window; ++l) {
                            const T value = x(n, c, i * stride + k, j * stride + l);
                            // NaN is passed on, as in PyTorch.
                            if (value > largest || value != value) largest = value;
                        }
                    y(n, c, i, j) = largest;
                }
}

/// A window's gradient is added to dx at the first element, in reading order, that equals the largest.
template <class T>
void max_pool_backward(View<const T> x, View<const T> y, int window, int stride, View<const T> dy, View<T> dx) {
    const auto first_largest = [&](int n, int c, int i, int j) {
        for (int k = 0; k < window; ++k)
            for (int l = 0; l < window; ++l)
                if (x(n, c, i * stride + k, j * stride + l) == y(n, c, i, j)) return k * window + l;
        return 0;
    };
    for (int n = 0; n < dy.batch; ++n)
        for (int c = 0; c < dy.channels; ++c)
            for (int i = 0; i < dy.height; ++i)
                for (int j = 0; j < dy.width; ++j) {
                    const int place = first_largest(n, c, i, j);
                    dx(n, c, i * stride + place / window, j * stride + place % window) += dy(n, c, i, j);
                }
}

}  // namespace depix::reference

namespace depix {

template <int Window, class... Options>
struct kernels::Kernel<Reference, MaxPool<Window, Options...>> {
    using L = MaxPool<Window, Options...>;

    template <class T>
    static void forward(const Forward<T>& a) {
        reference::max_pool_forward(a.input, Window, L::stride, a.output);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        if (!a.input_gradient.data) return;
        if (!a.accumulate) fill(a.input_gradient, {});
        reference::max_pool_backward(a.input, a.output, Window, L::stride, a.output_gradient, a.input_gradient);
    }
};

}  // namespace depix
