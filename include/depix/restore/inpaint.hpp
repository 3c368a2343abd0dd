// inpaint: fills the holes of a picture by a network that takes the mask beside the picture.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "depix/error.hpp"
#include "depix/image/fill_holes.hpp"
#include "depix/inference.hpp"
#include "depix/restore/restore.hpp"
#include "depix/tensor.hpp"

namespace depix {

/// What an inpainting network takes: the picture with its holes filled smoothly (fill_holes), and the mask as one more
/// channel, 1 where a pixel is missing and 0 elsewhere. A pixel is missing where the mask is above 0. Throws ShapeError
/// if the mask has not one channel and the picture's size.
inline Image inpainting_input(const Image& image, const Image& mask) {
    const Image filled = fill_holes(image, mask);
    Image input({image.shape.channels + 1, image.shape.height, image.shape.width});
    const auto end = std::copy(filled.pixels.begin(), filled.pixels.end(), input.pixels.begin());
    std::transform(mask.pixels.begin(), mask.pixels.end(), end, [](float value) { return value > 0 ? 1.0f : 0.0f; });
    return input;
}

/// The picture where the mask is 0, and elsewhere the restored picture of the same shape.
inline Image only_in_holes(Image image, const Image& mask, const Image& restored) {
    const std::size_t area = mask.shape.area();
    for (std::size_t i = 0; i < image.pixels.size(); ++i)
        if (mask.pixels[i % area] > 0) image.pixels[i] = restored.pixels[i];
    return image;
}

/// Fills the missing pixels of a picture, those where the mask is above 0; all others stay as they are. What the
/// picture holds at missing pixels does not matter. With `tiles` the picture is cut, which changes nothing in the
/// result.
///
///     Image whole = inpaint(network, picture, mask, Tiles{.size = 512});
///
/// Throws ShapeError if the network does not take one channel more than the picture, or if the mask does not fit.
template <Module Network, class Backend>
Image inpaint(const Inference<Network, Backend>& network, const Image& image, const Image& mask,
              const Tiles& tiles = {}) {
    const Image restored = restore(network, inpainting_input(image, mask), tiles);
    if (restored.shape != image.shape)
        throw ShapeError("inpaint: the network gives " + to_string(restored.shape) + " for a picture of " +
                         to_string(image.shape));
    return only_in_holes(image, mask, restored);
}

}  // namespace depix
