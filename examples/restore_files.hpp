// What every example's `restore` does around its network: one picture, or all pictures of a folder.
#pragma once

#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "depix/data/sources/picture_folder.hpp"
#include "depix/io/image.hpp"
#include "depix/restore/any_restorer.hpp"

namespace example {

struct RestoreFiles {
    const char* program;    // for messages
    const char* complaint;  // such as "pages could not be restored"
    int channels;           // pictures are converted to
    bool recursive = false;
};

/// Writes restore(input) to output; of a folder every picture, as PNG under its own name, and what cannot be read or
/// restored is reported and left out. The exit status: 1 if there was such a picture. A single picture throws.
inline int restore_files(const RestoreFiles& files, const std::filesystem::path& input,
                         const std::filesystem::path& output, const depix::AnyRestorer& restore) {
    namespace fs = std::filesystem;
    if (!fs::is_directory(input)) {
        depix::write_image(output.string(), restore(depix::read_image(input.string(), files.channels)));
        return 0;
    }
    const depix::PictureFolder pictures(input, {.channels = files.channels, .recursive = files.recursive});
    fs::create_directories(output);
    std::size_t failed = 0;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        try {
            const fs::path target = output / fs::path(pictures.path(i)).filename().replace_extension(".png");
            depix::write_image(target.string(), restore(pictures.read(i)));
            std::printf("%s\n", target.string().c_str());
        } catch (const std::exception& error) {  // one bad picture does not stop the others
            std::fprintf(stderr, "%s: %s\n", files.program, error.what());
            ++failed;
        }
    }
    if (failed > 0)
        std::fprintf(stderr, "%s: %zu of %zu %s\n", files.program, failed, pictures.size(), files.complaint);
    return failed > 0 ? 1 : 0;
}

}  // namespace example
