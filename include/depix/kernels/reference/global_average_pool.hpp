// The textbook's mean over a whole channel.
#pragma once

#include "depix/kernels/reference/reference.hpp"
#include "depix/layers/global_average_pool.hpp"

namespace depix::reference {

/// y = the mean of each channel of x. x is (N, C, H, W), y (N, C, 1, 1).
template <class T>
void global_average_pool_forward(View<const T> x, View<T> y) {
    for (int n = 0; n < x.batch; ++n)
        for (int c = 0; c < x.channels; ++c) {
            T sum = 0;
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j) sum += x(n, c, i, j);
            y(n, c, 0, 0) = sum / static_cast<T>(x.shape().area());
        }
}

/// Every pixel gets an equal part of the gradient. It overwrites dx, or is added to it if `accumulate`.
template <class T>
void global_average_pool_backward(View<const T> dy, View<T> dx, bool accumulate) {
    for (int n = 0; n < dx.batch; ++n)
        for (int c = 0; c < dx.channels; ++c)
            for (int i = 0; i < dx.height; ++i)
                for (int j = 0; j < dx.width; ++j) {
                    const T gradient = dy(n, c, 0, 0) / static_cast<T>(dx.shape().area());
                    dx(n, c, i, j) = accumulate ? dx(n, c, i, j) + gradient : gradient;
                }
}

}  // namespace depix::reference

namespace depix {

template <>
struct kernels::Kernel<Reference, GlobalAveragePool> {
    template <class T>
    static void forward(const Forward<T>& a) {
        reference::global_average_pool_forward(a.input, a.output);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        if (a.input_gradient.data)
            reference::global_average_pool_backward(a.output_gradient, a.input_gradient, a.accumulate);
    }
};

}  // namespace depix
