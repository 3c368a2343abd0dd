// Pixelation: the damage that the depixelizer undoes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "depix/error.hpp"
#include "depix/tensor.hpp"

namespace depix {

/// Converts 0..1 to 0..255, as a PNG stores it: the nearest of 256 steps. Values outside 0..1 are clamped; NaN becomes
/// 0.
inline std::uint8_t to_byte(float value) {
    if (!(value > 0.0f)) return 0;
    return value >= 1.0f ? std::uint8_t{255} : static_cast<std::uint8_t>(value * 255.0f + 0.5f);
}
/// Converts 0..255 to 0..1, exactly as read_image() does.
inline float from_byte(std::uint8_t value) { return static_cast<float>(value) / 255.0f; }

namespace detail {

/// One axis of a bilinear resize, exact in integers: `output[i]` lies between two inputs, `low` and `low + 1`, at
/// `weight` / (2 * outputs) from the first. Pixel centres map to pixel centres, and the border is repeated.
struct Between {
    int low;
    int weight;
};
inline std::vector<Between> bilinear_axis(int inputs, int outputs) {
    std::vector<Between> axis(static_cast<std::size_t>(outputs));
    const int unit = 2 * outputs;
    for (int i = 0; i < outputs; ++i) {
        const int position =
            (std::max)((2 * i + 1) * inputs - outputs, 0);  // (i + 1/2) inputs / outputs - 1/2, in units
        const int low = position / unit;
        const bool last = low >= inputs - 1;
        axis[static_cast<std::size_t>(i)] = {last ? inputs - 1 : low, last ? 0 : position - low * unit};
    }
    return axis;
}

/// One axis of a resize to the nearest neighbour: `output[i]` is the index of the input in which the centre of output i
/// lies, (i + 1/2) inputs / outputs, rounded down. PIL adds these positions up, so that one that should be a whole
/// number may come out just below it. Doubles are added in the same order here, and every machine gets PIL's indices.
inline std::vector<int> nearest_axis(int inputs, int outputs) {
    std::vector<int> axis(static_cast<std::size_t>(outputs));
    const double step = static_cast<double>(inputs) / outputs;
    double position = 0.5 * step;
    for (int& index : axis) {
        index = (std::min)(static_cast<int>(position), inputs - 1);
        position += step;
    }
    return axis;
}

}  // namespace detail

/// How pixelate() resizes a picture back whose sides the window does not divide.
enum class PixelateResize {
    Nearest,  ///< each pixel takes the value of the nearest one, as PIL's Image.NEAREST: blocks stay sharp
    Bilinear  ///< between two blocks some pixels are a mixture of both
};

/// Pixelates one plane of bytes, (height, width), into another of the same size.
///
/// 1. Every whole window of window x window pixels becomes its mean, of which the fraction is dropped, as when NumPy
///    converts a mean to uint8; the rows and columns that do not fill a window are cropped.
/// 2. The result is resized back to (height, width). If the window divides both sides, nothing was cropped and nothing
///    is resized.
///
/// The means and the bilinear weights are whole numbers, so every machine computes the same picture. Throws ShapeError
/// if the window is below 1 or larger than the picture.
inline void pixelate(std::span<const std::uint8_t> source, int height, int width, int window,
                     std::span<std::uint8_t> result, PixelateResize resize = PixelateResize::Nearest) {
    if (window < 1 || window > height || window > width) {
        detail::fail(ShapeError("pixelate: a window of " + std::to_string(window) + " on a picture of " +
                                to_string(Shape{1, height, width})));
    }
    const auto at = [width](int y, int x) {
        return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x);
    };
    const int rows = height / window, columns = width / window;
    std::vector<std::uint8_t> means(static_cast<std::size_t>(rows) * static_cast<std::size_t>(width));
    const auto area = static_cast<unsigned>(window * window);
    std::vector<unsigned> sums(static_cast<std::size_t>(columns));
    for (int row = 0; row < rows; ++row) {
        std::fill(sums.begin(), sums.end(), 0u);
        for (int y = row * window; y < (row + 1) * window; ++y) {
            const std::uint8_t* line = source.data() + at(y, 0);
            for (auto& sum : sums) {
                for (int i = 0; i < window; ++i) sum += *line++;
            }
        }
        std::uint8_t* line = means.data() + at(row, 0);  // each mean `window` times: the block's width
        for (const auto sum : sums) {
            const auto mean = static_cast<std::uint8_t>(sum / area);
            for (int i = 0; i < window; ++i) *line++ = mean;
        }
    }
    const bool whole = rows * window == height && columns * window == width;
    if (whole || resize == PixelateResize::Nearest) {
        const auto vertical = detail::nearest_axis(rows * window, height);
        const auto horizontal = detail::nearest_axis(columns * window, width);
        for (int y = 0; y < height; ++y) {
            const std::uint8_t* line = means.data() + at(vertical[static_cast<std::size_t>(y)] / window, 0);
            for (int x = 0; x < width; ++x) result[at(y, x)] = line[horizontal[static_cast<std::size_t>(x)]];
        }
        return;
    }
    const auto vertical = detail::bilinear_axis(rows * window, height);
    const auto horizontal = detail::bilinear_axis(columns * window, width);
    const auto one = std::int64_t{4} * height * width;  // the weights' sum
    for (int y = 0; y < height; ++y) {
        const auto [top, down] = vertical[static_cast<std::size_t>(y)];
        const std::uint8_t* upper = means.data() + at(top / window, 0);
        const std::uint8_t* lower = means.data() + at((down == 0 ? top : top + 1) / window, 0);
        for (int x = 0; x < width; ++x) {
            const auto [left, right] = horizontal[static_cast<std::size_t>(x)];
            const int next = right == 0 ? left : left + 1;
            const int above = upper[left] * (2 * width - right) + upper[next] * right;
            const int below = lower[left] * (2 * width - right) + lower[next] * right;
            const std::int64_t sum = std::int64_t{above} * (2 * height - down) + std::int64_t{below} * down;
            result[at(y, x)] = static_cast<std::uint8_t>((sum + one / 2) / one);
        }
    }
}

/// Pixelates a picture, channel by channel, after rounding it to 8 bits; the result holds multiples of 1/255.
/// Throws ShapeError if the window is below 1 or larger than the picture.
inline Image pixelate(const Image& image, int window, PixelateResize resize = PixelateResize::Nearest) {
    Image result(image.shape);
    const std::size_t area = image.shape.area();
    std::vector<std::uint8_t> source(area), blocks(area);
    for (std::size_t channel = 0; channel < static_cast<std::size_t>(image.shape.channels); ++channel) {
        for (std::size_t i = 0; i < area; ++i) source[i] = to_byte(image.pixels[channel * area + i]);
        pixelate(source, image.shape.height, image.shape.width, window, blocks, resize);
        for (std::size_t i = 0; i < area; ++i) result.pixels[channel * area + i] = from_byte(blocks[i]);
    }
    return result;
}

}  // namespace depix
