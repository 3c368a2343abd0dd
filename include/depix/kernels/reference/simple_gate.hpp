// The textbook's product of both halves of the channels.
#pragma once

#include "depix/kernels/reference/reference.hpp"
#include "depix/layers/simple_gate.hpp"

namespace depix {

template <>
struct kernels::Kernel<Reference, SimpleGate> {
    /// y[c] = x[c] * x[C + c]. x is (N, 2 C, H, W), y (N, C, H, W).
    template <class T>
    static void forward(const Forward<T>& a) {
        const View<T>& y = a.output;
        for (int n = 0; n < y.batch; ++n)
            for (int c = 0; c < y.channels; ++c)
                for (int i = 0; i < y.height; ++i)
                    for (int j = 0; j < y.width; ++j)
                        y(n, c, i, j) = a.input(n, c, i, j) * a.input(n, y.channels + c, i, j);
    }
    /// dx[c] = dy[c] * x[C + c], dx[C + c] = dy[c] * x[c]; or dx += it if `accumulate`.
    template <class T>
    static void backward(const Backward<T>& a) {
        if (!a.input_gradient.data) return;
        const View<T>& dx = a.input_gradient;
        const int half = dx.channels / 2;
        for (int n = 0; n < dx.batch; ++n)
            for (int c = 0; c < dx.channels; ++c)
                for (int i = 0; i < dx.height; ++i)
                    for (int j = 0; j < dx.width; ++j) {
                        const T gradient =
                            a.output_gradient(n, c % half, i, j) * a.input(n, (c + half) % dx.channels, i, j);
                        dx(n, c, i, j) = a.accumulate ? dx(n, c, i, j) + gradient : gradient;
                    }
    }
};

}  // namespace depix
