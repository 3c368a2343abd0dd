// SSIM: structural similarity as a loss.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "depix/error.hpp"
#include "depix/view.hpp"

namespace depix {

namespace detail {

/// A place of the window: what it contributes to the loss, and the derivatives of S with respect to the window's means
/// of y, y^2 and y t. With these, the gradient at a pixel is a sum over the windows that contain it.
template <class T>
struct SimilarityTerms {
    T similarity, by_mean, by_square, by_product;
};

/// S and its derivatives from the window's means of y, t, y^2, t^2 and y t.
template <class T>
constexpr SimilarityTerms<T> similarity_terms(T y, T t, T yy, T tt, T yt, T c1, T c2) {
    const T a1 = T(2) * y * t + c1, a2 = T(2) * (yt - y * t) + c2;
    const T b1 = y * y + t * t + c1, b2 = yy - y * y + tt - t * t + c2;
    const T s = a1 * a2 / (b1 * b2);
    return {s, T(2) * t * (a2 - a1) / (b1 * b2) - T(2) * y * s * (T(1) / b1 - T(1) / b2), -s / b2,
            T(2) * a1 / (b1 * b2)};
}

}  // namespace detail

/// 1 - SSIM, the mean over pictures, channels and the places where a window of 11 x 11 pixels fits in the picture:
///
///     S = (2 m_y m_t + C1) (2 s_yt + C2) / ((m_y^2 + m_t^2 + C1) (s_y^2 + s_t^2 + C2))
///
/// with means, variances and covariance weighted by a Gaussian with sigma 1.5, C1 = (0.01 data_range)^2 and C2 = (0.03
/// data_range)^2. Wang et al. 2004; as a loss Zhao et al. 2017, who mix it with the mean absolute error:
///
///     SumOfLosses{Weighted{SSIM{}, 0.84}, Weighted{MeanAbsoluteError{}, 0.16}}
///
/// 1 minus the metric structural_similarity (metrics/fidelity.hpp). PyTorch has no such loss; pytorch_msssim's is
/// 1 - ssim(y, t, data_range). It is computed in double on the host and in float on the GPU. Throws ShapeError for
/// pictures smaller than the window. A data range that is not positive is an Error when a trainer takes the loss.
struct SSIM {
    static constexpr const char* name = "structural similarity";
    static constexpr int window = 11;

    double data_range = 1;  ///< The largest possible value minus the smallest.

    void check() const {
        if (!(data_range > 0))
            throw Error("depix: SSIM's data range is " + std::to_string(data_range) + "; it must be positive");
    }
    static void check_size(Shape image) {
        if (image.height < window || image.width < window)
            throw ShapeError("depix: SSIM of pictures of " + to_string(image) + ": its window is 11x11");
    }
    double c1() const { return 0.01 * data_range * 0.01 * data_range; }
    double c2() const { return 0.03 * data_range * 0.03 * data_range; }
    /// The Gaussian along one axis, with sum 1.
    static std::array<double, window> weights() {
        std::array<double, window> gaussian{};
        double sum = 0;
        for (int i = 0; i < window; ++i) {
            const double x = (i - window / 2) / 1.5;
            sum += gaussian[static_cast<std::size_t>(i)] = std::exp(-x * x / 2);
        }
        for (double& weight : gaussian) weight /= sum;
        return gaussian;
    }

    /// Returns the loss of y and t, (N, C, H, W), and adds `weight` times its gradient to dy, unless dy has no data.
    template <class T>
    double add(View<const T> y, View<const T> t, View<T> dy, double weight) {
        check_size(y.shape());
        Places at(y.height, y.width);
        memory.resize(at.doubles());
        at.memory = memory.data();
        const double count = static_cast<double>(y.batch) * y.channels * static_cast<double>(at.places());
        double sum = 0;
        for (int n = 0; n < y.batch; ++n)
            for (int c = 0; c < y.channels; ++c) {
                sum += compare(at, y, t, n, c);
                if (dy.data) add_gradient(at, y, t, dy, n, c, -weight / count);
            }
        return 1 - sum / count;
    }

    std::vector<double> memory = {};  ///< for the maps of one channel, kept between calls

