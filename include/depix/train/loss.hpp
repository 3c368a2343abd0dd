// Losses: the difference between a restored picture and its target as one number, and the gradient of that number.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <string>

#include "depix/error.hpp"
#include "depix/layers/options.hpp"
#include "depix/view.hpp"

namespace depix {

/// mean of (y - t)^2. PyTorch's nn.MSELoss.
struct MeanSquaredError {
    static constexpr const char* name = "mean squared error";
    template <class T>
    static constexpr T value(T y, T t) {
        return (y - t) * (y - t);
    }
    template <class T>
    static constexpr T gradient(T y, T t) {
        return T(2) * (y - t);
    }
};

/// mean of |y - t|. PyTorch's nn.L1Loss; the gradient at 0 is 0.
struct MeanAbsoluteError {
    static constexpr const char* name = "mean absolute error";
    template <class T>
    static constexpr T value(T y, T t) {
        return y > t ? y - t : t - y;
    }
    template <class T>
    static constexpr T gradient(T y, T t) {
        return y > t ? T(1) : y < t ? T(-1) : T(0);
    }
};

/// mean of sqrt((y - t)^2 + epsilon^2): nearly |y - t|, but smooth, because its gradient passes through 0 within about
/// epsilon. Bruhn et al. 2005; for restoration Lai et al. 2017 (LapSRN), with 1e-3. PyTorch: torch.sqrt((y - t) ** 2 +
/// epsilon ** 2).mean(). An epsilon that is not positive is an Error when a trainer takes the loss.
struct Charbonnier {
    static constexpr const char* name = "charbonnier";
    double epsilon = 1e-3;

    template <class T>
    constexpr T value(T y, T t) const {
        const T e = static_cast<T>(epsilon);
        return std::sqrt((y - t) * (y - t) + e * e);
    }
    template <class T>
    constexpr T gradient(T y, T t) const {
        return (y - t) / value(y, t);
    }
    void check() const {
        if (!(epsilon > 0))
            throw Error("depix: Charbonnier's epsilon is " + std::to_string(epsilon) + "; it must be positive");
    }
};

/// mean of -(t log y + (1 - t) log(1 - y)), for probabilities y and targets t in 0..1. PyTorch's nn.BCELoss. The
/// logarithms are at least -100, so that y = 0 and y = 1 have a finite loss. The gradient's denominator y (1 - y) is at
/// least 1e-12.
struct BinaryCrossEntropy {
    static constexpr const char* name = "binary cross-entropy";
    template <class T>
    static constexpr T value(T y, T t) {
        const T log_y = (std::max)(std::log(y), T(-100)), log_rest = (std::max)(std::log1p(-y), T(-100));
        return -(t * log_y + (T(1) - t) * log_rest);
    }
    template <class T>
    static constexpr T gradient(T y, T t) {
        return (y - t) / (std::max)(y * (T(1) - y), static_cast<T>(1e-12));
    }
};

/// The same for y = sigmoid(z), as a function of z: max(z, 0) - z t + log(1 + exp(-|z|)). PyTorch's
/// nn.BCEWithLogitsLoss, for networks that do not end in Sigmoid.
struct BinaryCrossEntropyWithLogits {
    static constexpr const char* name = "binary cross-entropy with logits";
    template <class T>
    static constexpr T value(T z, T t) {
        return (std::max)(z, T(0)) - z * t + std::log1p(std::exp(-std::fabs(z)));
    }
    template <class T>
    static constexpr T gradient(T z, T t) {
        return T(1) / (T(1) + std::exp(-z)) - t;
    }
};

/// The loss of s y and s t, for a constant factor s = Ratio (a std::ratio). SRGAN compares VGG19's features scaled by
/// 1/12.75, which is Scaled<MeanSquaredError, std::ratio<4, 51>>.
template <class Loss, class Ratio>
struct Scaled {
    static constexpr const char* name = Loss::name;
    Loss loss = {};

    template <class T>
    constexpr T value(T y, T t) const {
        constexpr T s = static_cast<T>(ratio_value<Ratio>);
        return loss.value(s * y, s * t);
    }
    template <class T>
    constexpr T gradient(T y, T t) const {
        constexpr T s = static_cast<T>(ratio_value<Ratio>);
        return s * loss.gradient(s * y, s * t);
    }
    void check() const requires requires(const Loss& l) { l.check(); }
    { loss.check(); }
};

/// A loss that is the mean of a function of single elements. Settings are members. `check()`, where it has one, throws
/// Error for settings that cannot be.
template <class L>
concept ElementwiseLoss = requires(const L& loss, float y, float t) {
    { loss.value(y, t) } -> std::same_as<float>;
    { loss.gradient(y, t) } -> std::same_as<float>;
};

namespace detail {

/// Throws Error if the loss has settings that cannot be.
template <class Loss>
void check_loss(const Loss& loss) {
    if constexpr (requires { loss.check(); }) loss.check();
}

}  // namespace detail

/// The sum of the loss over picture n of y and t (both (N, C, H, W)). Its gradient times `factor` is written to dy, or
/// added to it if `accumulate`, unless dy has no data. Parts of rows are summed in T, and these sums are added in
/// double.
template <ElementwiseLoss Loss, class T>
double sum_loss(const Loss& loss, View<const T> y, View<const T> t, View<T> dy, int n, T factor,
                bool accumulate = false) {
    double sum = 0;
    for (int c = 0; c < y.channels; ++c)
        for (int i = 0; i < y.height; ++i) {
            const T* prediction = y.row(n, c, i);
            const T* target = t.row(n, c, i);
            // The parts are independent of each other, so that compilers can vectorize the loop.
            constexpr int parts = 16;
            T part[parts] = {};
            int whole = 0;
            for (; whole + parts <= y.width; whole += parts)
                for (int k = 0; k < parts; ++k) part[k] += loss.value(prediction[whole + k], target[whole + k]);
            for (int j = whole; j < y.width; ++j) part[0] += loss.value(prediction[j], target[j]);
            for (const T value : part) sum += static_cast<double>(value);
            if (!dy.data) continue;
            T* gradient = dy.row(n, c, i);
            for (int j = 0; j < y.width; ++j) {
                const T own = factor * loss.gradient(prediction[j], target[j]);
                gradient[j] = accumulate ? gradient[j] + own : own;
            }
        }
    return sum;
}

}  // namespace depix
