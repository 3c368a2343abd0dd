// The textbook's inverse of the pixel shuffle.
#pragma once

#include "depix/kernels/reference/pixel_shuffle.hpp"
#include "depix/layers/pixel_unshuffle.hpp"

namespace depix::reference {

/// y[c * r^2 + k * r + l][i][j] = x[c][i * r + k][j * r + l]: what the pixel shuffle does with a gradient.
/// x is (N, C, H * r, W * r), y (N, C * r^2, H, W).
template <class T>
void pixel_unshuffle_forward(View<const T> x, int r, View<T> y) {
    pixel_shuffle_backward(x, r, y, false);
}

/// dx[c][i * r + k][j * r + l] = dy[c * r^2 + k * r + l][i][j], or dx += it if `accumulate`.
template <class T>
void pixel_unshuffle_backward(View<const T> dy, int r, View<T> dx, bool accumulate) {
    for (int n = 0; n < dx.batch; ++n)
        for (int c = 0; c < dx.channels; ++c)
            for (int i = 0; i < dx.height; ++i)
                for (int j = 0; j < dx.width; ++j) {
                    const T gradient = dy(n, c * r * r + i % r * r + j % r, i / r, j / r);
                    dx(n, c, i, j) = accumulate ? dx(n, c, i, j) + gradient : gradient;
                }
}

}  // namespace depix::reference

namespace depix {

template <int Factor, int Channels>
struct kernels::Kernel<Reference, PixelUnshuffle<Factor, Channels>> {
    template <class T>
    static void forward(const Forward<T>& a) {
        reference::pixel_unshuffle_forward(a.input, Factor, a.output);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        if (a.input_gradient.data)
            reference::pixel_unshuffle_backward(a.output_gradient, Factor, a.input_gradient, a.accumulate);
    }
};

}  // namespace depix
