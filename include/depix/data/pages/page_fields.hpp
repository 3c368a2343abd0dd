// Page fields: blur, smooth random fields, lines and sampling between pixels, which drawn pages and their damages
// share.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "depix/data/damage.hpp"
#include "depix/image/resize.hpp"
#include "depix/random.hpp"
#include "depix/tensor.hpp"

// A plane is a picture of one channel. Fields are planes whose values may be negative.
namespace depix::detail {

/// Throws Error unless the share is between 0 and 1.
inline void check_share(const char* who, const char* what, double share) { check_range(who, what, share, share, 0, 1); }

/// 0 up to `from`, 1 from `to` on, and 3 t^2 - 2 t^3 between, where t is the fraction of the way.
inline float smooth_step(float from, float to, float value) {
    const float t = std::clamp((value - from) / (to - from), 0.0f, 1.0f);
    return t * t * (3 - 2 * t);
}

/// Blurs every channel in place; the picture is mirrored beyond its border. A sigma (in pixels) of 0 changes nothing.
///
///     out(y, x) = sum_ij g(i) g(j) in(y + i, x + j),   g(i) ~ exp(-i^2 / 2 sigma^2), |i| <= 3 sigma, its sum 1
inline void gaussian_blur(Image& image, double sigma) {
    if (sigma <= 0) return;
    const int radius = (std::max)(1, static_cast<int>(std::ceil(3 * sigma)));
    std::vector<float> weights;
    double sum = 0;
    for (int i = -radius; i <= radius; ++i) sum += std::exp(-i * i / (2 * sigma * sigma));
    for (int i = -radius; i <= radius; ++i) {
        weights.push_back(static_cast<float>(std::exp(-i * i / (2 * sigma * sigma)) / sum));
    }
    const auto [channels, height, width] = image.shape;
    const auto padded_width = static_cast<std::size_t>(width + 2 * radius);
    std::vector<float> padded(padded_width);
    Image across(image.shape);
    for (int channel = 0; channel < channels; ++channel) {
        for (int y = 0; y < height; ++y) {
            for (std::size_t x = 0; x < padded_width; ++x) {
                padded[x] = image(channel, y, reflected(static_cast<int>(x) - radius, width));
            }
            float* out = &across(channel, y, 0);
            for (std::size_t t = 0; t < weights.size(); ++t) {
                for (int x = 0; x < width; ++x) out[x] += weights[t] * padded[t + static_cast<std::size_t>(x)];
            }
        }
        for (int y = 0; y < height; ++y) {
            float* out = &image(channel, y, 0);
            std::fill_n(out, width, 0.0f);
            for (int t = -radius; t <= radius; ++t) {
                const float weight = weights[static_cast<std::size_t>(t + radius)];
                const float* source = &across(channel, reflected(y + t, height), 0);
                for (int x = 0; x < width; ++x) out[x] += weight * source[x];
            }
        }
    }
}

/// A uniform deviate of mean 0 and standard deviation 1, cheaper than a normal one, for white noise that is then
/// smoothed.
inline float white_noise(Random& random) { return static_cast<float>((random.uniform() - 0.5) * 3.4641016151377544); }

/// A smooth random field of (1, height, width), mean 0 and standard deviation 1: white noise on a grid whose cells are
/// `cell` pixels wide (at least 1), with cubic B-splines between them; the grid's start is random.
inline Image smooth_noise(int height, int width, double cell, Random& random) {
    // The weights of 4 neighbours at the fraction f of a cell; the mean of the sum of their squares is 151/315.
    const auto spline = [](double f) {
        const double g = 1 - f;
        const double weights[4] = {g * g * g / 6, ((3 * f - 6) * f * f + 4) / 6, ((3 * g - 6) * g * g + 4) / 6,
                                   f * f * f / 6};
        return std::array<float, 4>{static_cast<float>(weights[0]), static_cast<float>(weights[1]),
                                    static_cast<float>(weights[2]), static_cast<float>(weights[3])};
    };
    const auto cells = [cell](int size) { return static_cast<int>(size / cell) + 5; };
    Image grid({1, cells(height), cells(width)});
    for (float& value : grid.pixels) value = white_noise(random) * 315 / 151;
    const double first_row = random.uniform(), first_column = random.uniform();

    Image wide({1, grid.shape.height, width});  // each of the grid's rows, interpolated between its columns
    for (int x = 0; x < width; ++x) {
        const double place = first_column + x / cell;
        const int column = static_cast<int>(place);
        const std::array<float, 4> across = spline(place - column);
        for (int row = 0; row < grid.shape.height; ++row) {
            const float* source = &grid(0, row, column);
            wide(0, row, x) =
                across[0] * source[0] + across[1] * source[1] + across[2] * source[2] + across[3] * source[3];
        }
    }
    Image field({1, height, width});
    for (int y = 0; y < height; ++y) {
        const double place = first_row + y / cell;
        const int row = static_cast<int>(place);
        const std::array<float, 4> down = spline(place - row);
        const float *a = &wide(0, row, 0), *b = a + width, *c = b + width, *d = c + width;
        float* out = &field(0, y, 0);
        for (int x = 0; x < width; ++x) out[x] = down[0] * a[x] + down[1] * b[x] + down[2] * c[x] + down[3] * d[x];
    }
    return field;
}

/// The sum of fields with cells of cell, cell/2, cell/4 ... pixels, each half as strong as the one before. It looks
/// like clouds and stains, smooth with ragged edges. Its mean is 0, its standard deviation 1.
inline Image cloud_noise(int height, int width, double cell, int octaves, Random& random) {
    Image sum({1, height, width});
    double variance = 0, strength = 1;
    for (int i = 0; i < octaves; ++i, cell = (std::max)(cell / 2, 1.0), strength /= 2) {
        const Image octave = smooth_noise(height, width, cell, random);
        for (std::size_t p = 0; p < sum.pixels.size(); ++p) {
            sum.pixels[p] += static_cast<float>(strength) * octave.pixels[p];
        }
        variance += strength * strength;
    }
    for (float& value : sum.pixels) value /= static_cast<float>(std::sqrt(variance));
    return sum;
}

/// The value of a plane between its pixels, bilinear; (0, 0) is the centre of the upper left one. Outside the plane:
/// `outside`.
inline float sample(const Image& plane, double y, double x, float outside) {
    const int height = plane.shape.height, width = plane.shape.width;
    if (!(y > -1 && x > -1 && y < height && x < width)) return outside;
    const double floor_y = std::floor(y), floor_x = std::floor(x);
    const int top = static_cast<int>(floor_y), left = static_cast<int>(floor_x);
    const auto at = [&](int row, int column) {
        const bool inside = row >= 0 && row < height && column >= 0 && column < width;
        return inside ? plane(0, row, column) : outside;
    };
    const auto down = static_cast<float>(y - floor_y), across = static_cast<float>(x - floor_x);
    const float upper = at(top, left) + across * (at(top, left + 1) - at(top, left));
    const float lower = at(top + 1, left) + across * (at(top + 1, left + 1) - at(top + 1, left));
    return upper + down * (lower - upper);
}

/// Adds a stroke with round ends from (x0, y0) to (x1, y1) to a plane of ink. Its coverage is radius + 1/2 minus the
/// distance of a pixel's centre from the line, clamped to 0..1. The centre of the upper left pixel is (0, 0). A pixel
/// keeps the larger of this coverage and its old value.
inline void add_stroke(Image& ink, double x0, double y0, double x1, double y1, double radius) {
    const double reach = radius + 0.5;
    const auto bound = [](double place, int size) { return static_cast<int>(std::clamp(place, 0.0, size * 1.0)); };
    const int left = bound((std::min)(x0, x1) - reach, ink.shape.width);
    const int right = bound((std::max)(x0, x1) + reach + 1, ink.shape.width);
    const int top = bound((std::min)(y0, y1) - reach, ink.shape.height);
    const int bottom = bound((std::max)(y0, y1) + reach + 1, ink.shape.height);
    const double dx = x1 - x0, dy = y1 - y0, squared_length = dx * dx + dy * dy;
    const double per_length = squared_length > 0 ? 1 / squared_length : 0;
    for (int y = top; y < bottom; ++y) {
        for (int x = left; x < right; ++x) {
            const double along = std::clamp(((x - x0) * dx + (y - y0) * dy) * per_length, 0.0, 1.0);
            const double across_x = x - x0 - along * dx, across_y = y - y0 - along * dy;
            const double coverage = reach - std::sqrt(across_x * across_x + across_y * across_y);
            if (coverage > 0) ink(0, y, x) = (std::max)(ink(0, y, x), static_cast<float>((std::min)(coverage, 1.0)));
        }
    }
}

}  // namespace depix::detail
