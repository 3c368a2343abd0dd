// Losses: how far a restored picture is from the one it should be, as one number, and the slope of that number.
#pragma once

#include <concepts>

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
    static constexpr T slope(T y, T t) {
        return T(2) * (y - t);
    }
};

/// mean of |y - t|. PyTorch's nn.L1Loss; the slope at 0 is 0.
struct MeanAbsoluteError {
    static constexpr const char* name = "mean absolute error";
    template <class T>
    static constexpr T value(T y, T t) {
        return y > t ? y - t : t - y;
    }
    template <class T>
    static constexpr T slope(T y, T t) {
        return y > t ? T(1) : y < t ? T(-1) : T(0);
    }
};

/// A loss that is the mean of a function of single elements.
template <class L>
concept ElementwiseLoss = requires(float y, float t) {
    { L::value(y, t) } -> std::same_as<float>;
    { L::slope(y, t) } -> std::same_as<float>;
};

/// The sum of the loss over picture n of y and t (both (N, C, H, W)); its slope times `factor` goes to dy, unless that
/// has no data. Sums rows in T and adds them up in double.
template <ElementwiseLoss Loss, class T>
double sum_loss(const Loss&, View<const T> y, View<const T> t, View<T> dy, int n, T factor) {
    double sum = 0;
    for (int c = 0; c < y.channels; ++c)
        for (int i = 0; i < y.height; ++i) {
            const T* prediction = y.row(n, c, i);
            const T* target = t.row(n, c, i);
            T row = 0;
            for (int j = 0; j < y.width; ++j) row += Loss::value(prediction[j], target[j]);
            sum += static_cast<double>(row);
            if (!dy.data) continue;
            T* slope = dy.row(n, c, i);
            for (int j = 0; j < y.width; ++j) slope[j] = factor * Loss::slope(prediction[j], target[j]);
        }
    return sum;
}

}  // namespace depix
