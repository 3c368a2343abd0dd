// What a command is to restore, and where to put it: settled, and checked, before anything is written.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "commands.hpp"
#include "depix/io/image.hpp"

namespace tool {

struct Job {
    std::filesystem::path input, output;
};

struct FolderJobs {
    std::vector<Job> jobs;    // in the order of their inputs' paths
    std::size_t skipped = 0;  // were there already
};

/// The pictures of options.input, a folder: those of the shard, without those that are there already if so asked for.
/// Makes the output's folders. Throws UsageError if the output is the input's folder; depix::FileError if a folder
/// cannot be read or made, and if two pictures would become the same file.
FolderJobs plan_folder(const RestoreOptions& options);

/// The one of options.input, a file. Throws as above, also if input and output are the same file.
Job plan_file(const RestoreOptions& options);

/// png, jpg, jpeg or bmp, with or without a dot, in either case; nothing for others.
std::optional<depix::ImageFormat> find_format(std::string extension);

/// The format to write to this path: options.format, or else by its name. Throws UsageError where they differ, or
/// neither says it.
depix::ImageFormat output_format(const RestoreOptions& options, const std::filesystem::path& path);

}  // namespace tool
