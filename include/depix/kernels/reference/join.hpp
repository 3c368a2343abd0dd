// The textbook's sums, concatenations, products and slices.
#pragma once

#include "depix/kernels/reference/reference.hpp"
#include "depix/layers/slice.hpp"
#include "depix/network/join.hpp"

namespace depix {

/// y = a + b. The gradient goes to both.
template <>
struct kernels::Kernel<Reference, Add> {
    template <class T>
    static void forward(const Forward<T>& a) {
        copy(a.input, a.output);
        copy(a.other, a.output, true);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        if (a.input_gradient.data) copy(a.output_gradient, a.input_gradient, a.accumulate);
        if (a.other_gradient.data) copy(a.output_gradient, a.other_gradient, a.accumulate_other);
    }
};

/// y = [a, b]. Each half gets its part of the gradient.
template <>
struct kernels::Kernel<Reference, Concatenate> {
    template <class T>
    static void forward(const Forward<T>& a) {
        copy(a.input, a.output.slice(0, a.input.channels));
        copy(a.other, a.output.slice(a.input.channels, a.other.channels));
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        const int first = a.output_gradient.channels - a.other_gradient.channels;
        if (a.input_gradient.data) copy(a.output_gradient.slice(0, first), a.input_gradient, a.accumulate);
        if (a.other_gradient.data)
            copy(a.output_gradient.slice(first, a.other_gradient.channels), a.other_gradient, a.accumulate_other);
    }
};

/// y = a * b, where b is repeated along the dimensions in which it has 1. db sums over these.
template <>
struct kernels::Kernel<Reference, Multiply> {
    /// Calls body(n, c, i, j, element of b) for every element of a.
    template <class T, class B, class Body>
    static void for_each(const View<T>& a, const View<B>& b, Body&& body) {
        for (int n = 0; n < a.batch; ++n)
            for (int c = 0; c < a.channels; ++c)
                for (int i = 0; i < a.height; ++i)
                    for (int j = 0; j < a.width; ++j)
                        body(n, c, i, j, b(n, b.channels == 1 ? 0 : c, b.height == 1 ? 0 : i, b.width == 1 ? 0 : j));
    }
    template <class T>
    static void forward(const Forward<T>& a) {
        for_each(a.input, a.other, [&](int n, int c, int i, int j, const T& factor) {
            a.output(n, c, i, j) = a.input(n, c, i, j) * factor;
        });
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        const View<const T>& dy = a.output_gradient;
        if (a.input_gradient.data)
            for_each(a.input, a.other, [&](int n, int c, int i, int j, const T& factor) {
                T& dx = a.input_gradient(n, c, i, j);
                dx = (a.accumulate ? dx : T(0)) + dy(n, c, i, j) * factor;
            });
        if (!a.other_gradient.data) return;
        if (!a.accumulate_other) fill(a.other_gradient, T(0));
        for_each(a.input, a.other_gradient,
                 [&](int n, int c, int i, int j, T& db) { db += dy(n, c, i, j) * a.input(n, c, i, j); });
    }
};

/// y = some channels of x. The gradient of the others is 0.
template <int In, int First, int Count>
struct kernels::Kernel<Reference, Slice<In, First, Count>> {
    template <class T>
    static void forward(const Forward<T>& a) {
        copy(a.input.slice(First, Count), a.output);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        if (!a.input_gradient.data) return;
        if (!a.accumulate) fill(a.input_gradient, T(0));
        copy(a.output_gradient, a.input_gradient.slice(First, Count), true);
    }
};

}  // namespace depix
