// Pair folders: pictures and their damaged twins on disk, written and read.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "depix/data/parallel.hpp"
#include "depix/data/sources/image_folder.hpp"
#include "depix/error.hpp"
#include "depix/io/image.hpp"
#include "depix/random.hpp"
#include "depix/tensor.hpp"

namespace depix {

/// A picture and its damaged twin, which have equal shapes.
struct ImagePair {
    Image clean;
    Image damaged;
};

struct PairSplit;

struct PairFolderOptions {
    int channels = 0;  ///< 0: as in the files, where twins must have the same number; 1, 3 or 4: converted.
    ImageLimits limits{};
};

/// A data set on disk: for every ID a clean picture and its damaged twin, in two folders, under the same name.
///
///     dataset/clean/0.png    dataset/pixeled/0.png
///     dataset/clean/1.png    dataset/pixeled/1.png    ...
///
/// IDs are file names without the extension (.png, .jpg, .jpeg or .bmp, which may differ between twins). IDs that are
/// numbers come first, in the order of the numbers; the others follow in alphabetical order. Hidden files and other
/// clutter (is_clutter) are ignored. Pictures are turned upright (EXIF). Opening lists the folders and reads no
/// picture; `read` is const and thread-safe.
class PairFolder {
  public:
    /// The folders `root`/clean and `root`/pixeled. Throws as the constructor below.
    explicit PairFolder(const std::filesystem::path& root, PairFolderOptions options = {})
        : PairFolder(root / "clean", root / "pixeled", options) {}

    /// Throws FileError, which names the file, for a folder that is missing, unreadable or empty, a picture without its
    /// twin, a file that is no picture, and two pictures of one ID.
    PairFolder(const std::filesystem::path& clean, const std::filesystem::path& damaged, PairFolderOptions options = {})
        : options_(options) {
        const Listing clean_files = list(clean), damaged_files = list(damaged);
        for (const auto& [id, path] : clean_files) {
            const auto twin = damaged_files.find(id);
            if (twin == damaged_files.end()) throw FileError(path, "has no twin in " + damaged.string());
            entries_.push_back({id, path, twin->second});
        }
        for (const auto& [id, path] : damaged_files) {
            if (!clean_files.contains(id)) throw FileError(path, "has no twin in " + clean.string());
        }
        if (entries_.empty()) throw FileError(clean.string(), "holds no picture (.png, .jpg, .jpeg, .bmp)");
    }

    std::size_t size() const { return entries_.size(); }
    const std::string& id(std::size_t index) const { return entries_.at(index).id; }
    const std::string& clean_path(std::size_t index) const { return entries_.at(index).clean; }
    const std::string& damaged_path(std::size_t index) const { return entries_.at(index).damaged; }

    /// Both pictures. Throws FileError, which names the pair, if one cannot be read or their shapes differ.
    ImagePair read(std::size_t index) const {
        const Entry& entry = entries_.at(index);
        ImagePair pair{read_upright(entry.clean, options_.channels, options_.limits),
                       read_upright(entry.damaged, options_.channels, options_.limits)};
        if (pair.clean.shape != pair.damaged.shape) {
            throw FileError(entry.damaged, "is " + to_string(pair.damaged.shape) + ", but its twin " + entry.clean +
                                               " is " + to_string(pair.clean.shape) + " (channels x height x width)");
        }
        return pair;
    }

    /// Pairs [first, first + count), in the order of IDs. Throws Error if there are fewer.
    PairFolder subset(std::size_t first, std::size_t count) const {
        detail::check_subset("PairFolder", "pairs", first, count, size());
        PairFolder part = *this;
        const auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(first);
        part.entries_.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
        return part;
    }

    /// The pairs of these indices, in this order. Throws std::out_of_range for an invalid index.
    PairFolder select(const std::vector<std::size_t>& indices) const {
        PairFolder part = *this;
        part.entries_.clear();
        for (const std::size_t index : indices) part.entries_.push_back(entries_.at(index));
        return part;
    }

    /// In the order of IDs the first `train` pairs, the next `validation` and the next `test`; the published set is
    /// split(18000, 1200, 800). Throws Error if there are fewer pairs.
    PairSplit split(std::size_t train, std::size_t validation, std::size_t test) const;

    /// The same by fractions of size(), rounded; the test set is the rest. The published split is the default.
    /// Throws Error unless both are at least 0 and their sum at most 1.
    PairSplit split_by_fractions(double train = 0.90, double validation = 0.06) const;

  private:
    struct Entry {
        std::string id, clean, damaged;
    };
    /// Orders numbers by their value, before all other names.
    struct IdOrder {
        static bool is_number(std::string_view id) {
            return !id.empty() && std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
        }
        static std::string_view significant(std::string_view id) {
            return id.substr((std::min)(id.find_first_not_of('0'), id.size()));
        }
        bool operator()(const std::string& a, const std::string& b) const {
            const bool number_a = is_number(a), number_b = is_number(b);
            if (number_a != number_b) return number_a;
            if (!number_a) return a < b;
            const std::string_view x = significant(a), y = significant(b);
            if (x.size() != y.size()) return x.size() < y.size();
            return x != y ? x < y : a < b;  // "7" and "007" are two IDs
        }
    };
    using Listing = std::map<std::string, std::string, IdOrder>;

