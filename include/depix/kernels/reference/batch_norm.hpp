// The textbook's batch normalisation.
#pragma once

#include <cmath>

#include "depix/kernels/reference/reference.hpp"
#include "depix/layers/batch_norm.hpp"

namespace depix::reference {

/// y = (x - mean) / sqrt(variance + epsilon) * weight + bias, for each channel, with given statistics.
///
/// x and y are (N, C, H, W) and may be the same; all others are (C). weight and bias may be nullptr here and below,
/// which means 1 and 0.
template <class T>
void batch_norm_inference(View<const T> x, const T* mean, const T* variance, double epsilon, const T* weight,
                          const T* bias, View<T> y) {
    for (int c = 0; c < x.channels; ++c) {
        const T scale = (weight ? weight[c] : T(1)) / std::sqrt(variance[c] + static_cast<T>(epsilon));
        const T shift = bias ? bias[c] : T(0);
        for (int n = 0; n < x.batch; ++n)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j) y(n, c, i, j) = (x(n, c, i, j) - mean[c]) * scale + shift;
    }
}

/// The same with the batch's own statistics. These are stored: batch_mean is (C), and inverse is (C) and holds the
/// values 1 / sqrt(variance + epsilon). The running statistics (C) move towards those of the batch by `momentum`; the
/// running variance moves towards the unbiased variance.
template <class T>
void batch_norm_training(View<const T> x, double epsilon, double momentum, const T* weight, const T* bias, View<T> y,
                         T* batch_mean, T* inverse, T* running_mean, T* running_var) {
    const T count = static_cast<T>(x.batch) * static_cast<T>(x.height) * static_cast<T>(x.width);
    for (int c = 0; c < x.channels; ++c) {
        T sum = 0;
        for (int n = 0; n < x.batch; ++n)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j) sum += x(n, c, i, j);
        const T mean = sum / count;

        T squares = 0;
        for (int n = 0; n < x.batch; ++n)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j) squares += (x(n, c, i, j) - mean) * (x(n, c, i, j) - mean);
        batch_mean[c] = mean;
        inverse[c] = T(1) / std::sqrt(squares / count + static_cast<T>(epsilon));

        const T factor = weight ? weight[c] : T(1), shift = bias ? bias[c] : T(0);
        for (int n = 0; n < x.batch; ++n)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j) y(n, c, i, j) = (x(n, c, i, j) - mean) * inverse[c] * factor + shift;

        const T rate = static_cast<T>(momentum);
        const T unbiased = squares / (count > T(1) ? count - T(1) : T(1));
        running_mean[c] = (T(1) - rate) * running_mean[c] + rate * mean;
        running_var[c] = (T(1) - rate) * running_var[c] + rate * unbiased;
    }
}

/// With x^ = (x - mean) * inverse, m pixels in a channel, and sums over them:
///
///     d_bias = sum dy     d_weight = sum dy x^     dx = weight * inverse * (dy - d_bias / m - x^ * d_weight / m)
///
/// The last two terms are there because mean and variance depend on x too. The gradient overwrites dx, or is added to
/// it if `accumulate`. The parameters' gradients are added to d_weight and d_bias, unless d_weight is nullptr.
template <class T>
void batch_norm_backward(View<const T> x, const T* weight, const T* batch_mean, const T* inverse, View<const T> dy,
                         View<T> dx, bool accumulate, T* d_weight, T* d_bias) {
    const T count = static_cast<T>(x.batch) * static_cast<T>(x.height) * static_cast<T>(x.width);
    for (int c = 0; c < x.channels; ++c) {
        const auto normalised = [&](int n, int i, int j) { return (x(n, c, i, j) - batch_mean[c]) * inverse[c]; };
        T sum = 0, product = 0;
        for (int n = 0; n < x.batch; ++n)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j) {
                    sum += dy(n, c, i, j);
                    product += dy(n, c, i, j) * normalised(n, i, j);
                }
        if (d_weight) {
            d_bias[c] += sum;
            d_weight[c] += product;
        }
        if (!dx.data) continue;
        const T scale = weight ? weight[c] * inverse[c] : inverse[c];
        for (int n = 0; n < x.batch; ++n)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j) {
                    const T gradient = scale * (dy(n, c, i, j) - sum / count - normalised(n, i, j) * product / count);
                    dx(n, c, i, j) = accumulate ? dx(n, c, i, j) + gradient : gradient;
                }
    }
}

}  // namespace depix::reference

namespace depix {

template <int C, class... Options>
struct kernels::Kernel<Reference, BatchNorm<C, Options...>> {
    using L = BatchNorm<C, Options...>;

    template <class T>
    static void forward(const Forward<T>& a) {
        const T* weight = L::affine ? a.parameters : nullptr;
        const T* bias = L::affine ? a.parameters + C : nullptr;
        if (a.training())
            reference::batch_norm_training(a.input, L::epsilon, L::momentum, weight, bias, a.output, a.saved,
                                           a.saved + C, a.new_statistics, a.new_statistics + C);
        else
            reference::batch_norm_inference(a.input, a.statistics, a.statistics + C, L::epsilon, weight, bias,
                                            a.output);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        T* d_weight = L::affine ? a.parameter_gradients : nullptr;  // nullptr also: the network is frozen
        reference::batch_norm_backward(a.input, L::affine ? a.parameters : nullptr, a.saved, a.saved + C,
                                       a.output_gradient, a.input_gradient, a.accumulate, d_weight,
                                       d_weight ? d_weight + C : nullptr);
    }
};

}  // namespace depix
