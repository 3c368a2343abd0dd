#include "files.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include <unistd.h>

#include "depix/io/atomic_file.hpp"

namespace {

std::vector<std::byte> read_standard_input(std::size_t maximum_bytes) {
    std::vector<std::byte> bytes, block(64 * 1024);
    while (const std::size_t size = std::fread(block.data(), 1, block.size(), stdin)) {
        bytes.insert(bytes.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(size));
        if (bytes.size() > maximum_bytes) break;  // the decoder refuses so many
    }
    return bytes;
}

}  // namespace

depix::ImageFile tool::read_image(const std::filesystem::path& path, const Limits& limits) {
    const depix::ImageLimits most{limits.maximum_pixels, limits.maximum_bytes};
    if (path != "-") return depix::read_image_file(path.string(), most);
    return depix::decode_image_file(read_standard_input(limits.maximum_bytes), most, "standard input");
}

depix::ImageFile tool::read_image(const std::filesystem::path& path, const Limits& limits, depix::ImageFormat format) {
    depix::ImageFile image = read_image(path, limits);
    try {
        depix::check_transparency(image, format);
    } catch (const depix::Error& error) {
        throw depix::FileError(path.string(), error.what());
    }
    return image;
}

std::vector<std::string> tool::warnings_of(const depix::ImageFile& result, depix::ImageFormat format) {
    std::vector<std::string> warnings = result.warnings;
    std::string names;
    for (const std::string& name : depix::metadata_left_out(result, format))
        names.append(names.empty() ? "" : ", ").append(name);
    if (!names.empty()) warnings.push_back("the result's file cannot hold all metadata; left out: " + names);
    return warnings;
}

void tool::check_writable(const std::filesystem::path& path) {
    if (path == "-" || (std::filesystem::exists(path) && !std::filesystem::is_regular_file(path))) return;
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    if (access(folder.c_str(), W_OK | X_OK) == 0) return;
    throw depix::FileError(path.string(),
                           depix::detail::system_error_text("cannot be written: the folder " + folder.string(), errno));
}

void tool::write_image(const std::filesystem::path& path, const depix::ImageFile& image, depix::ImageFormat format,
                       int jpeg_quality) {
    const std::vector<std::byte> bytes = depix::encode_image_file(image, format, jpeg_quality);
    if (path != "-") {
        depix::write_file(path.string(), bytes);
    } else if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size() || std::fflush(stdout) != 0) {
        throw depix::FileError("standard output", "cannot be written");
    }
}
