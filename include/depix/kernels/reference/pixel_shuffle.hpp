// The textbook's pixel shuffle.
#pragma once

#include "depix/kernels/reference/reference.hpp"
#include "depix/layers/pixel_shuffle.hpp"

namespace depix::reference {

/// y[c][i * r + k][j * r + l] = x[c * r^2 + k * r + l][i][j]; x is (N, C * r^2, H, W), y (N, C, H * r, W * r).
template <class T>
void pixel_shuffle_forward(View<const T> x, int r, View<T> y) {
    for (int n = 0; n < y.batch; ++n)
        for (int c = 0; c < y.channels; ++c)
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j) y(n, c, i, j) = x(n, c * r * r + i % r * r + j % r, i / r, j / r);
}

/// Every gradient moves back to the place of its pixel in x. It overwrites dx, or is added to it if `accumulate`.
template <class T>
void pixel_shuffle_backward(View<const T> dy, int r, View<T> dx, bool accumulate) {
    for (int n = 0; n < dy.batch; ++n)
        for (int c = 0; c < dy.channels; ++c)
            for (int i = 0; i < dy.height; ++i)
                for (int j = 0; j < dy.width; ++j) {
                    T& gradient = dx(n, c * r * r + i % r * r + j % r, i / r, j / r);
                    gradient = accumulate ? gradient + dy(n, c, i, j) : dy(n, c, i, j);
                }
}

}  // namespace depix::reference

namespace depix {

template <int Factor>
struct kernels::Kernel<Reference, PixelShuffle<Factor>> {
    template <class T>
    static void forward(const Forward<T>& a) {
        reference::pixel_shuffle_forward(a.input, Factor, a.output);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        if (a.input_gradient.data)
            reference::pixel_shuffle_backward(a.output_gradient, Factor, a.input_gradient, a.accumulate);
    }
};

}  // namespace depix
