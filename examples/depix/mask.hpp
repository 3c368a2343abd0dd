// Which pixels of a picture are missing, for networks that fill holes.
#pragma once

#include <array>
#include <filesystem>
#include <optional>

#include "commands.hpp"
#include "depix/io/image_file.hpp"
#include "depix/tensor.hpp"

namespace tool {

/// What --mask and --mask-colour say. All pixels that one of them says are missing.
struct Mask {
    depix::Image picture;  // of one channel, above 0 where a pixel is missing; without pixels if there is none
    std::filesystem::path path;
    std::optional<std::array<float, 3>> colour;  // red, green and blue, 0..1

    bool is_given() const { return !picture.pixels.empty() || colour.has_value(); }
};

/// 1 where a picture is brighter than an eighth of white, times its opacity, else 0: so the soft edges of what was
/// drawn there count, and what JPEG adds to black does not.
depix::Image bright_pixels(const depix::ImageFile& file);

/// Throws depix::FileError for a file that cannot be read, and UsageError for a colour that is none.
Mask read_mask(const RestoreOptions& options);

/// 1 where a pixel is missing, else 0. Of --mask-colour each channel may differ by 10 of 255, and the pixels beside
/// those of the colour are missing too, because a brush leaves mixed colours at its edge. Throws depix::ShapeError if
/// the mask has another size than the picture.
depix::Image missing_pixels(const Mask& mask, const depix::Image& color);

}  // namespace tool
