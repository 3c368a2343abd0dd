// The kinds of picture files that the tool reads and writes: those of depix itself, and those of libraries that CMake
// found (CMakeLists.txt; `depix formats` lists them).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "depix/io/image_file.hpp"

namespace tool {

using FileBytes = std::span<const std::byte>;

/// A kind of picture file. A function is null where this build does not have it.
struct Format {
    const char* name = "";
    std::vector<std::string_view> extensions = {};  // lower case, without a dot; the first is the usual one
    const char* about = "";
    const char* library = nullptr;  // null for what depix reads without one
    bool holds_alpha = true;
    bool holds_pages = false;

    /// Whether the library can be loaded here; null if there is none.
    bool (*is_available)() = nullptr;
    /// Whether a file is of this kind, by its first bytes.
    bool (*is_kind_of)(FileBytes) = nullptr;
    /// The number of pictures in a file; null: one. Throws depix::FileError.
    int (*count_pages)(FileBytes, const std::string& name) = nullptr;
    /// The picture number `page`, counted from 0, upright. `name` stands for the path in messages. Throws
    /// depix::FileError if it is damaged, truncated or beyond the limits.
    depix::ImageFile (*read)(FileBytes, int page, const depix::ImageLimits&, const std::string& name) = nullptr;
    /// Appends a picture to a file's content, which is empty before the first. `quality` is 1 to 100, for formats that
    /// lose something. Throws depix::Error for a picture that the format cannot hold.
    void (*append)(std::vector<std::byte>& file, const depix::ImageFile&, int quality) = nullptr;
    /// Which of a picture's metadata the format cannot hold, in words.
    std::vector<std::string> (*left_out)(const depix::ImageFile&) = nullptr;
};

/// All of them, also those that this build does not read.
const std::vector<Format>& formats();

/// By an extension, with or without a dot, in upper or lower case; null if there is none. It may be a format that this
/// build cannot write.
const Format* find_format(std::string extension);

/// By a file's first bytes. Throws depix::FileError, which names the file, for other kinds and for those that this
/// build does not read.
const Format& format_of(FileBytes file, const std::string& name);

/// The extensions, each with a dot, of what this build reads besides depix's own.
std::vector<std::string> more_extensions();

/// "png, jpg, bmp, tif": what this build writes.
std::string written_formats();

/// By a file's first bytes.
bool is_tiff(FileBytes file);
bool is_webp(FileBytes file);
bool is_jxl(FileBytes file);

#ifdef DEPIX_TOOL_WITH_TIFF
Format tiff_format();
#endif
#ifdef DEPIX_TOOL_WITH_WEBP
Format webp_format();
#endif
#ifdef DEPIX_TOOL_WITH_JXL
Format jxl_format();
#endif
#ifdef DEPIX_TOOL_WITH_JPEG
/// Whether a JPEG file has arithmetic coding, which stb does not read.
bool has_arithmetic_coding(FileBytes file);
/// Reads it by libjpeg.
depix::ImageFile read_arithmetic_jpeg(FileBytes file, const depix::ImageLimits& limits, const std::string& name);
#endif

}  // namespace tool
