#include "files.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "../system_calls.hpp"
#include "depix/io/atomic_file.hpp"

namespace {

std::vector<std::byte> read_standard_input(std::size_t maximum_bytes) {
    example::make_binary(stdin);
    std::vector<std::byte> bytes, block(64 * 1024);
    while (const std::size_t size = std::fread(block.data(), 1, block.size(), stdin)) {
        bytes.insert(bytes.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(size));
        if (bytes.size() > maximum_bytes) break;  // the decoder refuses so many
    }
    return bytes;
}

std::vector<std::byte> read_bytes(const std::filesystem::path& path, const tool::Limits& limits) {
    return path == "-" ? read_standard_input(limits.maximum_bytes)
                       : depix::read_file(path.string(), limits.maximum_bytes);
}

std::string name_of(const std::filesystem::path& path) { return path == "-" ? "standard input" : path.string(); }

depix::ImageLimits limits_of(const tool::Limits& limits) { return {limits.maximum_pixels, limits.maximum_bytes}; }

}  // namespace

depix::ImageFile tool::read_image(const std::filesystem::path& path, const Limits& limits) {
    const std::vector<std::byte> file = read_bytes(path, limits);
    return read_image(file, name_of(path), limits);
}

depix::ImageFile tool::read_image(FileBytes file, const std::string& name, const Limits& limits) {
    return format_of(file, name).read(file, 0, limits_of(limits), name);
}

tool::Picture tool::read_picture(const std::filesystem::path& path, const RestoreOptions& options,
                                 const Format& output) {
    const std::string name = name_of(path);
    std::vector<std::byte> file = read_bytes(path, options.limits);
    Picture picture;
    picture.format = &format_of(file, name);
    const int pages = picture.format->count_pages != nullptr ? picture.format->count_pages(file, name) : 1;
    if (options.page > pages)
        throw depix::FileError(name, "has no page " + std::to_string(options.page) + ", only " + std::to_string(pages));
    picture.pages = options.page > 0 ? 1 : pages;
    if (picture.pages > 1 && !output.holds_pages)
        throw depix::FileError(name, "has " + std::to_string(pages) + " pages, and a " + output.name +
                                         " file holds one; -f tif keeps them all, --page 1 takes the first");
    picture.image =
        picture.format->read(file, options.page > 0 ? options.page - 1 : 0, limits_of(options.limits), name);
    try {
        if (!output.holds_alpha) depix::check_transparency(picture.image, depix::ImageFormat::JPEG);
    } catch (const depix::Error& error) {
        throw depix::FileError(name, error.what());
    }
    if (picture.pages > 1 || options.model.name.empty()) picture.file = std::move(file);
    return picture;
}

tool::Picture tool::restore_pages(Picture picture, const std::filesystem::path& path, const RestoreOptions& options,
                                  const Format& output,
                                  const std::function<depix::ImageFile(depix::ImageFile)>& restore) {
    if (picture.pages == 1) {
        picture.image = restore(std::move(picture.image));
        return picture;
    }
    Picture result{.image = {}, .pages = picture.pages};
    for (int page = 0; page < picture.pages; ++page) {
        if (page > 0)
            picture.image = picture.format->read(picture.file, page, limits_of(options.limits), name_of(path));
        const depix::ImageFile restored = restore(std::move(picture.image));
        output.append(result.file, restored, options.quality);
        for (const std::string& warning : warnings_of(restored, output))
            result.image.warnings.push_back("page " + std::to_string(page + 1) + ": " + warning);
    }
    return result;
}

std::vector<std::string> tool::warnings_of(const depix::ImageFile& result, const Format& format) {
    std::vector<std::string> warnings = result.warnings;
    if (result.color.pixels.empty()) return warnings;  // several pages, which were encoded one by one
    std::string names;
    for (const std::string& name : format.left_out(result)) names.append(names.empty() ? "" : ", ").append(name);
    if (!names.empty()) warnings.push_back("the result's file cannot hold all metadata; left out: " + names);
    return warnings;
}

void tool::check_writable(const std::filesystem::path& path) {
    if (path == "-" || (std::filesystem::exists(path) && !std::filesystem::is_regular_file(path))) return;
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    if (example::is_writable_folder(folder)) return;
    throw depix::FileError(path.string(),
                           depix::detail::system_error_text("cannot be written: the folder " + folder.string(), errno));
}

void tool::write_picture(const std::filesystem::path& path, const Picture& picture, const Format& format, int quality) {
    std::vector<std::byte> encoded;
    const bool has_file = picture.pages > 1 || (picture.is_unchanged && picture.format == &format);
    if (!has_file) format.append(encoded, picture.image, quality);
    const std::vector<std::byte>& bytes = has_file ? picture.file : encoded;
    if (path != "-") {
        depix::write_file(path.string(), bytes);
        return;
    }
    example::make_binary(stdout);
    if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size() || std::fflush(stdout) != 0) {
        throw depix::FileError("standard output", "cannot be written");
    }
}
