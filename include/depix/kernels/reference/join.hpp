// The textbook's sums and concatenations.
#pragma once

#include "depix/kernels/reference/reference.hpp"
#include "depix/network/join.hpp"

namespace depix::reference {

/// y = x, or y += x. Both are (N, C, H, W). Where they are one and the same memory, nothing is left to do.
template <class T>
void copy(View<const T> x, View<T> y, bool accumulate) {
    if (x.data == y.data) return;
    for (int n = 0; n < x.batch; ++n)
        for (int c = 0; c < x.channels; ++c)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j)
                    y(n, c, i, j) = accumulate ? y(n, c, i, j) + x(n, c, i, j) : x(n, c, i, j);
}

}  // namespace depix::reference

namespace depix {

/// y = a + b. The gradient goes to both.
template <>
struct Kernel<Reference, Add> {
    template <class T>
    static void forward(const Forward<T>& a) {
        reference::copy(a.input, a.output, false);
        reference::copy(a.other, a.output, true);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        if (a.input_gradient.data) reference::copy(a.output_gradient, a.input_gradient, a.accumulate);
        if (a.other_gradient.data) reference::copy(a.output_gradient, a.other_gradient, a.accumulate_other);
    }
};

/// y = [a, b]. Each half gets its part of the gradient.
template <>
struct Kernel<Reference, Concatenate> {
    template <class T>
    static void forward(const Forward<T>& a) {
        reference::copy(a.input, a.output.slice(0, a.input.channels), false);
        reference::copy(a.other, a.output.slice(a.input.channels, a.other.channels), false);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        const int first = a.output_gradient.channels - a.other_gradient.channels;
        if (a.input_gradient.data) reference::copy(a.output_gradient.slice(0, first), a.input_gradient, a.accumulate);
        if (a.other_gradient.data)
            reference::copy(a.output_gradient.slice(first, a.other_gradient.channels), a.other_gradient,
                            a.accumulate_other);
    }
};

}  // namespace depix
