// Picture folders: a user's own photographs on disk.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/image.hpp"
#include "depix/io/image_file.hpp"
#include "depix/random.hpp"
#include "depix/tensor.hpp"

#if __has_include(<dirent.h>)
#include <dirent.h>
#endif

namespace depix {

namespace detail {

/// A file's extension with its dot, in lower case.
inline std::string lower_extension(const std::filesystem::path& path) {
    std::string extension = path.extension().string();
    for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return extension;
}

}  // namespace detail

/// Whether a file's name ends like that of a picture that read_image() reads: .png, .jpg, .jpeg or .bmp, or the rarer
/// .jpe, .jfif (JPEG) or .dib (BMP), in either case.
inline bool is_image_name(const std::filesystem::path& path) {
    const std::string extension = detail::lower_extension(path);
    constexpr const char* own[] = {".png", ".jpg", ".jpeg", ".bmp", ".jpe", ".jfif", ".dib"};
    return std::find(std::begin(own), std::end(own), extension) != std::end(own);
}

/// Whether a file or folder is one that systems create among pictures: hidden files, Thumbs.db, desktop.ini, \@eaDir
/// (thumbnails, on Synology's disks), __MACOSX, recycle bins. Windows writes the names in either case.
inline bool is_clutter(const std::filesystem::path& path) {
    std::string name = path.filename().string();
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    constexpr const char* clutter[] = {"thumbs.db", "ehthumbs.db", "desktop.ini", "picasa.ini",
                                       "@eadir",    "__macosx",    "@recycle",    "$recycle.bin",
                                       "#recycle",  "lost+found",  "icon\r",      "system volume information"};
    return name.starts_with('.') || std::find(std::begin(clutter), std::end(clutter), name) != std::end(clutter);
}

/// Whether a file's name ends like that of a picture that read_image() does not read: .tif, .webp, .heic, ...
inline bool is_foreign_image_name(const std::filesystem::path& path) {
    const std::string extension = detail::lower_extension(path);
    constexpr const char* foreign[] = {".tif", ".tiff", ".webp", ".gif", ".heic", ".heif", ".avif", ".jxl",
                                       ".jp2", ".j2k",  ".psd",  ".pnm", ".ppm",  ".pgm",  ".pbm",  ".tga",
                                       ".exr", ".hdr",  ".ico",  ".svg", ".pdf",  ".djvu", ".dng",  ".cr2",
                                       ".cr3", ".nef",  ".arw",  ".orf", ".rw2",  ".raf",  ".pcx"};
    return std::find(std::begin(foreign), std::end(foreign), extension) != std::end(foreign);
}

/// Reads a picture and turns it upright: EXIF's orientation is applied. With `channels` 0 all are kept, alpha too.
inline Image read_upright(const std::string& path, int channels = 0, const ImageLimits& limits = {}) {
    ImageFile file = read_image_file(path, limits);
    if (channels != 0 || file.alpha.pixels.empty()) return convert_channels(std::move(file.color), channels);
    Image& image = file.color;
    ++image.shape.channels;
    image.pixels.insert(image.pixels.end(), file.alpha.pixels.begin(), file.alpha.pixels.end());
    return std::move(image);
}

namespace detail {

/// What a folder contains, as paths that begin with the folder's, in no order. What was found before an error stays.
inline std::vector<std::filesystem::path> list_folder(const std::filesystem::path& folder, std::error_code& error) {
    std::vector<std::filesystem::path> paths;
#if __has_include(<dirent.h>)
    // Not by std::filesystem::directory_iterator, because libstdc++ 12 ends the program if memory runs out there.
    struct Close {
        void operator()(DIR* directory) const { ::closedir(directory); }
    };
    const std::unique_ptr<DIR, Close> directory(::opendir(folder.string().c_str()));
    for (; directory != nullptr;) {
        errno = 0;
        const dirent* const entry = ::readdir(directory.get());
        if (entry == nullptr) break;
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") paths.push_back(folder / name);
    }
    error = errno == 0 ? std::error_code() : std::error_code(errno, std::generic_category());
#else
    std::filesystem::directory_iterator file(folder, error);
    for (; !error && file != std::filesystem::directory_iterator(); file.increment(error))
        paths.push_back(file->path());
#endif
    return paths;
}

/// The sizes of a training, validation and test set of `size` elements by fractions, rounded; the test set is the rest.
/// Throws Error, which names the folder's class, unless both are at least 0 and their sum at most 1.
inline std::array<std::size_t, 3> split_sizes(const char* who, std::size_t size, double train, double validation) {
    if (!(train >= 0 && validation >= 0 && train + validation <= 1)) {
        throw Error(std::string(who) + ": fractions of " + std::to_string(train) + " and " +
                    std::to_string(validation));
    }
    const auto count = static_cast<double>(size);
    const auto first = static_cast<std::size_t>(std::lround(count * train));
    const auto second = static_cast<std::size_t>(std::lround(count * validation));
    const std::size_t middle = (std::min)(second, size - first);
    return {first, middle, size - first - middle};
}

/// Throws Error, which names the folder's class, unless [first, first + count) lies within `size`.
inline void check_subset(const char* who, const char* what, std::size_t first, std::size_t count, std::size_t size) {
    if (first <= size && count <= size - first) return;
    throw Error(std::string(who) + ": " + what + " " + std::to_string(first) + " to " + std::to_string(first + count) +
                " of " + std::to_string(size));
}

}  // namespace detail

struct ImageSplit;

struct ImageFolderOptions {
    int channels = 0;       ///< 0: as in the files; 1, 3 or 4: converted.
    bool recursive = true;  ///< Whether the pictures of sub-folders belong to it.
    ImageLimits limits{};
    /// Lists other files too, which the caller reads itself: extensions in lower case with a dot, such as ".tif".
    std::vector<std::string> more_extensions{};
};

/// All pictures of a folder (is_image_name), of any sizes, in the order of their paths.
///
/// Other files are ignored, and so are hidden ones and other clutter (is_clutter). Links to files are followed, links
/// to sub-folders are not. Opening lists the folder and reads no picture; `read` is const and thread-safe. A sub-folder
/// that cannot be listed or is a link is left out, and so are a link that leads nowhere and a picture of a kind that
/// depix does not read; left_out() lists them.
class ImageFolder {
  public:
    /// A path that was left out, and the reason.
    struct LeftOut {
        std::string path, why;
    };

