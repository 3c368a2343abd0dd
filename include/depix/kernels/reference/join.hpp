// The textbook's sums and concatenations.
#pragma once

#include "depix/kernels/reference/reference.hpp"
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

}  // namespace depix
