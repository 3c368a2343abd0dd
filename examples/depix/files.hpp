// Reads and writes picture files; "-" is standard input or standard output.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "commands.hpp"
#include "depix/io/image_file.hpp"
#include "formats.hpp"

namespace tool {

/// A file of one or more pictures. Only the first is decoded, the others when it is their turn, so that a file of many
/// pages needs no more memory than one page, besides its bytes.
struct Picture {
    depix::ImageFile image;
    int pages = 1;
    std::vector<std::byte> file = {};  // if there are several pages, or if the model is chosen for each picture
    const Format* format = nullptr;    // of the file
    bool is_unchanged = false;         // there was nothing to do: `file` is the result too, in its own format
};

/// The first picture of a file. Throws depix::FileError, as depix::read_image_file does.
depix::ImageFile read_image(const std::filesystem::path& path, const Limits& limits);

/// The same from a file's content; `name` stands for its path in messages.
depix::ImageFile read_image(FileBytes file, const std::string& name, const Limits& limits);

/// The picture or pictures that options.page says, to be written in this format. Throws depix::FileError also if its
/// transparency or its pages would be lost: before it is restored.
Picture read_picture(const std::filesystem::path& path, const RestoreOptions& options, const Format& output);

/// Calls restore(image) with each page; `path` is the file's, for messages. Several pages are encoded at once, so that
/// the result is a whole file.
Picture restore_pages(Picture picture, const std::filesystem::path& path, const RestoreOptions& options,
                      const Format& output, const std::function<depix::ImageFile(depix::ImageFile)>& restore);

/// What the user should know of a result before it is written: the picture's own warnings, and which of its metadata
/// the format cannot hold.
std::vector<std::string> warnings_of(const depix::ImageFile& result, const Format& format);

/// Throws depix::FileError if no file can be made beside this one: to be found out before the work, not after.
void check_writable(const std::filesystem::path& path);

/// The file is written completely or not at all. Throws depix::Error, as depix::encode_image_file and depix::write_file
/// do.
void write_picture(const std::filesystem::path& path, const Picture& picture, const Format& format, int quality);

}  // namespace tool
