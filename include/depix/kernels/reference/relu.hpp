// The textbook's rectifier.
#pragma once

#include "depix/kernels/reference/reference.hpp"
#include "depix/layers/relu.hpp"

namespace depix::reference {

/// y = x where x > 0, slope * x elsewhere. x and y are (N, C, H, W) and may be the same.
template <class T>
void rectifier_forward(View<const T> x, T slope, View<T> y) {
    for (int n = 0; n < x.batch; ++n)
        for (int c = 0; c < x.channels; ++c)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j) {
                    const T value = x(n, c, i, j);
                    y(n, c, i, j) = value > T(0) ? value : slope * value;
                }
}

/// dx = dy where y > 0, slope * dy elsewhere; y > 0 says the same as x > 0. dx is added to if `accumulate`.
template <class T>
void rectifier_backward(View<const T> y, T slope, View<const T> dy, View<T> dx, bool accumulate) {
    for (int n = 0; n < y.batch; ++n)
        for (int c = 0; c < y.channels; ++c)
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j) {
                    const T gradient = y(n, c, i, j) > T(0) ? dy(n, c, i, j) : slope * dy(n, c, i, j);
                    dx(n, c, i, j) = accumulate ? dx(n, c, i, j) + gradient : gradient;
                }
}

}  // namespace depix::reference

namespace depix {

template <>
struct kernels::Kernel<Reference, ReLU> {
    template <class T>
    static void forward(const Forward<T>& a) {
        reference::rectifier_forward(a.input, T(0), a.output);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        if (a.input_gradient.data)
            reference::rectifier_backward(a.output, T(0), a.output_gradient, a.input_gradient, a.accumulate);
    }
};

}  // namespace depix
