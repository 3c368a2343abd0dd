// restore: a noisy picture, or one with holes.
//
// The network finds white holes itself. With --mask they may be anywhere: they are painted white first, and afterwards
// only they are taken from the network's picture, so that everything else stays as it was.
#include <cstdio>

#include "commands.hpp"
#include "depix/data/picture_folder.hpp"
#include "depix/io/image.hpp"
#include "networks.hpp"

int example::restore(const RestoreOptions& options) {
    namespace fs = std::filesystem;
    const Restorer network = load_restorer(options.filters, options.weights, options.threads);
    depix::Image mask;
    if (!options.mask.empty()) mask = depix::read_image(options.mask.string(), 1);
    const depix::Image* const holes = options.mask.empty() ? nullptr : &mask;
    if (!fs::is_directory(options.input)) {
        depix::Image picture = depix::read_image(options.input.string(), 3);
        depix::write_image(options.output.string(), restore_picture(network, std::move(picture), holes));
        return 0;
    }
    const depix::PictureFolder pictures(options.input, {.channels = 3, .recursive = false});
    fs::create_directories(options.output);
    std::size_t failed = 0;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        try {
            const fs::path target = options.output / fs::path(pictures.path(i)).filename().replace_extension(".png");
            depix::write_image(target.string(), restore_picture(network, pictures.read(i), holes));
            std::printf("%s\n", target.string().c_str());
        } catch (const std::exception& error) {  // one bad picture does not stop the others
            std::fprintf(stderr, "unet: %s\n", error.what());
            ++failed;
        }
    }
    if (failed > 0) std::fprintf(stderr, "unet: %zu of %zu pictures could not be restored\n", failed, pictures.size());
    return failed > 0 ? 1 : 0;
}
