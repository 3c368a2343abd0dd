// Reading and writing pictures has its own file, so that stb, which does it, is compiled once and not in every file.
#pragma once

#include <filesystem>

#include "depix/tensor.hpp"

namespace example {

/// depix::is_image_name; depix::read_image as RGB; depix::write_image.
bool is_image(const std::filesystem::path& path);
depix::Image read_image(const std::filesystem::path& path);
void write_image(const std::filesystem::path& path, const depix::Image& image);

}  // namespace example
