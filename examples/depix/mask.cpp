#include "mask.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

#include "arguments.hpp"
#include "depix/error.hpp"
#include "depix/image/resize.hpp"
#include "files.hpp"

namespace {

using depix::Image;

// Marks the pixels of the colour, and those beside them.
void mark_colour(Image& missing, const Image& color, const std::array<float, 3>& wanted) {
    constexpr float tolerance = 10.5f / 255;
    const int channels = color.shape.channels, height = color.shape.height, width = color.shape.width;
    const auto is_wanted = [&](int y, int x) {
        for (int c = 0; c < 3; ++c)
            if (std::abs(color(channels == 3 ? c : 0, y, x) - wanted[static_cast<std::size_t>(c)]) > tolerance)
                return false;
        return true;
    };
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            if (!is_wanted(y, x)) continue;
            for (int i = std::max(y - 1, 0); i <= std::min(y + 1, height - 1); ++i)
                for (int j = std::max(x - 1, 0); j <= std::min(x + 1, width - 1); ++j) missing(0, i, j) = 1;
        }
}

}  // namespace

Image tool::bright_pixels(const depix::ImageFile& file) {
    Image bright = depix::convert_channels(file.color, 1);
    for (std::size_t i = 0; i < bright.pixels.size(); ++i) {
        const float visible = file.alpha.pixels.empty() ? 1.0f : file.alpha.pixels[i];
        bright.pixels[i] = visible * bright.pixels[i] > 0.125f ? 1.0f : 0.0f;
    }
    return bright;
}

tool::Mask tool::read_mask(const RestoreOptions& options) {
    Mask mask;
    if (!options.mask_colour.empty()) mask.colour = parse_colour("--mask-colour", options.mask_colour);
    if (options.mask.empty()) return mask;
    mask.path = options.mask;
    mask.picture = bright_pixels(read_image(options.mask, options.limits));
    return mask;
}

depix::Image tool::missing_pixels(const Mask& mask, const Image& color) {
    const int height = color.shape.height, width = color.shape.width;
    Image missing({1, height, width});
    if (!mask.picture.pixels.empty()) {
        const depix::Shape shape = mask.picture.shape;
        if (shape.height != height || shape.width != width)
            throw depix::ShapeError("the mask " + (mask.path.empty() ? "" : mask.path.string() + " ") + "has " +
                                    std::to_string(shape.width) + "x" + std::to_string(shape.height) +
                                    " pixels, and the picture " + std::to_string(width) + "x" + std::to_string(height));
        missing = mask.picture;
    }
    if (mask.colour) mark_colour(missing, color, *mask.colour);
    return missing;
}
