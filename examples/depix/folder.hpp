// Reads, restores and writes the pictures of a folder at the same time.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "image.hpp"
#include "jobs.hpp"

namespace tool {

struct Failure {
    std::string input, why;
};

struct FolderResult {
    std::size_t restored = 0;
    std::vector<Failure> failures;  // in the order of their inputs' paths
    double seconds = 0;
    bool interrupted = false;
};

/// Restores all jobs, each picture by one thread. A picture that cannot be read, restored or written is noted, and the
/// others are done. After Ctrl+C the pictures that were begun are finished and no new ones are taken. A second Ctrl+C
/// ends the program at once.
FolderResult restore_folder(const Restorer& network, const Recipe& recipe, const std::vector<Job>& jobs,
                            const RestoreOptions& options);

}  // namespace tool
