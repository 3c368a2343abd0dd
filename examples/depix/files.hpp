// Reads and writes picture files; "-" is standard input or standard output.
#pragma once

#include <filesystem>

#include "commands.hpp"
#include "depix/io/image_file.hpp"

namespace tool {

/// Throws depix::FileError, as depix::read_image_file does.
depix::ImageFile read_image(const std::filesystem::path& path, const Limits& limits);

/// The file is written completely or not at all. Throws depix::Error, as depix::encode_image_file and depix::write_file
/// do.
void write_image(const std::filesystem::path& path, const depix::ImageFile& image, depix::ImageFormat format,
                 int jpeg_quality);

}  // namespace tool
