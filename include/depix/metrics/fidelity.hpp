// Metrics: how far a restored picture is from the clean one.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "depix/error.hpp"
#include "depix/tensor.hpp"
#include "depix/view.hpp"

// Every metric takes two of anything that as_view() takes (Image, Tensor, View, a 4-D xtensor), with values in 0..1. It
// throws ShapeError unless their shapes are equal. The sums are computed in double. On a batch the metric is that of
// all its pixels together; for an average over pictures, average the metrics of the single pictures.
namespace depix {

namespace detail {

inline void check_comparable(View<const float> a, View<const float> b, const char* metric) {
    if (a.batch == b.batch && a.shape() == b.shape() && a.batch > 0 && a.shape().size() > 0) return;
    throw ShapeError(std::string(metric) + ": compares " + std::to_string(a.batch) + "x" + to_string(a.shape()) +
                     " with " + std::to_string(b.batch) + "x" + to_string(b.shape()));
}

/// The mean of term(a - b) over all elements.
template <class Term>
double mean_over_differences(View<const float> a, View<const float> b, const char* metric, Term term) {
    check_comparable(a, b, metric);
    double sum = 0;
    for (int n = 0; n < a.batch; ++n) {
        for (int c = 0; c < a.channels; ++c) {
            for (int y = 0; y < a.height; ++y) {
                const float* p = a.row(n, c, y);
                const float* q = b.row(n, c, y);
                for (int x = 0; x < a.width; ++x) sum += term(static_cast<double>(p[x]) - static_cast<double>(q[x]));
            }
        }
    }
    return sum / (static_cast<double>(a.batch) * static_cast<double>(a.shape().size()));
}

}  // namespace detail

/// Mean squared error: mean((a - b)^2).
template <class A, class B>
double mean_squared_error(const A& a, const B& b) {
    return detail::mean_over_differences(as_view(a), as_view(b), "mean_squared_error", [](double d) { return d * d; });
}

/// Mean absolute error: mean(|a - b|).
template <class A, class B>
double mean_absolute_error(const A& a, const B& b) {
    return detail::mean_over_differences(as_view(a), as_view(b), "mean_absolute_error",
                                         [](double d) { return std::abs(d); });
}

/// Root mean squared error: sqrt(mean((a - b)^2)).
template <class A, class B>
double root_mean_squared_error(const A& a, const B& b) {
    return std::sqrt(mean_squared_error(a, b));
}

/// The ratio of the peak, 1, to a mean squared error, in decibels: -10 log10(error); infinite if there is no error.
inline double decibels(double mean_squared_error) {
    return mean_squared_error == 0 ? std::numeric_limits<double>::infinity() : -10 * std::log10(mean_squared_error);
}

/// Peak signal-to-noise ratio in dB, peak 1: 10 log10(1 / mean_squared_error); infinite for equal pictures.
template <class A, class B>
double peak_signal_to_noise_ratio(const A& a, const B& b) {
    return decibels(mean_squared_error(a, b));
}

namespace detail {

constexpr int ssim_window = 11;
constexpr int ssim_terms = 5;

/// The Gaussian with 11 taps, sigma 1.5 and sum 1.
inline std::array<double, ssim_window> ssim_gaussian() {
    std::array<double, ssim_window> weights{};
    double sum = 0;
    for (int i = 0; i < ssim_window; ++i) {
        const double x = (i - ssim_window / 2) / 1.5;
        sum += weights[static_cast<std::size_t>(i)] = std::exp(-x * x / 2);
    }
    for (double& weight : weights) weight /= sum;
    return weights;
}

/// The sum of SSIM over the places of one plane (picture n, channel c) where the window fits.
inline double ssim_sum(View<const float> a, View<const float> b, int n, int c) {
    constexpr double c1 = 0.01 * 0.01, c2 = 0.03 * 0.03;  // (K L)^2 with the range L = 1
    static const auto weights = ssim_gaussian();
    const int columns = a.width - ssim_window + 1;
    // For each place in a row, the window's means of a, b, aa, bb and ab. The window is separable: it is first applied
    // along the row, for the last 11 rows, which are kept in a ring; then it is applied across these rows.
    const auto row_size = static_cast<std::size_t>(columns) * ssim_terms;
    std::vector<double> ring(row_size * ssim_window);
    double sum = 0;
    for (int y = 0; y < a.height; ++y) {
        double* means = ring.data() + row_size * static_cast<std::size_t>(y % ssim_window);
        const float* p = a.row(n, c, y);
        const float* q = b.row(n, c, y);
        for (int x = 0; x < columns; ++x, means += ssim_terms) {
            std::array<double, ssim_terms> m{};
            for (int i = 0; i < ssim_window; ++i) {
                const double w = weights[static_cast<std::size_t>(i)];
                const double u = static_cast<double>(p[x + i]), v = static_cast<double>(q[x + i]);
                m[0] += w * u;
                m[1] += w * v;
                m[2] += w * u * u;
                m[3] += w * v * v;
                m[4] += w * u * v;
            }
            for (std::size_t term = 0; term < ssim_terms; ++term) means[term] = m[term];
        }
        if (y < ssim_window - 1) continue;
        for (std::size_t x = 0; x < row_size; x += ssim_terms) {
            std::array<double, ssim_terms> m{};
            for (int i = 0; i < ssim_window; ++i) {
                const auto row = static_cast<std::size_t>((y - ssim_window + 1 + i) % ssim_window);
                const double w = weights[static_cast<std::size_t>(i)];
                for (std::size_t term = 0; term < ssim_terms; ++term) m[term] += w * ring[row * row_size + x + term];
            }
            const auto [mean_a, mean_b, mean_aa, mean_bb, mean_ab] = m;
            const double variances = mean_aa - mean_a * mean_a + mean_bb - mean_b * mean_b;
            const double covariance = mean_ab - mean_a * mean_b;
            sum += (2 * mean_a * mean_b + c1) * (2 * covariance + c2) /
                   ((mean_a * mean_a + mean_b * mean_b + c1) * (variances + c2));
        }
    }
    return sum;
}

}  // namespace detail

/// Structural similarity, the mean over places and channels; 1 for equal pictures.
///
///     SSIM = (2 m_a m_b + C1) (2 s_ab + C2) / ((m_a^2 + m_b^2 + C1) (s_a^2 + s_b^2 + C2))
///
/// with means, variances and covariance in a Gaussian window of 11 x 11 pixels with sigma 1.5, at the places where the
/// window fits in the picture. C1 = 0.01^2 and C2 = 0.03^2 for values in 0..1. Z. Wang, A. C. Bovik, H. R. Sheikh, E.
/// P. Simoncelli, "Image quality assessment: from error visibility to structural similarity", IEEE TIP 13(4), 2004. The
/// result is the same as scikit-image's structural_similarity(gaussian_weights=True, sigma=1.5,
/// use_sample_covariance=False, data_range=1, channel_axis=...). Throws ShapeError for a picture smaller than the
/// window.
template <class A, class B>
double structural_similarity(const A& first, const B& second) {
    const View<const float> a = as_view(first), b = as_view(second);
    detail::check_comparable(a, b, "structural_similarity");
    const int rows = a.height - detail::ssim_window + 1, columns = a.width - detail::ssim_window + 1;
    if (rows < 1 || columns < 1) {
        throw ShapeError("structural_similarity: a picture of " + to_string(a.shape()) +
                         " is smaller than the window of 11x11");
    }
    double sum = 0;
    for (int n = 0; n < a.batch; ++n) {
        for (int c = 0; c < a.channels; ++c) sum += detail::ssim_sum(a, b, n, c);
    }
    return sum / (static_cast<double>(a.batch) * a.channels * rows * columns);
}

/// All of the above at once.
struct Scores {
    double mean_squared_error = 0;
    double mean_absolute_error = 0;
    double root_mean_squared_error = 0;
    double peak_signal_to_noise_ratio = 0;  ///< dB
    double structural_similarity = 0;
};

/// Compares a restored picture with the clean one. Throws ShapeError for unequal shapes, and for pictures smaller than
/// 11x11.
template <class A, class B>
Scores compare(const A& restored, const B& clean) {
    Scores scores;
    scores.mean_squared_error = mean_squared_error(restored, clean);
    scores.mean_absolute_error = mean_absolute_error(restored, clean);
    scores.root_mean_squared_error = std::sqrt(scores.mean_squared_error);
    scores.peak_signal_to_noise_ratio = decibels(scores.mean_squared_error);
    scores.structural_similarity = structural_similarity(restored, clean);
    return scores;
}

/// The kind of luma. `Full`: Y = 0.299 R + 0.587 G + 0.114 B, 0..1, as in JPEG and PIL's convert("L"). `Studio`: 16/255
/// + (65.481 R + 128.553 G + 24.966 B) / 255, as in MATLAB's rgb2ycbcr. Papers on super-resolution measure `Studio`;
/// its PSNR is 1.3 dB above that of `Full`.
enum class Luma { Full, Studio };

/// The luma of an RGB(A) picture, (1, height, width), by ITU-R BT.601. A grey picture counts as R = G = B.
/// Throws ShapeError unless it has 1, 3 or 4 channels.
///
///     peak_signal_to_noise_ratio(luma(restored), luma(clean));
inline Image luma(const Image& image, Luma kind = Luma::Full) {
    const int channels = image.shape.channels;
    if (channels != 1 && channels != 3 && channels != 4) {
        throw ShapeError("luma: of a picture of " + to_string(image.shape) + "; 1, 3 or 4 channels have one");
    }
    const std::array<double, 3> weights =
        kind == Luma::Full ? std::array{0.299, 0.587, 0.114} : std::array{65.481 / 255, 128.553 / 255, 24.966 / 255};
    const double black = kind == Luma::Full ? 0 : 16.0 / 255;
    const std::size_t area = image.shape.area();
    const float* red = image.pixels.data();
    const float* green = channels == 1 ? red : red + area;
    const float* blue = channels == 1 ? red : green + area;
    Image result({1, image.shape.height, image.shape.width});
    for (std::size_t i = 0; i < area; ++i) {
        const double y = black + weights[0] * static_cast<double>(red[i]) + weights[1] * static_cast<double>(green[i]) +
                         weights[2] * static_cast<double>(blue[i]);
        result.pixels[i] = static_cast<float>(y);
    }
    return result;
}

}  // namespace depix
