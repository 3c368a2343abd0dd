// The textbook's softmax over the channels of each pixel.
#pragma once

#include "depix/kernels/reference/reference.hpp"
#include "depix/layers/elementwise.hpp"
#include "depix/layers/softmax.hpp"

namespace depix::reference {

/// y = exp(x - largest) / sum of these over the channels. x and y are (N, C, H, W) and may be the same.
template <class T>
void softmax_forward(View<const T> x, View<T> y) {
    for (int n = 0; n < x.batch; ++n)
        for (int i = 0; i < x.height; ++i)
            for (int j = 0; j < x.width; ++j) {
                T largest = x(n, 0, i, j), sum = 0;
                for (int c = 1; c < x.channels; ++c)
                    if (x(n, c, i, j) > largest) largest = x(n, c, i, j);
                for (int c = 0; c < x.channels; ++c) {
                    y(n, c, i, j) = math::exp(x(n, c, i, j) - largest);
                    sum += y(n, c, i, j);
                }
                for (int c = 0; c < x.channels; ++c) y(n, c, i, j) /= sum;
            }
}

/// dx = y * (dy - sum over the channels of dy * y), or dx += it if `accumulate`.
template <class T>
void softmax_backward(View<const T> y, View<const T> dy, View<T> dx, bool accumulate) {
    for (int n = 0; n < y.batch; ++n)
        for (int i = 0; i < y.height; ++i)
            for (int j = 0; j < y.width; ++j) {
                T sum = 0;
                for (int c = 0; c < y.channels; ++c) sum += dy(n, c, i, j) * y(n, c, i, j);
                for (int c = 0; c < y.channels; ++c) {
                    const T gradient = y(n, c, i, j) * (dy(n, c, i, j) - sum);
                    dx(n, c, i, j) = accumulate ? dx(n, c, i, j) + gradient : gradient;
                }
            }
}

}  // namespace depix::reference

namespace depix {

template <>
struct kernels::Kernel<Reference, Softmax> {
    template <class T>
    static void forward(const Forward<T>& a) {
        reference::softmax_forward(a.input, a.output);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        if (a.input_gradient.data)
            reference::softmax_backward(a.output, a.output_gradient, a.input_gradient, a.accumulate);
    }
};

}  // namespace depix
