// What every example's `restore` does around its network: one picture, or all pictures of a folder.
#pragma once

#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "depix/data/sources/image_folder.hpp"
#include "depix/io/image.hpp"
#include "depix/restore/any_restorer.hpp"
#include "plan_jobs.hpp"

namespace example {

struct RestoreFiles {
    const char* program;    // for messages
    const char* complaint;  // such as "pages could not be restored"
    int channels;           // that pictures are converted to
    bool recursive = false;
};

/// Writes restore(input) to output. For a folder it does this with every picture, as PNG under its own name; a picture
/// that cannot be read or restored is reported and left out. Returns the exit status, which is 1 if there was such a
/// picture. A single picture throws instead. No result replaces an input or another result: see plan_jobs.hpp.
inline int restore_files(const RestoreFiles& files, const std::filesystem::path& input,
                         const std::filesystem::path& output, const depix::AnyRestorer& restore) {
    if (!std::filesystem::is_directory(input)) {
        const Job job = plan_file(input, output, ".png");
        depix::write_image(job.output.string(), restore(depix::read_upright(job.input.string(), files.channels)));
        return 0;
    }
    const Plan plan = plan_folder(input, output, {.recursive = files.recursive});
    std::size_t failed = 0;
    for (const depix::ImageFolder::LeftOut& left_out : plan.left_out) {
        std::fprintf(stderr, "%s: %s %s\n", files.program, left_out.path.c_str(), left_out.why.c_str());
        ++failed;
    }
    for (const Job& job : plan.jobs) {
        try {
            make_folder(job.output.parent_path());
            depix::write_image(job.output.string(), restore(depix::read_upright(job.input.string(), files.channels)));
            std::printf("%s\n", job.output.string().c_str());
        } catch (const std::exception& error) {  // one bad picture does not stop the others
            std::fprintf(stderr, "%s: %s\n", files.program, error.what());
            ++failed;
        }
    }
    if (failed > 0)
        std::fprintf(stderr, "%s: %zu of %zu %s\n", files.program, failed, plan.jobs.size() + plan.left_out.size(),
                     files.complaint);
    return failed > 0 ? 1 : 0;
}

}  // namespace example
