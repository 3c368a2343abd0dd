// Decides what to restore and where to put it, and checks this before anything is written. The examples and the tool
// use it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "depix/data/sources/image_folder.hpp"
#include "depix/error.hpp"
#include "system_calls.hpp"

namespace example {

struct Job {
    std::filesystem::path input, output;
};

/// A result would replace an input, or something that it cannot replace.
struct OverwriteError : depix::FileError {
    using FileError::FileError;
};

struct Plan {
    std::vector<Job> jobs;                              // in the order of their inputs' paths
    std::vector<depix::ImageFolder::LeftOut> left_out;  // what will not be restored, and why
};

/// How the results of a folder are named.
struct PlanOptions {
    std::string extension = ".png";
    bool recursive = false;                         // sub-folders too, under their names
    bool full_names = false;                        // x.jpg becomes x.jpg.png, so x.jpg and x.png may lie side by side
    std::vector<std::string> more_extensions = {};  // see depix::ImageFolderOptions
};

/// Throws OverwriteError if a result would replace an input, under any name or link, and depix::FileError if it would
/// replace another result.
inline void refuse_overwriting(const std::vector<Job>& jobs) {
    std::map<FileIdentity, std::filesystem::path> inputs;
    for (const Job& job : jobs) {
        const FileIdentity file(job.input);
        if (file.exists()) inputs.emplace(file, job.input);
    }
    std::map<std::filesystem::path, std::filesystem::path> results;  // the input of each result
    for (const Job& job : jobs) {
        const FileIdentity file(job.output);
        const auto input = inputs.find(file);
        if (file.exists() && input != inputs.end())
            throw OverwriteError(job.output.string(),
                                 "is " + input->second.string() + ", an input; nothing was written");
        const auto [other, is_new] = results.emplace(job.output.lexically_normal(), job.input);
        if (!is_new)
            throw depix::FileError(job.input.string(), "and " + other->second.string() + " would both become " +
                                                           job.output.string() + "; nothing was written");
    }
}

/// Whether the file lies in the folder, or in one below it.
inline bool lies_in(const std::filesystem::path& file, const std::filesystem::path& folder) {
    const FileIdentity wanted(folder);
    if (!wanted.exists()) return false;
    std::error_code error;
    // Without links and "..", because the folder above "a/.." is not "a".
    const std::filesystem::path place = std::filesystem::absolute(file, error).parent_path();
    for (auto above = std::filesystem::weakly_canonical(place, error); !above.empty(); above = above.parent_path()) {
        if (FileIdentity(above) == wanted) return true;
        if (above == above.parent_path()) break;
    }
    return false;
}

/// A job for each picture of a folder; the results go to another folder. If the output lies inside the input, as in
/// `-r -i . -o done`, what lies there is taken for an earlier run's results and left out. Throws depix::FileError if
/// the folder cannot be read, OverwriteError if both folders are the same, and what refuse_overwriting throws.
inline Plan plan_folder(const std::filesystem::path& input, const std::filesystem::path& output,
                        const PlanOptions& options) {
    namespace fs = std::filesystem;
    const FileIdentity from(input), to(output);
    if (from.exists() && from == to) throw OverwriteError(output.string(), "is the input's folder; choose another");
    if (to.exists() && !fs::is_directory(output))
        throw OverwriteError(output.string(), "is a file; the results of a folder go to a folder");
    const depix::ImageFolder images(
        input,
        {.channels = 0, .recursive = options.recursive, .limits = {}, .more_extensions = options.more_extensions});
    const bool inside = options.recursive && lies_in(output / "result", input);
    Plan plan{{}, images.left_out()};
    for (std::size_t i = 0; i < images.size(); ++i) {
        const fs::path path = images.path(i);
        if (inside && lies_in(path, output)) continue;
        fs::path result = output / path.lexically_relative(input);
        if (options.full_names)
            result += options.extension;
        else
            result.replace_extension(options.extension);
        plan.jobs.push_back({path, result});
    }
    if (plan.jobs.empty() && images.size() > 0)
        throw depix::FileError(input.string(), "holds no picture besides those in the output's folder");
    refuse_overwriting(plan.jobs);
    return plan;
}

/// The job for a file. If the output is a folder, the result gets the input's name. Throws what refuse_overwriting
/// throws.
inline Job plan_file(const std::filesystem::path& input, std::filesystem::path output, const std::string& extension) {
    if (std::filesystem::is_directory(output)) output /= input.filename().replace_extension(extension);
    const Job job{input, output};
    refuse_overwriting({job});
    return job;
}

inline void make_folder(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) throw depix::FileError(folder.string(), "cannot make the folder: " + error.message());
}

}  // namespace example
