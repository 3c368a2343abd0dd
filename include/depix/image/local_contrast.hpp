// Local contrast: each pixel compared with the mean and the standard deviation of its surroundings, near and far.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "depix/image/binarize.hpp"
#include "depix/tensor.hpp"

namespace depix {

/// The windows of local_contrast, pixels: about a stroke, a letter, a few lines of a scanned page, and all of it.
inline constexpr std::array<int, 4> contrast_windows{21, 63, 189, 1 << 24};

inline constexpr int contrast_channels = 1 + 2 * static_cast<int>(contrast_windows.size());

namespace detail {

/// Calls visit(y, x, mean, deviation) for each pixel, with the mean and the standard deviation of the part of the
/// window x window pixels around it that lies within the page. The columns' sums move down with the window, so memory
/// is a few rows.
template <class Visit>
void for_each_window(const Image& page, int window, Visit visit) {
    const int height = page.shape.height, width = page.shape.width;
    const int reach = (std::min)(window / 2, (std::max)(height, width));
    const auto columns = static_cast<std::size_t>(width);
    std::vector<double> sums(columns), squares(columns), sums_left(columns + 1), squares_left(columns + 1);
    const auto add = [&](int y, double sign) {
        if (y < 0 || y >= height) return;
        const float* row = &page(0, y, 0);
        for (std::size_t x = 0; x < columns; ++x) {
            const auto value = static_cast<double>(row[x]);
            sums[x] += sign * value;
            squares[x] += sign * value * value;
        }
    };
    for (int y = 0; y < reach; ++y) add(y, 1);
    for (int y = 0; y < height; ++y) {
        add(y + reach, 1);
        add(y - reach - 1, -1);
        for (std::size_t x = 0; x < columns; ++x) {
            sums_left[x + 1] = sums_left[x] + sums[x];
            squares_left[x + 1] = squares_left[x] + squares[x];
        }
        const int rows = (std::min)(y + reach, height - 1) - (std::max)(y - reach, 0) + 1;
        for (int x = 0; x < width; ++x) {
            const int first = (std::max)(x - reach, 0), last = (std::min)(x + reach + 1, width);
            const auto left = static_cast<std::size_t>(first), right = static_cast<std::size_t>(last);
            const double area = static_cast<double>(rows) * (last - first);
            const double mean = (sums_left[right] - sums_left[left]) / area;
            const double square = (squares_left[right] - squares_left[left]) / area;
            visit(y, x, mean, std::sqrt((std::max)(square - mean * mean, 0.0)));
        }
    }
}

}  // namespace detail

/// What Sauvola's method knows of a page, as the input of a network: 9 x height x width.
///
///     y[0] = g,   y[1 + 2 i] = clamp((g - m_i) / (s_i + 0.02), -4, 4) / 2,   y[2 + 2 i] = 4 s_i
///
/// with the grey page g and the mean m_i and the standard deviation s_i of the pixels around each one, in windows of
/// 21, 63 and 189 pixels, and on the whole page. The second is the same for faint ink and for dark, in light and in
/// shadow. At the page's edge a window ends there. Throws ShapeError for a page that is not grey or has no pixels.
inline Image local_contrast(const Image& page) {
    detail::check_grey(page, "local_contrast");
    const auto [channels, height, width] = page.shape;
    Image result({contrast_channels, height, width});
    std::copy(page.pixels.begin(), page.pixels.end(), result.pixels.begin());
    for (std::size_t i = 0; i < contrast_windows.size(); ++i) {
        const int contrast = 1 + 2 * static_cast<int>(i);
        detail::for_each_window(page, contrast_windows[i], [&](int y, int x, double mean, double deviation) {
            const double difference = static_cast<double>(page(0, y, x)) - mean;
            result(contrast, y, x) = static_cast<float>(std::clamp(difference / (deviation + 0.02), -4.0, 4.0) / 2);
            result(contrast + 1, y, x) = static_cast<float>(4 * deviation);
        });
    }
    return result;
}

}  // namespace depix
