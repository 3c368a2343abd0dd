// The textbook's leaky rectifier.
#pragma once

#include "depix/kernels/reference/relu.hpp"
#include "depix/layers/leaky_relu.hpp"

namespace depix {

template <class Slope>
struct kernels::Kernel<Reference, LeakyReLU<Slope>> {
    template <class T>
    static void forward(const Forward<T>& a) {
        reference::rectifier_forward(a.input, static_cast<T>(ratio_value<Slope>), a.output);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        if (a.input_gradient.data)
            reference::rectifier_backward(a.output, static_cast<T>(ratio_value<Slope>), a.output_gradient,
                                          a.input_gradient, a.accumulate);
    }
};

}  // namespace depix
