// Blur: a picture out of focus, or moved while it was taken.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "depix/data/damage.hpp"

namespace example {

/// A square of odd side whose numbers add up to 1.
struct BlurKernel {
    int radius = 0;
    std::vector<double> weights{};  // (2 radius + 1)^2, row by row
};

inline BlurKernel normalised(BlurKernel kernel) {
    double sum = 0;
    for (const double weight : kernel.weights) sum += weight;
    for (double& weight : kernel.weights) weight /= sum;
    return kernel;
}

/// exp(-r^2 / (2 sigma^2)), cut off at 3 sigma.
inline BlurKernel gaussian_kernel(double sigma) {
    BlurKernel kernel{.radius = std::max(1, static_cast<int>(std::ceil(3 * sigma)))};
    for (int y = -kernel.radius; y <= kernel.radius; ++y)
        for (int x = -kernel.radius; x <= kernel.radius; ++x)
            kernel.weights.push_back(std::exp(-(x * x + y * y) / (2 * sigma * sigma)));
    return normalised(kernel);
}

/// A straight line of so many pixels at this angle, drawn from many points, each shared by the four pixels around it.
inline BlurKernel motion_kernel(double length, double angle) {
    constexpr int points = 200;
    BlurKernel kernel{.radius = static_cast<int>(std::ceil(length / 2)) + 1};
    const int side = 2 * kernel.radius + 1;
    kernel.weights.resize(static_cast<std::size_t>(side) * static_cast<std::size_t>(side));
    for (int i = 0; i < points; ++i) {
        const double along = length * ((i + 0.5) / points - 0.5);
        const double x = kernel.radius + along * std::cos(angle), y = kernel.radius + along * std::sin(angle);
        const int left = static_cast<int>(x), top = static_cast<int>(y);
        const double right_share = x - left, lower_share = y - top;
        const auto add = [&](int row, int column, double share) {
            kernel.weights[static_cast<std::size_t>(row * side + column)] += share;
        };
        add(top, left, (1 - lower_share) * (1 - right_share));
        add(top, left + 1, (1 - lower_share) * right_share);
        add(top + 1, left, lower_share * (1 - right_share));
        add(top + 1, left + 1, lower_share * right_share);
    }
    return normalised(kernel);
}

/// out(y, x) = sum_ij kernel(i, j) in(y + i, x + j); beyond its edges the picture is mirrored.
inline depix::Image blurred(const depix::Image& image, const BlurKernel& kernel) {
    const auto [channels, height, width] = image.shape;
    const int radius = kernel.radius, side = 2 * radius + 1;
    const depix::Image wide = depix::crop_reflected(image, -radius, -radius, height + 2 * radius, width + 2 * radius);
    depix::Image result(image.shape);
    for (int c = 0; c < channels; ++c)
        for (int y = 0; y < height; ++y)
            for (int k = 0; k < side * side; ++k) {
                const auto weight = static_cast<float>(kernel.weights[static_cast<std::size_t>(k)]);
                if (weight == 0) continue;
                const float* from = &wide(c, y + k / side, k % side);
                float* to = &result(c, y, 0);
                for (int x = 0; x < width; ++x) to[x] += weight * from[x];
            }
    return result;
}

/// Blur by a Gaussian, then Gaussian noise. Sigma is in pixels, the noise on the scale 0..1.
struct GaussianBlur {
    double min_sigma = 0.5, max_sigma = 2;
    double min_noise = 0, max_noise = 2 / 255.0;

    void operator()(depix::Image& image, depix::Random& random) const {
        image = blurred(image, gaussian_kernel(random.uniform(min_sigma, max_sigma)));
        depix::GaussianNoise{min_noise, max_noise}(image, random);
    }
};

/// Blur by a straight motion in any direction, then Gaussian noise. The length is in pixels.
struct MotionBlur {
    double min_length = 1.5, max_length = 5;
    double min_noise = 0, max_noise = 2 / 255.0;

    void operator()(depix::Image& image, depix::Random& random) const {
        const double length = random.uniform(min_length, max_length);
        image = blurred(image, motion_kernel(length, random.uniform(0, 3.141592653589793)));
        depix::GaussianNoise{min_noise, max_noise}(image, random);
    }
};

/// Blur of random kind and strength; one picture in twelve stays clean.
inline void training_blur(depix::Image& image, bool /*is_grey*/, depix::Random& random) {
    const double kind = random.uniform();
    if (kind < 1 / 12.0) return;
    if (kind < 0.55)
        GaussianBlur{}(image, random);
    else
        MotionBlur{}(image, random);
}

}  // namespace example
