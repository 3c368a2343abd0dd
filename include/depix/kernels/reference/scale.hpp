// The textbook's constant factor.
#pragma once

#include "depix/kernels/reference/reference.hpp"
#include "depix/layers/scale.hpp"

namespace depix::reference {

/// y = factor * x, or y += factor * x. Both are (N, C, H, W) and may be the same.
template <class T>
void scale(View<const T> x, T factor, View<T> y, bool accumulate) {
    for (int n = 0; n < x.batch; ++n)
        for (int c = 0; c < x.channels; ++c)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j) {
                    const T value = factor * x(n, c, i, j);
                    y(n, c, i, j) = accumulate ? y(n, c, i, j) + value : value;
                }
}

}  // namespace depix::reference

namespace depix {

/// The gradient is scaled as the values are.
template <class Ratio>
struct kernels::Kernel<Reference, Scale<Ratio>> {
    template <class T>
    static void forward(const Forward<T>& a) {
        reference::scale(a.input, static_cast<T>(ratio_value<Ratio>), a.output, false);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        if (a.input_gradient.data)
            reference::scale(a.output_gradient, static_cast<T>(ratio_value<Ratio>), a.input_gradient, a.accumulate);
    }
};

}  // namespace depix
