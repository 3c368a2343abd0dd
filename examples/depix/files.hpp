// Reads and writes picture files; "-" is standard input or standard output.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "commands.hpp"
#include "depix/io/image_file.hpp"

namespace tool {

/// Throws depix::FileError, as depix::read_image_file does.
depix::ImageFile read_image(const std::filesystem::path& path, const Limits& limits);
/// The same of a picture that will be written in this format: throws depix::FileError too if its transparency would be
/// lost, before the picture is restored.
depix::ImageFile read_image(const std::filesystem::path& path, const Limits& limits, depix::ImageFormat format);

/// What the user should know of a result before it is written: the picture's own warnings, and which of its metadata
/// the format cannot hold.
std::vector<std::string> warnings_of(const depix::ImageFile& result, depix::ImageFormat format);

/// Throws depix::FileError if no file can be made beside this one: to be found out before the work, not after.
void check_writable(const std::filesystem::path& path);

/// The file is written completely or not at all. Throws depix::Error, as depix::encode_image_file and depix::write_file
/// do.
void write_image(const std::filesystem::path& path, const depix::ImageFile& image, depix::ImageFormat format,
                 int jpeg_quality);

}  // namespace tool
