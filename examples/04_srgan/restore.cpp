// restore: a picture, or a folder of them, four times as high and wide.
#include <cstdio>

#include "commands.hpp"
#include "depix/data/picture_folder.hpp"
#include "depix/io/image.hpp"

int example::restore(const RestoreOptions& options) {
    namespace fs = std::filesystem;
    const Enlarger enlarge = load_enlarger(options.width, options.weights, options.threads);
    if (!fs::is_directory(options.input)) {
        depix::write_image(options.output.string(), enlarge(depix::read_image(options.input.string(), 3)));
        return 0;
    }
    const depix::PictureFolder pictures(options.input, {.channels = 3, .recursive = false});
    fs::create_directories(options.output);
    std::size_t failed = 0;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        try {
            const fs::path target = options.output / fs::path(pictures.path(i)).filename().replace_extension(".png");
            depix::write_image(target.string(), enlarge(pictures.read(i)));
            std::printf("%s\n", target.string().c_str());
        } catch (const std::exception& error) {  // one bad picture does not stop the others
            std::fprintf(stderr, "srgan: %s\n", error.what());
            ++failed;
        }
    }
    if (failed > 0) std::fprintf(stderr, "srgan: %zu of %zu pictures could not be enlarged\n", failed, pictures.size());
    return failed > 0 ? 1 : 0;
}
