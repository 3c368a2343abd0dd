// Picture files in and out; "-" is standard input, and standard output.
#pragma once

#include <filesystem>

#include "commands.hpp"
#include "depix/io/picture_file.hpp"

namespace tool {

/// Throws depix::FileError, as depix::read_picture_file does.
depix::PictureFile read_picture(const std::filesystem::path& path, const Limits& limits);

/// Whole or not at all. Throws depix::Error, as depix::encode_picture_file and depix::write_file do.
void write_picture(const std::filesystem::path& path, const depix::PictureFile& picture, depix::ImageFormat format,
                   int jpeg_quality);

}  // namespace tool
