// The textbook's average pooling.
#pragma once

#include "depix/kernels/reference/conv.hpp"
#include "depix/layers/average_pool.hpp"

namespace depix::reference {

/// y = the mean of each window of x. x is (N, C, H, W), y (N, C, H', W').
template <class T>
void average_pool_forward(View<const T> x, int window, int stride, View<T> y) {
    for (int n = 0; n < y.batch; ++n)
        for (int c = 0; c < y.channels; ++c)
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j) {
                    T sum = 0;
                    for (int k = 0; k < window; ++k)
                        for (int l = 0; l < window; ++l) sum += x(n, c, i * stride + k, j * stride + l);
                    y(n, c, i, j) = sum / static_cast<T>(window * window);
                }
}

/// Every pixel of a window gets an equal part of the window's gradient, which is added to dx.
template <class T>
void average_pool_backward(View<const T> dy, int window, int stride, View<T> dx) {
    for (int n = 0; n < dy.batch; ++n)
        for (int c = 0; c < dy.channels; ++c)
            for (int i = 0; i < dy.height; ++i)
                for (int j = 0; j < dy.width; ++j)
                    for (int k = 0; k < window; ++k)
                        for (int l = 0; l < window; ++l)
                            dx(n, c, i * stride + k, j * stride + l) +=
                                dy(n, c, i, j) / static_cast<T>(window * window);
}

}  // namespace depix::reference

namespace depix {

template <int Window, class... Options>
struct kernels::Kernel<Reference, AveragePool<Window, Options...>> {
    using L = AveragePool<Window, Options...>;

    template <class T>
    static void forward(const Forward<T>& a) {
        reference::average_pool_forward(a.input, Window, L::stride, a.output);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        if (!a.input_gradient.data) return;
        if (!a.accumulate) fill(a.input_gradient, {});
        reference::average_pool_backward(a.output_gradient, Window, L::stride, a.input_gradient);
    }
};

}  // namespace depix
