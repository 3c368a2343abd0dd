// restore_flips: a picture restored in all eight ways to lay it down, and the results averaged.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "depix/error.hpp"
#include "depix/image/resize.hpp"
#include "depix/tensor.hpp"

namespace depix {

/// The symmetry that undoes this one: transformed(transformed(picture, s), inverse(s)) == picture. All but the two
/// quarter turns undo themselves.
constexpr Symmetry inverse(Symmetry symmetry) {
    if (symmetry == Symmetry::TurnLeft) return Symmetry::TurnRight;
    return symmetry == Symmetry::TurnRight ? Symmetry::TurnLeft : symmetry;
}

/// Test-time augmentation: the mean of what `restore` makes of the picture mirrored and turned in all eight ways, each
/// result turned back.
///
///     output = 1/8 sum over s of s^-1(restore(s(picture))),   s the symmetries of the square
///
///     Image clean = restore_flips([&](const Image& turned) { return restore(network, turned, Tiles{}); }, picture);
///
/// A network that was trained on pictures in all orientations is still not wholly indifferent to how they lie, and the
/// mean has a smaller error than its parts, for eight times the work; one that was trained on upright text loses by it.
/// The "self-ensemble" of R. Timofte, R. Rothe and L. Van Gool, "Seven ways to improve example-based single image super
/// resolution", CVPR 2016. `restore` takes pictures of any size and may enlarge them, by the same factor each way.
/// Throws ShapeError if its results, turned back, differ in shape, and what `restore` throws.
template <class Restore>
Image restore_flips(Restore&& restore, const Image& image) {
    Image mean;
    for (int s = 0; s < 8; ++s) {
        const auto symmetry = static_cast<Symmetry>(s);
        const Image part = transformed(restore(transformed(image, symmetry)), inverse(symmetry));
        if (s == 0) mean = Image(part.shape);
        if (part.shape != mean.shape) {
            detail::fail(ShapeError(std::string("restore_flips: a picture of ").append(to_string(image.shape)) +
                                    " became " + to_string(mean.shape) + ", and turned " + to_string(part.shape)));
        }
        for (std::size_t i = 0; i < mean.pixels.size(); ++i) mean.pixels[i] += part.pixels[i] / 8;
    }
    return mean;
}

}  // namespace depix
