#include "jobs.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <system_error>

#include "depix/data/sources/picture_folder.hpp"

namespace fs = std::filesystem;

namespace {

constexpr const char* formats = "png, jpg, bmp";

std::string extension_of(const tool::RestoreOptions& options) {
    if (options.format.empty()) return ".png";
    if (!tool::find_format(options.format))
        throw tool::UsageError(std::string("-f ").append(options.format).append(": there are ").append(formats));
    return "." + options.format;
}

bool is_same(const fs::path& a, const fs::path& b) {
    std::error_code missing;  // then they differ
    return fs::equivalent(a, b, missing);
}

// Whether the file lies in the folder, or in one below it.
bool lies_in(const fs::path& file, const fs::path& folder) {
    for (fs::path above = file.parent_path(); !above.empty(); above = above.parent_path()) {
        if (is_same(above, folder)) return true;
        if (above == above.parent_path()) break;
    }
    return false;
}

void make_folder(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) throw depix::FileError(folder.string(), "cannot make the folder: " + error.message());
}

void refuse_collisions(const std::vector<tool::Job>& jobs) {
    std::map<fs::path, fs::path> inputs;  // by what becomes of them
    for (const tool::Job& job : jobs) {
        const auto [other, is_new] = inputs.emplace(job.output, job.input);
        if (is_new) continue;
        throw depix::FileError(job.input.string(), "and " + other->second.string() + " would both become " +
                                                       job.output.string() + "; nothing was written");
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
    const fs::path input = options.input, output = options.output;
    if (is_same(input, output)) throw UsageError(options.output + ": the results go to another folder");
    if (fs::exists(output) && !fs::is_directory(output))
        throw UsageError(options.output + ": is a file; the results of a folder go to a folder");
    const depix::PictureFolder pictures(input, {.channels = 0, .recursive = options.recursive, .limits = {}});

    std::vector<Job> all;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        const fs::path path = pictures.path(i);
        if (options.recursive && lies_in(path, output)) continue;  // an earlier run's results
        all.push_back({path, (output / path.lexically_relative(input)).replace_extension(extension_of(options))});
    }
    refuse_collisions(all);

    FolderJobs plan;
    for (std::size_t i = static_cast<std::size_t>(options.shard.number - 1); i < all.size();
         i += static_cast<std::size_t>(options.shard.count)) {
        if (options.skip_existing && fs::exists(all[i].output))
            ++plan.skipped;
        else
            plan.jobs.push_back(all[i]);
    }
    make_folder(output);
    for (const Job& job : plan.jobs) make_folder(job.output.parent_path());
    return plan;
}

tool::Job tool::plan_file(const RestoreOptions& options) {
    Job job{options.input, options.output};
    if (options.output != "-" && fs::is_directory(job.output)) {
        if (options.input == "-")
            throw UsageError(options.output + ": is a folder; what comes from standard input has no name there");
        job.output /= job.input.filename().replace_extension(extension_of(options));
    }
    if (is_same(job.input, job.output)) throw UsageError(job.output.string() + ": is the input itself");
    return job;
}
