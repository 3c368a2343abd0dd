// The network of lesson 3, forward: a convolution of 3x3, a ReLU, and the squared error.
//
//     z = w * x + b      y = max(z, 0)      loss = mean of (y - t)^2
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

constexpr int side = 8, pixels = side * side, taps = 9;  // a picture of 8x8, a window of 3x3
using Picture = std::array<double, pixels>;
using Weights = std::array<double, taps + 1>;  // the last is the bias

/// The number of the pixel that weight k is multiplied by for pixel i of z: -1 if it is outside the picture.
inline int pixel_under(int k, int i) {
    const int row = i / side + k / 3 - 1, column = i % side + k % 3 - 1;
    return row < 0 || row >= side || column < 0 || column >= side ? -1 : row * side + column;
}
inline double& at(Picture& x, int pixel) { return x[static_cast<std::size_t>(pixel)]; }
inline double at(const Picture& x, int pixel) { return pixel < 0 ? 0 : x[static_cast<std::size_t>(pixel)]; }
inline double& at(Weights& w, int k) { return w[static_cast<std::size_t>(k)]; }
inline double at(const Weights& w, int k) { return w[static_cast<std::size_t>(k)]; }

inline double z_at(const Weights& w, const Picture& x, int i) {
    double sum = at(w, taps);
    for (int k = 0; k < taps; ++k) sum += at(w, k) * at(x, pixel_under(k, i));
    return sum;
}

inline double loss_of(const Weights& w, const Picture& x, const Picture& t) {
    double sum = 0;
    for (int i = 0; i < pixels; ++i) sum += std::pow(std::fmax(z_at(w, x, i), 0) - at(t, i), 2);
    return sum / pixels;
}
