// restore: a page, or a folder of them. Pages to be binarized come out black and white.
#include <cstdio>

#include "commands.hpp"
#include "depix/data/binarize.hpp"
#include "depix/data/picture_folder.hpp"
#include "depix/io/image.hpp"
#include "networks.hpp"

int example::restore(const RestoreOptions& options) {
    namespace fs = std::filesystem;
    const Enhancer enhance = load_enhancer(options.filters, options.weights, options.threads);
    const auto restored = [&](const depix::Image& page) {
        const depix::Image grey = enhance(page);
        if (options.task != Task::binarize || options.grey) return grey;
        return depix::binarize(grey, options.threshold > 0 ? options.threshold : depix::otsu_threshold(grey));
    };
    if (!fs::is_directory(options.input)) {
        depix::write_image(options.output.string(), restored(depix::read_image(options.input.string(), 1)));
        return 0;
    }
    const depix::PictureFolder pages(options.input, {.channels = 1, .recursive = false});
    fs::create_directories(options.output);
    std::size_t failed = 0;
    for (std::size_t i = 0; i < pages.size(); ++i) {
        try {
            const fs::path target = options.output / fs::path(pages.path(i)).filename().replace_extension(".png");
            depix::write_image(target.string(), restored(pages.read(i)));
            std::printf("%s\n", target.string().c_str());
        } catch (const std::exception& error) {  // one bad page does not stop the others
            std::fprintf(stderr, "de_gan: %s\n", error.what());
            ++failed;
        }
    }
    if (failed > 0) std::fprintf(stderr, "de_gan: %zu of %zu pages could not be restored\n", failed, pages.size());
    return failed > 0 ? 1 : 0;
}
