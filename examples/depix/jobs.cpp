#include "jobs.hpp"

#include <algorithm>
#include <utility>

namespace fs = std::filesystem;

namespace {

// Why a format cannot be written.
std::string why_not(const tool::Format* format) {
    if (format == nullptr) return "unknown";
    if (format->read != nullptr) return "read, but not written";
    return std::string("this build was made without ") + format->library;
}

std::string extension_of(const tool::RestoreOptions& options) {
    if (options.format.empty()) return ".png";
    const tool::Format* const format = tool::find_format(options.format);
    if (format == nullptr || format->append == nullptr)
        throw tool::UsageError("-f " + options.format + ": " + why_not(format) + "; there are " +
                               tool::written_formats());
    return "." + options.format;
}

// What the planner refuses is an error of usage.
template <class Plan>
auto planned(Plan&& plan) {
    try {
        return plan();
    } catch (const example::OverwriteError& error) {
        throw tool::UsageError(error.what());
    }
}

}  // namespace

const tool::Format& tool::output_format(const RestoreOptions& options, const fs::path& path) {
    extension_of(options);  // refuses an unknown -f
    const Format* const named = find_format(path.extension().string());
    const Format* const asked = find_format(options.format);
    if (named != nullptr && asked != nullptr && named != asked)
        throw UsageError(path.string() + ": not the name of a file in the format of -f " + options.format);
    if (named != nullptr && named->append != nullptr) return *named;
    if (named == nullptr && asked != nullptr) return *asked;
    if (path == "-") return *find_format("png");
    throw UsageError(path.string() + ": " + (named != nullptr ? why_not(named) + "; " : std::string()) +
                     "pictures are written as " + written_formats() + "; -f says which");
}

tool::FolderJobs tool::plan_folder(const RestoreOptions& options) {
    const example::PlanOptions names{.extension = extension_of(options),
                                     .recursive = options.recursive,
                                     .full_names = options.full_names,
                                     .more_extensions = more_extensions()};
    example::Plan all = planned([&] { return example::plan_folder(options.input, options.output, names); });
    FolderJobs plan{{}, 0, std::move(all.left_out)};
    for (std::size_t i = static_cast<std::size_t>(options.shard.number - 1); i < all.jobs.size();
         i += static_cast<std::size_t>(options.shard.count)) {
        if (options.skip_existing && fs::exists(all.jobs[i].output))
            ++plan.skipped;
        else
            plan.jobs.push_back(all.jobs[i]);
    }
    example::make_folder(options.output);
    for (const Job& job : plan.jobs) example::make_folder(job.output.parent_path());
    return plan;
}

tool::Job tool::plan_file(const RestoreOptions& options) {
    if (options.output == "-") return {options.input, options.output};
    if (options.input == "-" && fs::is_directory(options.output))
        throw UsageError(options.output + ": is a folder; what comes from standard input has no name there");
    return planned([&] { return example::plan_file(options.input, options.output, extension_of(options)); });
}
