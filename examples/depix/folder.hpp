// Reads, restores and writes the pictures of a folder at the same time.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "files.hpp"
#include "image.hpp"
#include "jobs.hpp"

namespace tool {

struct Failure {
    std::string input, why;
};

/// The pictures that a warning is of: by name the one whose path comes first.
struct WarnedPictures {
    std::string first;
    std::size_t count = 0;

    /// " and 3 more", or nothing.
    std::string others() const { return count > 1 ? " and " + std::to_string(count - 1) + " more" : std::string(); }
};

struct FolderResult {
    std::size_t restored = 0;
    std::map<std::string, WarnedPictures> warnings;  // by their texts
    std::vector<Failure> failures;                   // in the order of their inputs' paths
    double seconds = 0;
    bool interrupted = false;
};

/// Restores one picture; several threads call it at once.
using PictureRestorer = std::function<Picture(const Job&, Picture)>;

/// All pictures by one network, each in tiles.
PictureRestorer restorer_of(const Restorer& network, const Recipe& recipe, const RestoreOptions& options);

/// Restores all jobs, each picture by one thread. A picture that cannot be read, restored or written is noted, and the
/// others are done. After Ctrl+C the pictures that were begun are finished and no new ones are taken. A second Ctrl+C
/// ends the program at once.
FolderResult restore_folder(const PictureRestorer& restore, const std::vector<Job>& jobs,
                            const RestoreOptions& options);

}  // namespace tool
