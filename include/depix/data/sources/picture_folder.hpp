// Picture folders: a user's own photographs, as they lie on disk.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/image.hpp"
#include "depix/random.hpp"
#include "depix/tensor.hpp"

namespace depix {

/// Whether a file's name ends as a picture's that read_image() reads: .png, .jpg, .jpeg or .bmp, in either case.
inline bool is_picture_name(const std::filesystem::path& path) {
    std::string extension = path.extension().string();
    for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return extension == ".png" || extension == ".jpg" || extension == ".jpeg" || extension == ".bmp";
}

namespace detail {

/// How many of `size` are a training, validation and test set's by fractions, rounded; the test set is the rest.
/// Throws Error, which names the folder's class, unless both are at least 0 and their sum at most 1.
inline std::array<std::size_t, 3> split_sizes(const char* who, std::size_t size, double train, double validation) {
    if (!(train >= 0 && validation >= 0 && train + validation <= 1)) {
        throw Error(std::string(who) + ": fractions of " + std::to_string(train) + " and " +
                    std::to_string(validation));
    }
    const auto count = static_cast<double>(size);
    const auto first = static_cast<std::size_t>(std::lround(count * train));
    const auto second = static_cast<std::size_t>(std::lround(count * validation));
    const std::size_t middle = std::min(second, size - first);
    return {first, middle, size - first - middle};
}

/// Throws Error, which names the folder's class, unless [first, first + count) lies within `size`.
inline void check_subset(const char* who, const char* what, std::size_t first, std::size_t count, std::size_t size) {
    if (first <= size && count <= size - first) return;
    throw Error(std::string(who) + ": " + what + " " + std::to_string(first) + " to " + std::to_string(first + count) +
                " of " + std::to_string(size));
}

}  // namespace detail

struct PictureSplit;

struct PictureFolderOptions {
    int channels = 0;       ///< 0: as in the files; 1, 3 or 4: converted.
    bool recursive = true;  ///< Whether the pictures of sub-folders belong to it.
    ImageLimits limits{};
};

/// All pictures of a folder (.png, .jpg, .jpeg, .bmp), of any sizes, in the order of their paths.
///
/// Other files and hidden files and folders are ignored. Links to files are followed, links to sub-folders are not.
/// Opening lists the folder and reads no picture; `read` is const and thread-safe.
class PictureFolder {
  public:
    /// Throws FileError, which names the folder, if it is missing, unreadable or holds no picture.
    explicit PictureFolder(const std::filesystem::path& root, PictureFolderOptions options = {}) : options_(options) {
        namespace fs = std::filesystem;
        std::error_code error;
        fs::recursive_directory_iterator file(root, error);
        for (; !error && file != fs::recursive_directory_iterator(); file.increment(error)) {
            const bool hidden = file->path().filename().string().starts_with('.');
            if (hidden || !options.recursive) file.disable_recursion_pending();
            std::error_code unknown;  // a link that leads nowhere is no picture
            if (!hidden && is_picture_name(file->path()) && file->is_regular_file(unknown)) {
                paths_.push_back(file->path().string());
            }
        }
        if (error) throw FileError(root.string(), "cannot list the folder: " + error.message());
        if (paths_.empty()) throw FileError(root.string(), "holds no picture (.png, .jpg, .jpeg, .bmp)");
        std::sort(paths_.begin(), paths_.end());
    }

    std::size_t size() const { return paths_.size(); }
    const std::string& path(std::size_t index) const { return paths_.at(index); }

    /// Throws FileError, which names the file, if it cannot be read.
    Image read(std::size_t index) const { return read_image(paths_.at(index), options_.channels, options_.limits); }

    /// The same pictures in another order, which depends on the seed and on how many there are.
    ///
    ///     const auto [train, validation, test] = PictureFolder("photos").shuffled(7).split_by_fractions();
    PictureFolder shuffled(std::uint64_t seed) const {
        PictureFolder other = *this;
        Random random(seed);
        shuffle(other.paths_, random);
        return other;
    }

    /// Pictures [first, first + count). Throws Error if there are fewer.
    PictureFolder subset(std::size_t first, std::size_t count) const {
        detail::check_subset("PictureFolder", "pictures", first, count, size());
        PictureFolder part = *this;
        const auto begin = paths_.begin() + static_cast<std::ptrdiff_t>(first);
        part.paths_.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
        return part;
    }

    /// The first `train` pictures, the next `validation` and the next `test`. Throws Error if there are fewer.
    PictureSplit split(std::size_t train, std::size_t validation, std::size_t test) const;

    /// The same by fractions of size(), rounded; the test set is the rest. Throws Error unless both are at least 0 and
    /// their sum at most 1.
    PictureSplit split_by_fractions(double train = 0.90, double validation = 0.06) const;

  private:
    PictureFolderOptions options_;
    std::vector<std::string> paths_;
};

struct PictureSplit {
    PictureFolder train, validation, test;
};

inline PictureSplit PictureFolder::split(std::size_t train, std::size_t validation, std::size_t test) const {
    return {subset(0, train), subset(train, validation), subset(train + validation, test)};
}

inline PictureSplit PictureFolder::split_by_fractions(double train, double validation) const {
    const auto [first, second, third] = detail::split_sizes("PictureFolder", size(), train, validation);
    return split(first, second, third);
}

}  // namespace depix
