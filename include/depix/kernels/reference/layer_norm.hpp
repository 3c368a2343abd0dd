// The textbook's normalisation of the channels of each pixel.
#pragma once

#include <cmath>

#include "depix/kernels/reference/reference.hpp"
#include "depix/layers/layer_norm.hpp"

namespace depix::reference {

/// y = (x - mean) / sqrt(variance + epsilon) * weight + bias for each pixel. x and y are (N, C, H, W), weight and bias
/// (C). saved is (2, N, H, W) and gets every pixel's mean and 1 / sqrt(variance + epsilon), unless it is nullptr.
template <class T>
void layer_norm_forward(View<const T> x, double epsilon, const T* weight, const T* bias, View<T> y, T* saved) {
    const T count = static_cast<T>(x.channels);
    std::size_t pixel = 0, pixels = static_cast<std::size_t>(x.batch) * x.shape().area();
    for (int n = 0; n < x.batch; ++n)
        for (int i = 0; i < x.height; ++i)
            for (int j = 0; j < x.width; ++j, ++pixel) {
                T sum = 0, squares = 0;
                for (int c = 0; c < x.channels; ++c) sum += x(n, c, i, j);
                const T mean = sum / count;
                for (int c = 0; c < x.channels; ++c) squares += (x(n, c, i, j) - mean) * (x(n, c, i, j) - mean);
                const T inverse = T(1) / std::sqrt(squares / count + static_cast<T>(epsilon));
                for (int c = 0; c < x.channels; ++c)
                    y(n, c, i, j) = (x(n, c, i, j) - mean) * inverse * weight[c] + bias[c];
                if (!saved) continue;
                saved[pixel] = mean;
                saved[pixels + pixel] = inverse;
            }
}

/// With x^ = (x - mean) * inverse, g = dy * weight, and means over the channels of a pixel:
///
///     d_bias = sum dy     d_weight = sum dy x^     dx = inverse * (g - mean(g) - x^ * mean(g x^))
///
/// The sums are over pixels and pictures. They are added to d_weight and d_bias, unless d_weight is nullptr.
template <class T>
void layer_norm_backward(View<const T> x, const T* weight, const T* saved, View<const T> dy, View<T> dx,
                         bool accumulate, T* d_weight, T* d_bias) {
    const T count = static_cast<T>(x.channels);
    std::size_t pixel = 0, pixels = static_cast<std::size_t>(x.batch) * x.shape().area();
    for (int n = 0; n < x.batch; ++n)
        for (int i = 0; i < x.height; ++i)
            for (int j = 0; j < x.width; ++j, ++pixel) {
                const T mean = saved[pixel], inverse = saved[pixels + pixel];
                T sum = 0, product = 0;
                for (int c = 0; c < x.channels; ++c) {
                    const T normalised = (x(n, c, i, j) - mean) * inverse, gradient = dy(n, c, i, j);
                    sum += gradient * weight[c];
                    product += gradient * weight[c] * normalised;
                    if (!d_weight) continue;
                    d_weight[c] += gradient * normalised;
                    d_bias[c] += gradient;
                }
                for (int c = 0; dx.data && c < x.channels; ++c) {
                    const T normalised = (x(n, c, i, j) - mean) * inverse;
                    const T gradient =
                        inverse * (dy(n, c, i, j) * weight[c] - sum / count - normalised * product / count);
                    dx(n, c, i, j) = accumulate ? dx(n, c, i, j) + gradient : gradient;
                }
            }
}

}  // namespace depix::reference

namespace depix {

template <int C, class... Options>
struct kernels::Kernel<Reference, LayerNorm2d<C, Options...>> {
    template <class T>
    static void forward(const Forward<T>& a) {
        reference::layer_norm_forward(a.input, LayerNorm2d<C, Options...>::epsilon, a.parameters, a.parameters + C,
                                      a.output, a.saved);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        T* d_weight = a.parameter_gradients;  // nullptr: the network is frozen
        reference::layer_norm_backward(a.input, a.parameters, a.saved, a.output_gradient, a.input_gradient,
                                       a.accumulate, d_weight, d_weight ? d_weight + C : nullptr);
    }
};

}  // namespace depix
