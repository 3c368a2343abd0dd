// Pictures as a canvas has them, RGBA with a byte a value, and as depix has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "depix/error.hpp"
#include "depix/image/pixelate.hpp"
#include "depix/tensor.hpp"

namespace page {

/// A picture of 1 or 3 channels from RGBA; alpha is ignored. Grey is (77 R + 150 G + 29 B) / 256, as read_image has it.
/// Throws ShapeError for other channels, and unless there are height x width pixels.
inline depix::Image from_rgba(std::span<const std::uint8_t> rgba, depix::Shape shape) {
    const bool valid = (shape.channels == 1 || shape.channels == 3) && shape.height > 0 && shape.width > 0;
    if (!valid || rgba.size() / 4 != shape.area() || rgba.size() % 4 != 0)
        throw depix::ShapeError("a picture of " + to_string(shape) + " is not made of " + std::to_string(rgba.size()) +
                                " bytes of RGBA");
    depix::Image image(shape);
    const std::size_t area = shape.area();
    for (std::size_t i = 0; i < area; ++i) {
        const std::uint8_t* pixel = &rgba[4 * i];
        if (shape.channels == 1) {
            image.pixels[i] =
                depix::from_byte(static_cast<std::uint8_t>((pixel[0] * 77 + pixel[1] * 150 + pixel[2] * 29) >> 8));
        } else {
            for (std::size_t c = 0; c < 3; ++c) image.pixels[c * area + i] = depix::from_byte(pixel[c]);
        }
    }
    return image;
}

/// Opaque RGBA; grey becomes three equal values.
inline std::vector<std::uint8_t> to_rgba(const depix::Image& image) {
    const std::size_t area = image.shape.area();
    std::vector<std::uint8_t> rgba(4 * area, 255);
    for (std::size_t i = 0; i < area; ++i)
        for (std::size_t c = 0; c < 3; ++c)
            rgba[4 * i + c] = depix::to_byte(image.pixels[(image.shape.channels == 1 ? 0 : c * area) + i]);
    return rgba;
}

}  // namespace page
