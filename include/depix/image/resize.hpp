// Resize: resizes pictures as MATLAB's imresize does, and crops, mirrors and turns them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "depix/error.hpp"
#include "depix/image/pixelate.hpp"
#include "depix/tensor.hpp"

namespace depix {

/// How a new pixel is computed. `Nearest`: it is one old pixel; `Bilinear`: a triangle kernel over 2 old pixels each
/// way; `Bicubic`: Keys' cubic kernel over 4.
enum class Resampling { Nearest, Bilinear, Bicubic };

namespace detail {

/// One axis of a resize: output i is the sum over t of weights[i * taps + t] times input sources[i * taps + t].
struct ResizedAxis {
    std::size_t taps = 1;
    std::vector<int> sources{};
    std::vector<float> weights{};
};

/// A triangle of width 2.
inline double triangle(double x) { return (std::max)(1 - std::abs(x), 0.0); }

/// R. G. Keys, "Cubic convolution interpolation for digital image processing", IEEE TASSP 29(6), 1981, a = -1/2.
inline double keys_cubic(double x) {
    const double d = std::abs(x);
    if (d <= 1) return (1.5 * d - 2.5) * d * d + 1;
    return d <= 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
}

/// Index i of a picture of `size` pixels that is continued endlessly by its mirror images, with the border pixel
/// repeated.
inline int reflected(int i, int size) {
    const int place = (i % (2 * size) + 2 * size) % (2 * size);
    return place < size ? place : 2 * size - 1 - place;
}

inline ResizedAxis resized_axis(int inputs, int outputs, Resampling resampling) {
    ResizedAxis axis;
    if (resampling == Resampling::Nearest) {
        for (std::int64_t i = 0; i < outputs; ++i) {
            axis.sources.push_back(static_cast<int>((2 * i + 1) * inputs / (2 * std::int64_t{outputs})));
        }
        axis.weights.assign(axis.sources.size(), 1.0f);
        return axis;
    }
    const auto kernel = resampling == Resampling::Bilinear ? triangle : keys_cubic;
    const double scale = static_cast<double>(outputs) / inputs;
    const double squeeze = (std::min)(scale, 1.0);  // shrinking widens the kernel
    const double radius = (resampling == Resampling::Bilinear ? 1 : 2) / squeeze;
    axis.taps = static_cast<std::size_t>(std::ceil(2 * radius)) + 1;
    std::vector<double> weights(axis.taps);
    for (int i = 0; i < outputs; ++i) {
        const double centre = (i + 0.5) / scale - 0.5;
        const int first = static_cast<int>(std::ceil(centre - radius));
        double sum = 0;
        for (std::size_t t = 0; t < axis.taps; ++t) {
            const int source = first + static_cast<int>(t);
            axis.sources.push_back(reflected(source, inputs));
            sum += weights[t] = kernel((centre - source) * squeeze);
        }
        for (const double weight : weights) axis.weights.push_back(static_cast<float>(weight / sum));
    }
    return axis;
}

}  // namespace detail

/// The picture with `height` rows and `width` columns.
///
///     out(y, x) = sum_ij h(v - i) h(u - j) in(i, j),   v = (y + 1/2) / s - 1/2,   s = new height / old height; u alike
///
/// h is the kernel; if s < 1, s h(s x) is used instead, which prevents aliasing of fine patterns. The weights of a
/// pixel are scaled so that their sum is 1, and beyond its border the picture is mirrored. Nearest takes one pixel and
/// never widens. This is MATLAB's imresize(picture, [height width]), and also PIL's resize except at the border. (For
/// bytes, MATLAB also rounds between the axes: quantized(resize(quantized(resize(p, h, p.shape.width)), h, w)). Early
/// releases, which were used to shrink the published Set5, repeated the border pixel.)
///
/// Bicubic overshoots at edges, so values may leave 0..1. quantized() clamps them and rounds them to 8 bits. Throws
/// ShapeError for a picture without pixels and for sizes below 1.
inline Image resize(const Image& image, int height, int width, Resampling resampling = Resampling::Bicubic) {
    const Shape old = image.shape;
    if (old.channels < 1 || old.height < 1 || old.width < 1 || height < 1 || width < 1) {
        detail::fail(ShapeError("resize: a picture of " + to_string(old) + " to " +
                                to_string(Shape{old.channels, height, width})));
    }
    const detail::ResizedAxis down = detail::resized_axis(old.height, height, resampling);
    const detail::ResizedAxis across = detail::resized_axis(old.width, width, resampling);
    Image result({old.channels, height, width});
    std::vector<float> row(static_cast<std::size_t>(old.width));  // between the axes: new height, old width
    for (int channel = 0; channel < old.channels; ++channel) {
        for (int y = 0; y < height; ++y) {
            std::fill(row.begin(), row.end(), 0.0f);
            for (std::size_t t = 0; t < down.taps; ++t) {
                const std::size_t tap = static_cast<std::size_t>(y) * down.taps + t;
                const float weight = down.weights[tap];
                const float* source = &image(channel, down.sources[tap], 0);
                for (std::size_t x = 0; x < row.size(); ++x) row[x] += weight * source[x];
            }
            float* pixel = &result(channel, y, 0);
            for (std::size_t tap = 0; tap < across.weights.size(); tap += across.taps) {
                float sum = 0;
                for (std::size_t t = tap; t < tap + across.taps; ++t) {
                    sum += across.weights[t] * row[static_cast<std::size_t>(across.sources[t])];
                }
                *pixel++ = sum;
            }
        }
    }
    return result;
}

/// Every value clamped to 0..1 and rounded to a multiple of 1/255, as a PNG would hold it; NaN becomes 0.
inline Image quantized(Image image) {
    for (float& value : image.pixels) value = from_byte(to_byte(value));
    return image;
}

/// The window of height x width pixels whose upper left one is (top, left). Throws ShapeError unless it has pixels and
/// lies inside the picture.
inline Image crop(const Image& image, int top, int left, int height, int width) {
    const Shape whole = image.shape;
    const bool inside = top >= 0 && left >= 0 && height >= 1 && width >= 1 && height <= whole.height &&
                        width <= whole.width && top <= whole.height - height && left <= whole.width - width;
    if (!inside) {
        detail::fail(ShapeError("crop: " + std::to_string(height) + "x" + std::to_string(width) + " pixels at row " +
                                std::to_string(top) + ", column " + std::to_string(left) + " of a picture of " +
                                to_string(whole)));
    }
    Image result({whole.channels, height, width});
    for (int channel = 0; channel < whole.channels; ++channel) {
        for (int y = 0; y < height; ++y) {
            std::copy_n(&image(channel, top + y, left), width, &result(channel, y, 0));
        }
    }
    return result;
}

/// The same of a picture that goes on beyond its edges in reverse, without end: row -1 is row 0, row -2 is row 1.
/// Throws ShapeError unless picture and window have pixels.
inline Image crop_reflected(const Image& image, int top, int left, int height, int width) {
    const Shape whole = image.shape;
    if (whole.height < 1 || whole.width < 1 || height < 1 || width < 1) {
        detail::fail(ShapeError("crop_reflected: " + std::to_string(height) + "x" + std::to_string(width) +
                                " pixels of a picture of " + to_string(whole)));
    }
    Image result({whole.channels, height, width});
    std::vector<int> columns(static_cast<std::size_t>(width));
    for (int x = 0; x < width; ++x) columns[static_cast<std::size_t>(x)] = detail::reflected(left + x, whole.width);
    for (int channel = 0; channel < whole.channels; ++channel) {
        for (int y = 0; y < height; ++y) {
            const float* from = &image(channel, detail::reflected(top + y, whole.height), 0);
            for (int x = 0; x < width; ++x) result(channel, y, x) = from[columns[static_cast<std::size_t>(x)]];
        }
    }
    return result;
}

/// The eight symmetries of the square, in bits: 1 mirrors left and right, 2 top and bottom, 4 then swaps rows and
/// columns. The first four keep a picture's height and width, the others swap them. A quarter turn to the left is
/// numpy's rot90.
enum class Symmetry { Same, FlipSideways, FlipUpsideDown, HalfTurn, Transpose, TurnLeft, TurnRight, AntiTranspose };

/// The picture mirrored or turned.
inline Image transformed(const Image& image, Symmetry symmetry) {
    const int bits = static_cast<int>(symmetry);
    const auto [channels, height, width] = image.shape;
    const bool swapped = (bits & 4) != 0;
    Image result({channels, swapped ? width : height, swapped ? height : width});
    for (int channel = 0; channel < channels; ++channel) {
        for (int y = 0; y < result.shape.height; ++y) {
            for (int x = 0; x < result.shape.width; ++x) {
                const int row = swapped ? x : y, column = swapped ? y : x;
                result(channel, y, x) = image(channel, (bits & 2) != 0 ? height - 1 - row : row,
                                              (bits & 1) != 0 ? width - 1 - column : column);
            }
        }
    }
    return result;
}

}  // namespace depix
