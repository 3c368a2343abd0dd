// The textbook's kernels of every layer that is one formula, such as ReLU, Sigmoid and GELU.
#pragma once

#include "depix/kernels/reference/reference.hpp"
#include "depix/layers/elementwise.hpp"

namespace depix::reference {

/// y = L::value(x). x and y are (N, C, H, W) and may be the same.
template <ElementwiseLayer L, class T>
void elementwise_forward(View<const T> x, View<T> y) {
    for (int n = 0; n < x.batch; ++n)
        for (int c = 0; c < x.channels; ++c)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j) y(n, c, i, j) = L::value(x(n, c, i, j));
}

/// dx = L::gradient(dy, x, y), or dx += it if `accumulate`. The formula gets 0 for x or y where the layer does not need
/// them, because the plan may not have kept them.
template <ElementwiseLayer L, class T>
void elementwise_backward(View<const T> x, View<const T> y, View<const T> dy, View<T> dx, bool accumulate) {
    for (int n = 0; n < dy.batch; ++n)
        for (int c = 0; c < dy.channels; ++c)
            for (int i = 0; i < dy.height; ++i)
                for (int j = 0; j < dy.width; ++j) {
                    const T input = L::traits.needs_input ? x(n, c, i, j) : T(0);
                    const T output = L::traits.needs_output ? y(n, c, i, j) : T(0);
                    const T gradient = L::gradient(dy(n, c, i, j), input, output);
                    dx(n, c, i, j) = accumulate ? dx(n, c, i, j) + gradient : gradient;
                }
}

}  // namespace depix::reference

// g++ 12 takes kernels::Kernel<..., L> outside of this namespace for another constrained specialisation.
namespace depix::kernels {

template <ElementwiseLayer L>
struct Kernel<Reference, L> {
    template <class T>
    static void forward(const Forward<T>& a) {
        reference::elementwise_forward<L, T>(a.input, a.output);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        if (a.input_gradient.data)
            reference::elementwise_backward<L, T>(a.input, a.output, a.output_gradient, a.input_gradient, a.accumulate);
    }
};

}  // namespace depix::kernels
