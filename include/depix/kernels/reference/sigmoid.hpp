// The textbook's logistic function.
#pragma once

#include <cmath>

#include "depix/kernels/reference/reference.hpp"
#include "depix/layers/sigmoid.hpp"

namespace depix::reference {

/// y = 1 / (1 + exp(-x)). x and y are (N, C, H, W) and may be the same.
template <class T>
void sigmoid_forward(View<const T> x, View<T> y) {
    for (int n = 0; n < x.batch; ++n)
        for (int c = 0; c < x.channels; ++c)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j) y(n, c, i, j) = T(1) / (T(1) + std::exp(-x(n, c, i, j)));
}

/// dx = dy * y * (1 - y). dx is added to if `accumulate`.
template <class T>
void sigmoid_backward(View<const T> y, View<const T> dy, View<T> dx, bool accumulate) {
    for (int n = 0; n < y.batch; ++n)
        for (int c = 0; c < y.channels; ++c)
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j) {
                    const T gradient = dy(n, c, i, j) * y(n, c, i, j) * (T(1) - y(n, c, i, j));
                    dx(n, c, i, j) = accumulate ? dx(n, c, i, j) + gradient : gradient;
                }
}

}  // namespace depix::reference

namespace depix {

template <>
struct kernels::Kernel<Reference, Sigmoid> {
    template <class T>
    static void forward(const Forward<T>& a) {
        reference::sigmoid_forward(a.input, a.output);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        if (a.input_gradient.data)
            reference::sigmoid_backward(a.output, a.output_gradient, a.input_gradient, a.accumulate);
    }
};

}  // namespace depix
