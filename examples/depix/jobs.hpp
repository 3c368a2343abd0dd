// What a command is to restore, and where to put it: settled, and checked, before anything is written.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "../plan_jobs.hpp"
#include "commands.hpp"
#include "depix/io/image.hpp"

namespace tool {

using example::Job;

struct FolderJobs {
    std::vector<Job> jobs;                              // in the order of their inputs' paths
    std::size_t skipped = 0;                            // were there already
    std::vector<depix::ImageFolder::LeftOut> left_out;  // what will not be restored, and why
};

/// The pictures of options.input, a folder: those of the shard, without those that are there already if so asked for.
/// Makes the output's folders. Throws UsageError for a format that is not written; depix::FileError as
/// example::plan_folder does (../plan_jobs.hpp).
FolderJobs plan_folder(const RestoreOptions& options);

/// The one of options.input, a file. Throws as above.
Job plan_file(const RestoreOptions& options);

/// png, jpg, jpeg or bmp, with or without a dot, in either case; nothing for others.
std::optional<depix::ImageFormat> find_format(std::string extension);

/// The format to write to this path: options.format, or else by its name. Throws UsageError where they differ, or
/// neither says it.
depix::ImageFormat output_format(const RestoreOptions& options, const std::filesystem::path& path);

}  // namespace tool
