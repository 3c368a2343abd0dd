// The textbook's dropout.
#pragma once

#include <cstdint>

#include "depix/kernels/reference/reference.hpp"
#include "depix/layers/dropout.hpp"
#include "depix/random.hpp"

namespace depix::reference {

/// The factor of one element: 0 with probability `rate`, else 1 / (1 - rate).
template <class T>
constexpr T dropout_factor(T draw, double rate, int n, int c, int i, int j) {
    const auto place = [](int a, int b) {
        return static_cast<std::uint64_t>(static_cast<std::uint32_t>(a)) << 32 | static_cast<std::uint32_t>(b);
    };
    Random random(static_cast<std::uint64_t>(draw), place(n, c), place(i, j));
    return random.uniform() < rate ? T(0) : static_cast<T>(1 / (1 - rate));
}

/// y = x * factor. x and y are (N, C, H, W) and may be the same.
template <class T>
void dropout_forward(View<const T> x, T draw, double rate, View<T> y) {
    for (int n = 0; n < x.batch; ++n)
        for (int c = 0; c < x.channels; ++c)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j)
                    y(n, c, i, j) = x(n, c, i, j) * dropout_factor(draw, rate, n, c, i, j);
}

/// dx = dy * factor, or dx += dy * factor if `accumulate`.
template <class T>
void dropout_backward(View<const T> dy, T draw, double rate, View<T> dx, bool accumulate) {
    for (int n = 0; n < dy.batch; ++n)
        for (int c = 0; c < dy.channels; ++c)
            for (int i = 0; i < dy.height; ++i)
                for (int j = 0; j < dy.width; ++j) {
                    const T gradient = dy(n, c, i, j) * dropout_factor(draw, rate, n, c, i, j);
                    dx(n, c, i, j) = accumulate ? dx(n, c, i, j) + gradient : gradient;
                }
}

}  // namespace depix::reference

namespace depix {

template <class Rate>
struct kernels::Kernel<Reference, Dropout<Rate>> {
    template <class T>
    static void forward(const Forward<T>& a) {
        if (!a.training()) return reference::dropout_forward(a.input, T(0), 0.0, a.output);
        a.saved[0] = static_cast<T>((*a.random)() >> 40);
        reference::dropout_forward(a.input, a.saved[0], ratio_value<Rate>, a.output);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        if (a.input_gradient.data)
            reference::dropout_backward(a.output_gradient, a.saved[0], ratio_value<Rate>, a.input_gradient,
                                        a.accumulate);
    }
};

}  // namespace depix
