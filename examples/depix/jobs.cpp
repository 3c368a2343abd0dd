#include "jobs.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace fs = std::filesystem;

namespace {

constexpr const char* formats = "png, jpg, bmp";

std::string extension_of(const tool::RestoreOptions& options) {
    if (options.format.empty()) return ".png";
    if (!tool::find_format(options.format))
        throw tool::UsageError(std::string("-f ").append(options.format).append(": there are ").append(formats));
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

std::optional<depix::ImageFormat> tool::find_format(std::string extension) {
    for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (extension.starts_with('.')) extension.erase(0, 1);
    if (extension == "png") return depix::ImageFormat::PNG;
    if (extension == "jpg" || extension == "jpeg") return depix::ImageFormat::JPEG;
    if (extension == "bmp") return depix::ImageFormat::BMP;
    return {};
}

depix::ImageFormat tool::output_format(const RestoreOptions& options, const fs::path& path) {
    extension_of(options);  // refuses an unknown -f
    const auto named = find_format(path.extension().string()), asked = find_format(options.format);
    if (named && asked && *named != *asked)
        throw UsageError(path.string() + ": not the name of a file in the format of -f " + options.format);
    if (named) return *named;
    if (asked) return *asked;
    if (path == "-") return depix::ImageFormat::PNG;
    throw UsageError(path.string() + ": pictures are written as " + formats + "; -f says which");
}

tool::FolderJobs tool::plan_folder(const RestoreOptions& options) {
    const example::PlanOptions names{
        .extension = extension_of(options), .recursive = options.recursive, .full_names = options.full_names};
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
