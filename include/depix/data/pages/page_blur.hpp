// Page blur: pages out of focus, or scanned and photographed while something moved.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "depix/data/damage.hpp"
#include "depix/data/pages/page_fields.hpp"
#include "depix/error.hpp"
#include "depix/image/binarize.hpp"
#include "depix/random.hpp"
#include "depix/tensor.hpp"

namespace depix {

namespace detail {

/// A blur of any form: out(y, x) = sum_t weight_t in(y + down_t, x + across_t), mirrored beyond the border.
struct BlurTap {
    int down, across;
    float weight;
};

inline Image blurred(const Image& page, const std::vector<BlurTap>& taps) {
    int reach = 0;
    for (const BlurTap& tap : taps) reach = (std::max)({reach, std::abs(tap.down), std::abs(tap.across)});
    const auto [channels, height, width] = page.shape;
    Image padded({1, height + 2 * reach, width + 2 * reach}), result(page.shape);
    for (int y = 0; y < padded.shape.height; ++y) {
        for (int x = 0; x < padded.shape.width; ++x) {
            padded(0, y, x) = page(0, reflected(y - reach, height), reflected(x - reach, width));
        }
    }
    for (int y = 0; y < height; ++y) {
        float* out = &result(0, y, 0);
        for (const BlurTap& tap : taps) {
            const float* source = &padded(0, y + reach + tap.down, reach + tap.across);
            for (int x = 0; x < width; ++x) out[x] += tap.weight * source[x];
        }
    }
    return result;
}

/// The taps of a square of (2 reach + 1)^2 weights, without those of 0, scaled so that their sum is 1.
inline std::vector<BlurTap> taps_of(const Image& weights) {
    double sum = 0;
    for (const float weight : weights.pixels) sum += static_cast<double>(weight);
    const int reach = weights.shape.height / 2;
    std::vector<BlurTap> taps;
    for (int y = -reach; y <= reach; ++y) {
        for (int x = -reach; x <= reach; ++x) {
            const float weight = weights(0, y + reach, x + reach) / static_cast<float>(sum);
            if (weight > 0) taps.push_back({y, x, weight});
        }
    }
    return taps;
}

}  // namespace detail

/// Defocus, and sometimes motion blur. Defocus is a Gaussian with a standard deviation of sigma pixels, or the disc of
/// a lens with the same spread (its radius is 2 sigma). Motion follows a path whose length is in pixels, straight or
/// bent, at constant speed.
///
/// Text is blurred as in M. Hradis et al., "Convolutional Neural Networks for Direct Text Deblurring", BMVC 2015.
struct PageBlur {
    double min_sigma = 0.5;
    double max_sigma = 2.2;  ///< Included, as all below; at most 20.
    double discs = 0.4;      ///< The share of discs among the defocused pages.
    double moved = 0.5;      ///< The share of pages with motion blur.
    double focused = 0.4;    ///< Of those, the share that has no defocus.
    double min_length = 3;
    double max_length = 14;  ///< At most 100.

    void operator()(Image& page, Random& random) const {
        detail::check_grey(page, "PageBlur");
        detail::check_range("PageBlur", "sigma", min_sigma, max_sigma, 0, 20);
        detail::check_range("PageBlur", "the length", min_length, max_length, 0, 100);
        detail::check_share("PageBlur", "the share of discs", discs);
        detail::check_share("PageBlur", "the share that moved", moved);
        detail::check_share("PageBlur", "the share in focus", focused);
        const bool moves = random.uniform() < moved, in_focus = moves && random.uniform() < focused;
        if (moves) page = detail::blurred(page, path(random.uniform(min_length, max_length), random));
        if (!in_focus) {
            const double sigma = random.uniform(min_sigma, max_sigma);
            if (random.uniform() < discs) {
                page = detail::blurred(page, disc(2 * sigma));
            } else {
                detail::gaussian_blur(page, sigma);
            }
        }
        for (float& value : page.pixels) value = detail::clamped(static_cast<double>(value));
    }

  private:
    static std::vector<detail::BlurTap> disc(double radius) {
        const int reach = static_cast<int>(std::ceil(radius)) + 1;
        Image weights({1, 2 * reach + 1, 2 * reach + 1});
        detail::add_stroke(weights, reach, reach, reach, reach, (std::max)(radius, 0.5));
        return detail::taps_of(weights);
    }

    static std::vector<detail::BlurTap> path(double length, Random& random) {
        const int reach = static_cast<int>(std::ceil(length)) + 1;
        Image weights({1, 2 * reach + 1, 2 * reach + 1});
        double angle = random.uniform(0, 6.283185307179586);
        const double bend = random.uniform() < 0.5 ? 0 : 1.2 * random.normal() / (std::max)(length, 1.0);  // per pixel
        const int steps = (std::max)(1, static_cast<int>(std::ceil(4 * length)));
        std::vector<double> ys, xs;
        double y = 0, x = 0, mean_y = 0, mean_x = 0;
        for (int i = 0; i <= steps; ++i) {
            ys.push_back(y), xs.push_back(x);
            mean_y += y / (steps + 1), mean_x += x / (steps + 1);
            const double step = length / steps;
            y += step * std::sin(angle), x += step * std::cos(angle), angle += step * bend;
        }
        // Bilinear, about the path's centre, so that the page stays in its place.
        for (std::size_t i = 0; i < ys.size(); ++i) {
            const double down = ys[i] - mean_y + reach, across = xs[i] - mean_x + reach;
            const int row = static_cast<int>(down), column = static_cast<int>(across);
            const auto v = static_cast<float>(down - row), u = static_cast<float>(across - column);
            weights(0, row, column) += (1 - v) * (1 - u);
            weights(0, row, column + 1) += (1 - v) * u;
            weights(0, row + 1, column) += v * (1 - u);
            weights(0, row + 1, column + 1) += v * u;
        }
        return detail::taps_of(weights);
    }
};

}  // namespace depix