    /// Throws FileError, which names the folder, if it is missing, unreadable or holds no picture.
    explicit ImageFolder(const std::filesystem::path& root, ImageFolderOptions options = {})
        : options_(std::move(options)) {
        std::error_code error;
        list(root, root, error);
        if (error) throw FileError(root.string(), "cannot list the folder: " + error.message());
        if (paths_.empty())
            throw FileError(
                root.string(),
                "holds no picture (.png, .jpg, .jpeg, .bmp)" +
                    (left_out_.empty() ? std::string() : "; there is " + left_out_[0].path + ", " + left_out_[0].why));
        std::sort(paths_.begin(), paths_.end());
        std::sort(left_out_.begin(), left_out_.end(),
                  [](const LeftOut& a, const LeftOut& b) { return a.path < b.path; });
    }

    /// What was left out, in the order of the paths.
    const std::vector<LeftOut>& left_out() const { return left_out_; }
    std::size_t size() const { return paths_.size(); }
    const std::string& path(std::size_t index) const { return paths_.at(index); }

    /// Upright (EXIF). Throws FileError, which names the file, if it cannot be read.
    Image read(std::size_t index) const { return read_upright(paths_.at(index), options_.channels, options_.limits); }

    /// The same pictures in another order, which depends on the seed and on how many there are.
    ///
    ///     const auto [train, validation, test] = ImageFolder("photos").shuffled(7).split_by_fractions();
    ImageFolder shuffled(std::uint64_t seed) const {
        ImageFolder other = *this;
        Random random(seed);
        shuffle(other.paths_, random);
        return other;
    }

    /// Pictures [first, first + count). Throws Error if there are fewer.
    ImageFolder subset(std::size_t first, std::size_t count) const {
        detail::check_subset("ImageFolder", "pictures", first, count, size());
        ImageFolder part = *this;
        const auto begin = paths_.begin() + static_cast<std::ptrdiff_t>(first);
        part.paths_.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
        return part;
    }

    /// The first `train` pictures, the next `validation` and the next `test`. Throws Error if there are fewer.
    ImageSplit split(std::size_t train, std::size_t validation, std::size_t test) const;

    /// The same by fractions of size(), rounded; the test set is the rest. Throws Error unless both are at least 0 and
    /// their sum at most 1.
    ImageSplit split_by_fractions(double train = 0.90, double validation = 0.06) const;

  private:
    // Whether a link leads to the folder or into it, where its pictures are found anyway.
    static bool leads_into(const std::filesystem::path& link, const std::filesystem::path& folder) {
        std::error_code unknown;
        const auto inside = std::filesystem::weakly_canonical(link, unknown)
                                .lexically_relative(std::filesystem::weakly_canonical(folder, unknown));
        return !inside.empty() && *inside.begin() != "..";
    }

    // Adds the pictures of a folder, below `top`. An error of the folder itself is stored in `error`, that of a
    // sub-folder in left_out_.
    void list(const std::filesystem::path& folder, const std::filesystem::path& top, std::error_code& error) {
        namespace fs = std::filesystem;
        for (const fs::path& file : detail::list_folder(folder, error)) {
            if (is_clutter(file)) continue;
            std::error_code unknown;  // a broken link is neither a file nor a folder
            if (fs::is_directory(file, unknown)) {
                if (!options_.recursive) continue;
                if (fs::is_symlink(file, unknown)) {
                    if (!leads_into(file, top))
                        left_out_.push_back({file.string(), "a link to a folder, which is not followed"});
                    continue;
                }
                std::error_code refused;
                list(file, top, refused);
                if (refused) left_out_.push_back({file.string(), "cannot be listed: " + refused.message()});
            } else if (fs::is_regular_file(file, unknown)) {
                const std::string path = file.string();
                if (is_image_name(path) || has_more_extension(path))
                    paths_.push_back(path);
                else if (is_foreign_image_name(path))
                    left_out_.push_back({path, "of a kind that depix does not read"});
            } else if (is_image_name(file) || has_more_extension(file)) {
                left_out_.push_back({file.string(), fs::is_symlink(file, unknown) ? "a link that leads nowhere"
                                                                                  : "cannot be read as a file"});
            }
        }
    }

    bool has_more_extension(const std::filesystem::path& path) const {
        const auto& more = options_.more_extensions;
        return std::find(more.begin(), more.end(), detail::lower_extension(path)) != more.end();
    }

    ImageFolderOptions options_;
    std::vector<std::string> paths_;
    std::vector<LeftOut> left_out_;
};

struct ImageSplit {
    ImageFolder train, validation, test;
};

inline ImageSplit ImageFolder::split(std::size_t train, std::size_t validation, std::size_t test) const {
    return {subset(0, train), subset(train, validation), subset(train + validation, test)};
}

inline ImageSplit ImageFolder::split_by_fractions(double train, double validation) const {
    const auto [first, second, third] = detail::split_sizes("ImageFolder", size(), train, validation);
    return split(first, second, third);
}

}  // namespace depix
