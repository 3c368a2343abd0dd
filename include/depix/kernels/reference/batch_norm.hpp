// The textbook's batch normalisation.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

#include "depix/kernels/reference/reference.hpp"
#include "depix/layers/batch_norm.hpp"

namespace depix::reference {

/// y = (x - mean) / sqrt(variance + epsilon) * weight + bias, for each channel, with given statistics.
///
/// x and y are (N, C, H, W) and may be the same; all others are (C). weight and bias may be nullptr here and below,
/// which means 1 and 0.
template <class T>
void batch_norm_inference(View<const T> x, const T* mean, const T* variance, T epsilon, const T* weight, const T* bias,
                          View<T> y) {
    for (int c = 0; c < x.channels; ++c) {
        const T scale = (weight ? weight[c] : T(1)) / std::sqrt(variance[c] + epsilon);
        const T shift = bias ? bias[c] : T(0);
        for (int n = 0; n < x.batch; ++n)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j) y(n, c, i, j) = (x(n, c, i, j) - mean[c]) * scale + shift;
    }
}

/// The mean of each channel of x (N, C, H, W) over N * H * W pixels, and its (biased) variance: mean((x - mean)^2).
/// `mean` and `variance` are (C).
template <class T, class Number>
void batch_norm_moments(View<const T> x, Number* mean, Number* variance) {
    const T count = static_cast<T>(x.batch) * static_cast<T>(x.height) * static_cast<T>(x.width);
    for (int c = 0; c < x.channels; ++c) {
        T sum = 0;
        for (int n = 0; n < x.batch; ++n)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j) sum += x(n, c, i, j);
        const T average = sum / count;

        T squares = 0;
        for (int n = 0; n < x.batch; ++n)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j) squares += (x(n, c, i, j) - average) * (x(n, c, i, j) - average);
        mean[c] = static_cast<Number>(average);
        variance[c] = static_cast<Number>(squares / count);
    }
}

/// batch_norm_inference's formula with the statistics of a batch of `count` pixels per channel, of which x may be a
/// part. They are stored: batch_mean is (C), and inverse is (C) and holds the values 1 / sqrt(variance + epsilon). The
/// running statistics (C) move towards those of the batch by `momentum`; the running variance moves towards the
/// unbiased variance, variance * count / (count - 1).
template <class T, class Number>
void batch_norm_normalise(View<const T> x, const Number* mean, const Number* variance, Number count, Number epsilon,
                          T momentum, const T* weight, const T* bias, View<T> y, T* batch_mean, T* inverse,
                          T* running_mean, T* running_var) {
    for (int c = 0; c < x.channels; ++c) {
        batch_mean[c] = static_cast<T>(mean[c]);
        inverse[c] = static_cast<T>(1 / std::sqrt(variance[c] + epsilon));

        const T factor = weight ? weight[c] : T(1), shift = bias ? bias[c] : T(0);
        for (int n = 0; n < x.batch; ++n)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j)
                    y(n, c, i, j) = (x(n, c, i, j) - batch_mean[c]) * inverse[c] * factor + shift;

        const T unbiased = static_cast<T>(variance[c] * (count / (count > 1 ? count - 1 : 1)));
        running_mean[c] = (T(1) - momentum) * running_mean[c] + momentum * static_cast<T>(mean[c]);
        running_var[c] = (T(1) - momentum) * running_var[c] + momentum * unbiased;
    }
}

/// With x^ = (x - mean) * inverse: sums (C) = sum dy, and products (C) = sum dy x^, over all pixels of a channel.
template <class T, class Number>
void batch_norm_gradient_sums(View<const T> x, const T* batch_mean, const T* inverse, View<const T> dy, Number* sums,
                              Number* products) {
    for (int c = 0; c < x.channels; ++c) {
        T sum = 0, product = 0;
        for (int n = 0; n < x.batch; ++n)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j) {
                    sum += dy(n, c, i, j);
                    product += dy(n, c, i, j) * ((x(n, c, i, j) - batch_mean[c]) * inverse[c]);
                }
        sums[c] = static_cast<Number>(sum);
        products[c] = static_cast<Number>(product);
    }
}

