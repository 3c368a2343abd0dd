// fill_holes: fills the missing parts of a picture smoothly, from what stands around them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "depix/error.hpp"
#include "depix/image/resize.hpp"
#include "depix/tensor.hpp"

namespace depix {

namespace detail {

/// How often the missing pixels of each size of the picture become the mean of their neighbours.
inline constexpr int filling_sweeps = 8;

/// Half the size: each pixel is the mean of the known ones among four, and known if there is one.
inline Image half_of_known(const Image& image, const Image& missing, Image& missing_half) {
    const auto [channels, height, width] = image.shape;
    Image half({channels, (height + 1) / 2, (width + 1) / 2});
    missing_half = Image({1, half.shape.height, half.shape.width});
    for (int y = 0; y < half.shape.height; ++y)
        for (int x = 0; x < half.shape.width; ++x) {
            const int bottom = (std::min)(2 * y + 2, height), right = (std::min)(2 * x + 2, width);
            int known = 0;
            for (int i = 2 * y; i < bottom; ++i)
                for (int j = 2 * x; j < right; ++j)
                    if (!(missing(0, i, j) > 0)) {
                        ++known;
                        for (int c = 0; c < channels; ++c) half(c, y, x) += image(c, i, j);
                    }
            for (int c = 0; c < channels && known > 0; ++c) half(c, y, x) /= static_cast<float>(known);
            missing_half(0, y, x) = known > 0 ? 0.0f : 1.0f;
        }
    return half;
}

/// Each missing pixel becomes the mean of its four neighbours; beyond the border the picture is continued.
inline void average_neighbours(Image& image, const Image& missing) {
    const auto [channels, height, width] = image.shape;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            if (!(missing(0, y, x) > 0)) continue;
            const int above = (std::max)(y - 1, 0), below = (std::min)(y + 1, height - 1);
            const int left = (std::max)(x - 1, 0), right = (std::min)(x + 1, width - 1);
            for (int c = 0; c < channels; ++c)
                image(c, y, x) =
                    0.25f * (image(c, above, x) + image(c, below, x) + image(c, y, left) + image(c, y, right));
        }
}

}  // namespace detail

/// The picture with each missing pixel (mask above 0) replaced by a smooth continuation of what stands around it. The
/// other pixels stay. Where everything is missing, the result is 0.
///
/// The picture is halved until nothing is missing, each pixel the mean of its known ones. Back at each larger size, the
/// missing pixels are taken from the smaller one, bilinearly, and are then averaged with their neighbours eight times.
/// This is pull-push (S. Gortler et al., "The Lumigraph", SIGGRAPH 1996) with the smoothing of multigrid methods, and
/// comes near the solution of Laplace's equation. Throws ShapeError if the mask has not one channel and the picture's
/// size.
inline Image fill_holes(Image image, const Image& mask) {
    const auto [channels, height, width] = image.shape;
    if (mask.shape != Shape{1, height, width})
        throw ShapeError("fill_holes: a mask of " + to_string(mask.shape) + " for a picture of " +
                         to_string(image.shape));
    const auto is_missing = [](float value) { return value > 0; };
    if (std::none_of(mask.pixels.begin(), mask.pixels.end(), is_missing)) return image;
    if (std::all_of(mask.pixels.begin(), mask.pixels.end(), is_missing)) return Image(image.shape);

    Image missing_half;
    const Image half = detail::half_of_known(image, mask, missing_half);
    const Image smooth = resize(fill_holes(half, missing_half), height, width, Resampling::Bilinear);
    for (int c = 0; c < channels; ++c)
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
                if (is_missing(mask(0, y, x))) image(c, y, x) = smooth(c, y, x);
    for (int sweep = 0; sweep < detail::filling_sweeps; ++sweep) detail::average_neighbours(image, mask);
    return image;
}

}  // namespace depix
