// Binarize: makes a grey page black and white, with one threshold (Otsu) or with one for every pixel (Sauvola).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "depix/error.hpp"
#include "depix/image/pixelate.hpp"
#include "depix/tensor.hpp"

// Every network that binarizes pages is compared with these functions. Pages are grey, 0..1, with dark ink on light
// paper; results hold only 0 (ink) and 1 (paper). All throw ShapeError for a picture that is not grey or has no pixels.
namespace depix {

namespace detail {

inline void check_grey(const Image& page, const char* who) {
    if (page.shape.channels == 1 && page.shape.height > 0 && page.shape.width > 0) return;
    std::string text(who);
    text.append(": a picture of ").append(to_string(page.shape));
    throw ShapeError(text.append("; it takes grey ones, 1 x height x width, with pixels"));
}

}  // namespace detail

/// The threshold that splits a page's 256 grey levels into the two classes whose means lie furthest apart.
///
///     threshold = (t + 1/2) / 255,   t = argmax over t of w0 w1 (m0 - m1)^2
///
/// with the classes of levels 0..t and t+1..255, their numbers of pixels w and their mean levels m. Of several such t
/// the smallest is used. Half a level is added so that rounding cannot move a pixel of level t, which binarize() makes
/// ink. Values are rounded to 8 bits first. A page of a single level does not have two classes. Its threshold is 1/2,
/// so that a blank sheet is paper. N. Otsu, "A threshold selection method from gray-level histograms", IEEE
/// Transactions on Systems, Man, and Cybernetics 9(1), 1979. The resulting page is the same as with scikit-image's
/// threshold_otsu of bytes.
inline double otsu_threshold(const Image& page) {
    detail::check_grey(page, "otsu_threshold");
    std::array<double, 256> pixels{};  // of each level
    for (const float value : page.pixels) pixels[to_byte(value)] += 1;
    double total = 0, total_sum = 0;
    for (std::size_t level = 0; level < 256; ++level) {
        total += pixels[level];
        total_sum += pixels[level] * static_cast<double>(level);
    }
    double count = 0, sum = 0, best = 0, threshold = 0.5;
    for (std::size_t level = 0; level < 255; ++level) {
        count += pixels[level];
        sum += pixels[level] * static_cast<double>(level);
        if (count == 0 || count == total) continue;  // one of the classes is empty
        const double between = sum / count - (total_sum - sum) / (total - count);
        const double variance = count * (total - count) * between * between;
        if (variance > best) {
            best = variance;
            threshold = (static_cast<double>(level) + 0.5) / 255;
        }
    }
    return threshold;
}

/// 1 (paper) where a value is above the threshold, elsewhere 0 (ink); NaN is ink.
///
///     Image black_and_white = binarize(page, otsu_threshold(page));
inline Image binarize(const Image& page, double threshold) {
    detail::check_grey(page, "binarize");
    Image result(page.shape);
    std::transform(page.pixels.begin(), page.pixels.end(), result.pixels.begin(),
                   [=](float value) { return static_cast<double>(value) > threshold ? 1.0f : 0.0f; });
    return result;
}

/// Whether all values are within a fiftieth of 0 or 1, so that there is nothing to decide.
inline bool is_black_and_white(const Image& page) {
    return std::all_of(page.pixels.begin(), page.pixels.end(),
                       [](float value) { return value <= 0.02f || value >= 0.98f; });
}

struct SauvolaOptions {
    int window = 25;             ///< In pixels, odd, at least 3; large enough for a line's ink and the paper around it.
    double k = 0.2;              ///< How far the threshold of flat paper lies below the mean.
    double dynamic_range = 0.5;  ///< R, the largest standard deviation that values in 0..1 can have.
};

/// 1 (paper) where a value is above its own threshold, elsewhere 0 (ink).
///
///     T = m (1 + k (s / R - 1))
///
/// with the mean m and the standard deviation s of the window x window pixels around it. Beyond its border the page is
/// mirrored without repeating the border pixel, as in scikit-image's threshold_sauvola (of bytes, or with r=0.5). The
/// sums come from integral images, in double. J. Sauvola, M. Pietikainen, "Adaptive document image binarization",
/// Pattern Recognition 33(2), 2000. Throws Error for a window that is even or below 3, and for R not above 0.
inline Image binarize_sauvola(const Image& page, const SauvolaOptions& options = {}) {
    detail::check_grey(page, "binarize_sauvola");
    const int window = options.window;
    if (window < 3 || window % 2 == 0) {
        throw Error(std::string("binarize_sauvola: a window of ").append(std::to_string(window)) +
                    " pixels; it must be odd and at least 3");
    }
    if (!(options.dynamic_range > 0)) {
        throw Error(std::string("binarize_sauvola: a dynamic range of ")
                        .append(std::to_string(options.dynamic_range))
                        .append("; it must be above 0"));
    }
    const auto [channels, height, width] = page.shape;
    const auto mirrored = [](int i, int size) {
        const int period = (std::max)(2 * (size - 1), 1);  // 1: every mirrored row of a single row is that row
        const int place = (i % period + period) % period;
        return place < size ? place : period - place;
    };
    // Sums over all pixels above and to the left, of the page with a mirrored margin of half a window.
    const auto stride = static_cast<std::size_t>(width + window);
    const std::size_t rows = static_cast<std::size_t>(height + window);
    std::vector<double> sums(rows * stride), squares(rows * stride);
    for (std::size_t y = 1; y < rows; ++y) {
        const float* source = &page(0, mirrored(static_cast<int>(y) - 1 - window / 2, height), 0);
        double sum = 0, square = 0;
        for (std::size_t x = 1; x < stride; ++x) {
            const auto value = static_cast<double>(source[mirrored(static_cast<int>(x) - 1 - window / 2, width)]);
            sums[y * stride + x] = sums[(y - 1) * stride + x] + (sum += value);
            squares[y * stride + x] = squares[(y - 1) * stride + x] + (square += value * value);
        }
    }
    const double area = static_cast<double>(window) * window;
    Image result(page.shape);
    for (int y = 0; y < height; ++y) {
        const std::size_t top = static_cast<std::size_t>(y) * stride;
        const std::size_t bottom = top + static_cast<std::size_t>(window) * stride;
        for (int x = 0; x < width; ++x) {
            const auto left = static_cast<std::size_t>(x), right = left + static_cast<std::size_t>(window);
            const auto mean_of = [&](const std::vector<double>& table) {
                return (table[bottom + right] - table[top + right] - table[bottom + left] + table[top + left]) / area;
            };
            const double mean = mean_of(sums);
            const double deviation = std::sqrt((std::max)(mean_of(squares) - mean * mean, 0.0));
            const double threshold = mean * (1 + options.k * (deviation / options.dynamic_range - 1));
            result(0, y, x) = static_cast<double>(page(0, y, x)) > threshold ? 1.0f : 0.0f;
        }
    }
    return result;
}

}  // namespace depix