    static Listing list(const std::filesystem::path& folder) {
        Listing listing;
        std::error_code error;
        std::filesystem::directory_iterator file(folder, error);
        for (; !error && file != std::filesystem::directory_iterator(); file.increment(error)) {
            const std::filesystem::path& path = file->path();
            if (is_clutter(path)) continue;
            if (!is_image_name(path)) throw FileError(path.string(), "is no picture (.png, .jpg, .jpeg, .bmp)");
            const auto [other, added] = listing.emplace(path.stem().string(), path.string());
            if (!added) {
                throw FileError((std::max)(path.string(), other->second),
                                "has the same ID as " + (std::min)(path.string(), other->second));
            }
        }
        if (error) throw FileError(folder.string(), "cannot list the folder: " + error.message());
        return listing;
    }

    PairFolderOptions options_;
    std::vector<Entry> entries_;
};

struct PairSplit {
    PairFolder train, validation, test;
};

inline PairSplit PairFolder::split(std::size_t train, std::size_t validation, std::size_t test) const {
    return {subset(0, train), subset(train, validation), subset(train + validation, test)};
}

inline PairSplit PairFolder::split_by_fractions(double train, double validation) const {
    const auto [first, second, third] = detail::split_sizes("PairFolder", size(), train, validation);
    return split(first, second, third);
}

namespace detail {

/// Writes a PNG whole or not at all, as write_image() does, but does not wait for the disk (fsync), because pictures
/// that can be drawn again need not survive a power failure. 40,000 small files are written about four times as fast.
inline void write_png_without_flush(const std::filesystem::path& path, const Image& image) {
    const std::vector<std::byte> bytes = write_png(image);
    const std::filesystem::path temporary = path.parent_path() / (".depix-" + path.filename().string() + ".tmp");
    std::ofstream file(temporary, std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    file.close();
    std::error_code error;
    if (file) std::filesystem::rename(temporary, path, error);
    if (!file || error) {
        std::error_code ignored;
        std::filesystem::remove(temporary, ignored);
        throw FileError(path.string(), "cannot be written" + (error ? ": " + error.message() : std::string()));
    }
}

}  // namespace detail

struct WritePairsOptions {
    std::size_t count = 20000;
    std::uint64_t seed = 0;
    int threads = hardware_threads();
    /// Called after each pair with the number of pairs done and `count`; never by two threads at once.
    std::function<void(std::size_t done, std::size_t count)> progress{};
};

/// Draws `count` pairs into `root`/clean/ID.png and `root`/pixeled/ID.png; IDs start at 0.
///
/// Pair ID comes from Random(seed, 0, ID) and does not depend on the threads. It is the pair that a TextPairSource of
/// that seed draws in epoch 0. `images` is a TextImages, or anything with `draw(Random&) const`, safe on many threads,
/// that gives `clean` and `pixelated`. Files are written whole or not at all; a run that was killed can be repeated and
/// gives the same files. Throws FileError if a folder holds a picture that is not of this set, before anything is
/// written, or if a file cannot be written.
template <class Images>
void write_pairs(const std::filesystem::path& root, const Images& images, const WritePairsOptions& options = {}) {
    namespace fs = std::filesystem;
    const std::array<fs::path, 2> folders{root / "clean", root / "pixeled"};
    for (const fs::path& folder : folders) {
        std::error_code error;
        fs::create_directories(folder, error);
        if (error) throw FileError(folder.string(), "cannot make the folder: " + error.message());
        for (const fs::directory_entry& file : fs::directory_iterator(folder)) {
            const std::string name = file.path().filename().string(), stem = file.path().stem().string();
            if (name.starts_with('.')) continue;
            const bool digits = !stem.empty() && stem.size() < 10 &&
                                std::all_of(stem.begin(), stem.end(), [](char c) { return c >= '0' && c <= '9'; });
            if (!digits || std::to_string(std::stoul(stem)) + ".png" != name || std::stoul(stem) >= options.count) {
                throw FileError(file.path().string(), "is not of the set of " + std::to_string(options.count) +
                                                          " pairs that was to be written here; empty the folder first");
            }
        }
    }
    std::mutex mutex;
    std::size_t done = 0;
    for_each_index(options.count, options.threads, [&](std::size_t index) {
        Random random(options.seed, 0, index);
        const auto pair = images.draw(random);
        const std::string name = std::to_string(index) + ".png";
        detail::write_png_without_flush(folders[0] / name, pair.clean);
        detail::write_png_without_flush(folders[1] / name, pair.pixelated);
        const std::lock_guard lock(mutex);
        ++done;
        if (options.progress) options.progress(done, options.count);
    });
}

}  // namespace depix
