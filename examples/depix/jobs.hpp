// Decides what a command restores and where it puts it, and checks this before anything is written.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "../plan_jobs.hpp"
#include "commands.hpp"
#include "formats.hpp"

namespace tool {

using example::Job;

struct FolderJobs {
    std::vector<Job> jobs;                              // in the order of their inputs' paths
    std::size_t skipped = 0;                            // results that were there already
    std::vector<depix::ImageFolder::LeftOut> left_out;  // what will not be restored, and why
};

/// The jobs for the folder options.input: the pictures of the shard, without those whose results are there already if
/// options.skip_existing is set. Makes the output's folders. Throws UsageError for a format that is not written, and
/// depix::FileError as example::plan_folder does (../plan_jobs.hpp).
FolderJobs plan_folder(const RestoreOptions& options);

/// The job for the file options.input. Throws as above.
Job plan_file(const RestoreOptions& options);

/// The format to write to this path: options.format, or else the format that the path's name has. Throws UsageError if
/// the two differ, or if neither gives a format that this build writes.
const Format& output_format(const RestoreOptions& options, const std::filesystem::path& path);

}  // namespace tool
