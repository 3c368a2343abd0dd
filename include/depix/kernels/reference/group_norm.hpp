// The textbook's normalisation of groups of channels, which is that of single channels (InstanceNorm) too.
#pragma once

#include <cmath>

#include "depix/kernels/reference/reference.hpp"
#include "depix/layers/group_norm.hpp"

namespace depix::reference {

/// Calls body(c, i, j) for every pixel of the channels of a group.
template <class T, class Body>
void for_group(const View<T>& x, int groups, int group, Body&& body) {
    const int channels = x.channels / groups;
    for (int c = group * channels; c < (group + 1) * channels; ++c)
        for (int i = 0; i < x.height; ++i)
            for (int j = 0; j < x.width; ++j) body(c, i, j);
}

/// y = (x - mean) / sqrt(variance + epsilon) * weight + bias for each group of channels of each picture. x and y are
/// (N, C, H, W); weight and bias are (C), or nullptr, which means 1 and 0. saved is (N, groups, 2) and gets every
/// group's mean and 1 / sqrt(variance + epsilon), unless it is nullptr.
template <class T>
void group_norm_forward(View<const T> x, int groups, double epsilon, const T* weight, const T* bias, View<T> y,
                        T* saved) {
    const T count = static_cast<T>(x.channels / groups) * static_cast<T>(x.height) * static_cast<T>(x.width);
    for (int n = 0; n < x.batch; ++n)
        for (int g = 0; g < groups; ++g) {
            T sum = 0, squares = 0;
            for_group(x, groups, g, [&](int c, int i, int j) { sum += x(n, c, i, j); });
            const T mean = sum / count;
            for_group(x, groups, g,
                      [&](int c, int i, int j) { squares += (x(n, c, i, j) - mean) * (x(n, c, i, j) - mean); });
            const T inverse = T(1) / std::sqrt(squares / count + static_cast<T>(epsilon));
            for_group(x, groups, g, [&](int c, int i, int j) {
                const T normalised = (x(n, c, i, j) - mean) * inverse;
                y(n, c, i, j) = weight ? normalised * weight[c] + bias[c] : normalised;
            });
            if (!saved) continue;
            saved[2 * (n * groups + g)] = mean;
            saved[2 * (n * groups + g) + 1] = inverse;
        }
}

/// With x^ = (x - mean) * inverse, g = dy * weight, and means over a group:
///
///     d_bias = sum dy     d_weight = sum dy x^     dx = inverse * (g - mean(g) - x^ * mean(g x^))
///
/// The sums are over pixels and pictures. They are added to d_weight and d_bias, unless d_weight is nullptr.
template <class T>
void group_norm_backward(View<const T> x, int groups, const T* weight, const T* saved, View<const T> dy, View<T> dx,
                         bool accumulate, T* d_weight, T* d_bias) {
    const T count = static_cast<T>(x.channels / groups) * static_cast<T>(x.height) * static_cast<T>(x.width);
    for (int n = 0; n < x.batch; ++n)
        for (int g = 0; g < groups; ++g) {
            const T mean = saved[2 * (n * groups + g)], inverse = saved[2 * (n * groups + g) + 1];
            T sum = 0, product = 0;
            for_group(x, groups, g, [&](int c, int i, int j) {
                const T normalised = (x(n, c, i, j) - mean) * inverse, gradient = dy(n, c, i, j);
                const T weighted = weight ? gradient * weight[c] : gradient;
                sum += weighted;
                product += weighted * normalised;
                if (!d_weight) return;
                d_weight[c] += gradient * normalised;
                d_bias[c] += gradient;
            });
            if (!dx.data) continue;
            for_group(x, groups, g, [&](int c, int i, int j) {
                const T normalised = (x(n, c, i, j) - mean) * inverse;
                const T weighted = weight ? dy(n, c, i, j) * weight[c] : dy(n, c, i, j);
                const T gradient = inverse * (weighted - sum / count - normalised * product / count);
                dx(n, c, i, j) = accumulate ? dx(n, c, i, j) + gradient : gradient;
            });
        }
}

}  // namespace depix::reference

// g++ 12 takes kernels::Kernel<..., L> outside of this namespace for another constrained specialisation.
namespace depix::kernels {

template <detail::GroupNormLayer L>
struct Kernel<Reference, L> {
    template <class T>
    static void forward(const Forward<T>& a) {
        const T* weight = L::affine ? a.parameters : nullptr;
        reference::group_norm_forward(a.input, L::groups, L::epsilon, weight,
                                      weight ? weight + L::in_channels : nullptr, a.output, a.saved);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        T* d_weight = L::affine ? a.parameter_gradients : nullptr;  // nullptr also: the network is frozen
        reference::group_norm_backward(a.input, L::groups, L::affine ? a.parameters : nullptr, a.saved,
                                       a.output_gradient, a.input_gradient, a.accumulate, d_weight,
                                       d_weight ? d_weight + L::in_channels : nullptr);
    }
};

}  // namespace depix::kernels