/// With the sums above over the `count` pixels of a channel of the batch, of which x may be a part:
///
///     d_bias = sum dy     d_weight = sum dy x^
///     dx = weight * inverse * (dy - sum dy / count - x^ * (sum dy x^) / count)
///
/// The last two terms are there because mean and variance depend on x too. The gradient overwrites dx, or is added to
/// it if `accumulate`.
template <class T, class Number>
void batch_norm_backward(View<const T> x, const T* weight, const T* batch_mean, const T* inverse, View<const T> dy,
                         View<T> dx, bool accumulate, const Number* sums, const Number* products, Number count) {
    for (int c = 0; c < x.channels; ++c) {
        const T scale = weight ? weight[c] * inverse[c] : inverse[c];
        const T mean_gradient = static_cast<T>(sums[c] / count);
        const T mean_product = static_cast<T>(products[c] / count);
        for (int n = 0; n < x.batch; ++n)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j) {
                    const T normalised = (x(n, c, i, j) - batch_mean[c]) * inverse[c];
                    const T gradient = scale * (dy(n, c, i, j) - mean_gradient - normalised * mean_product);
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
        if (!a.training()) return infer(a);
        std::array<T, static_cast<std::size_t>(2 * C)> moments;
        reference::batch_norm_moments(a.input, moments.data(), moments.data() + C);
        normalise(a, moments.data(), count(a.input));
    }
    template <class T>
    static void infer(const Forward<T>& a) {
        reference::batch_norm_inference(a.input, a.statistics, a.statistics + C, static_cast<T>(L::epsilon), weight(a),
                                        bias(a), a.output);
    }
    template <class T>
    static void backward(const Backward<T>& a) {
        std::array<T, static_cast<std::size_t>(2 * C)> sums;
        gradient_sums(a, sums.data());
        gradient(a, sums.data(), count(a.input));
    }

    // The same in two halves, for a batch that lies on several machines: between them the moments (mean, then variance:
    // 2, C) and the sums (of the gradients, then of their products: 2, C) become those of the whole batch.
    template <class T>
    static void moments(const Forward<T>& a, double* moments) {
        reference::batch_norm_moments(a.input, moments, moments + C);
    }
    template <class T, class Number>
    static void normalise(const Forward<T>& a, const Number* moments, Number count) {
        reference::batch_norm_normalise(a.input, moments, moments + C, count, static_cast<Number>(L::epsilon),
                                        static_cast<T>(L::momentum), weight(a), bias(a), a.output, a.saved, a.saved + C,
                                        a.new_statistics, a.new_statistics + C);
    }
    /// Also adds to the parameters' gradients, unless the network is frozen (parameter_gradients is nullptr).
    template <class T, class Number>
    static void gradient_sums(const Backward<T>& a, Number* sums) {
        reference::batch_norm_gradient_sums(a.input, a.saved, a.saved + C, a.output_gradient, sums, sums + C);
        if constexpr (L::affine) {
            if (!a.parameter_gradients) return;
            for (int c = 0; c < C; ++c) {
                a.parameter_gradients[c] += static_cast<T>(sums[C + c]);
                a.parameter_gradients[C + c] += static_cast<T>(sums[c]);
            }
        }
    }
    template <class T, class Number>
    static void gradient(const Backward<T>& a, const Number* sums, Number count) {
        if (!a.input_gradient.data) return;
        reference::batch_norm_backward(a.input, weight(a), a.saved, a.saved + C, a.output_gradient, a.input_gradient,
                                       a.accumulate, sums, sums + C, count);
    }

  private:
    template <class Call>
    static auto weight(const Call& a) {
        return L::affine ? a.parameters : nullptr;
    }
    template <class Call>
    static auto bias(const Call& a) {
        return L::affine ? a.parameters + C : nullptr;
    }
    template <class T>
    static T count(const View<const T>& x) {
        return static_cast<T>(x.batch) * static_cast<T>(x.height) * static_cast<T>(x.width);
    }
};

}  // namespace depix
