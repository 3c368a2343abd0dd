// The textbook's enlargement by the nearest neighbour.
#pragma once

#include "depix/kernels/reference/conv.hpp"
#include "depix/layers/upsample.hpp"

namespace depix::reference {

/// y[c][i][j] = x[c][i / r][j / r]; x is (N, C, H, W), y (N, C, H * r, W * r).
template <class T>
void upsample_forward(View<const T> x, int r, View<T> y) {
    for (int n = 0; n < y.batch; ++n)
        for (int c = 0; c < y.channels; ++c)
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j) y(n, c, i, j) = x(n, c, i / r, j / r);
}

/// Adds to every pixel of dx the gradients of the r x r pixels that are its copies.
template <class T>
void upsample_backward(View<const T> dy, int r, View<T> dx) {
    for (int n = 0; n < dy.batch; ++n)
        for (int c = 0; c < dy.channels; ++c)
            for (int i = 0; i < dy.height; ++i)
                for (int j = 0; j < dy.width; ++j) dx(n, c, i / r, j / r) += dy(n, c, i, j);
}

}  // namespace depix::reference

namespace depix {

template <int Factor>
struct kernels::Kernel<Reference, Upsample<Factor>> {
    template <class T>
    static void forward(const Forward<T>& a) {
        reference::upsample_forward(a.input, Factor, a.output);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        if (!a.input_gradient.data) return;
        if (!a.accumulate) fill(a.input_gradient, {});
        reference::upsample_backward(a.output_gradient, Factor, a.input_gradient);
    }
};

}  // namespace depix