  private:
    using Size = std::size_t;
    static constexpr Size taps = window;

    /// One channel's maps in memory: a picture (H, W), its rows' means (H, w), and five maps of places (h, w), with h =
    /// H - 10 and w = W - 10.
    struct Places {
        Size height, width, rows, columns;
        double* memory = nullptr;

        Places(int h, int w)
            : height(static_cast<Size>(h)),
              width(static_cast<Size>(w)),
              rows(height - taps + 1),
              columns(width - taps + 1) {}
        Size places() const { return rows * columns; }
        Size doubles() const { return height * (width + columns) + 5 * places(); }
        double* picture() const { return memory; }
        double* rows_of_means() const { return memory + height * width; }
        double* map(Size which) const { return memory + height * (width + columns) + which * places(); }

        /// to(i, j) = sum over k, l of weight(k) weight(l) picture(i + k, j + l), one axis after the other.
        void blur(double* to) const {
            const auto gaussian = weights();
            std::fill_n(rows_of_means(), height * columns, 0.0);
            for (Size i = 0; i < height; ++i)
                for (Size k = 0; k < taps; ++k)
                    add(picture() + i * width + k, gaussian[k], rows_of_means() + i * columns);
            std::fill_n(to, places(), 0.0);
            for (Size i = 0; i < rows; ++i)
                for (Size k = 0; k < taps; ++k) add(rows_of_means() + (i + k) * columns, gaussian[k], to + i * columns);
        }
        /// picture(i + k, j + l) = sum over i, j, k, l of weight(k) weight(l) from(i, j): the gradient of `blur`.
        void spread(const double* from) const {
            const auto gaussian = weights();
            std::fill_n(rows_of_means(), height * columns, 0.0);
            for (Size i = 0; i < rows; ++i)
                for (Size k = 0; k < taps; ++k)
                    add(from + i * columns, gaussian[k], rows_of_means() + (i + k) * columns);
            std::fill_n(picture(), height * width, 0.0);
            for (Size i = 0; i < height; ++i)
                for (Size k = 0; k < taps; ++k)
                    add(rows_of_means() + i * columns, gaussian[k], picture() + i * width + k);
        }
        void add(const double* from, double factor, double* to) const {
            for (Size j = 0; j < columns; ++j) to[j] += factor * from[j];
        }
    };

    // The sum of S over the places of channel c of picture n. Maps 0 to 2 get S's derivatives.
    template <class T>
    double compare(const Places& at, View<const T> y, View<const T> t, int n, int c) const {
        const auto blur = [&](Size map, auto value) {
            double* to = at.picture();
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j)
                    *to++ = value(static_cast<double>(y(n, c, i, j)), static_cast<double>(t(n, c, i, j)));
            at.blur(at.map(map));
        };
        blur(0, [](double a, double) { return a; });
        blur(1, [](double, double b) { return b; });
        blur(2, [](double a, double) { return a * a; });
        blur(3, [](double, double b) { return b * b; });
        blur(4, [](double a, double b) { return a * b; });
        double sum = 0;
        for (Size i = 0; i < at.places(); ++i) {
            const auto terms = detail::similarity_terms(at.map(0)[i], at.map(1)[i], at.map(2)[i], at.map(3)[i],
                                                        at.map(4)[i], c1(), c2());
            sum += terms.similarity;
            at.map(0)[i] = terms.by_mean;
            at.map(1)[i] = terms.by_square;
            at.map(2)[i] = terms.by_product;
        }
        return sum;
    }

    // dy += factor times the gradient of the sum of S.
    template <class T>
    static void add_gradient(const Places& at, View<const T> y, View<const T> t, View<T> dy, int n, int c,
                             double factor) {
        const auto spread = [&](Size map, auto derivative) {
            at.spread(at.map(map));
            const double* from = at.picture();
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j)
                    dy(n, c, i, j) += static_cast<T>(
                        factor * *from++ *
                        derivative(static_cast<double>(y(n, c, i, j)), static_cast<double>(t(n, c, i, j))));
        };
        spread(0, [](double, double) { return 1.0; });
        spread(1, [](double a, double) { return 2 * a; });
        spread(2, [](double, double b) { return b; });
    }
};

}  // namespace depix
