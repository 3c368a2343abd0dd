// restore: a dirty page, or a folder of them, such as the contest's test/.
#include <cstdio>

#include "commands.hpp"
#include "depix/data/picture_folder.hpp"
#include "depix/io/image.hpp"
#include "networks.hpp"

int example::restore(const RestoreOptions& options) {
    namespace fs = std::filesystem;
    const Cleaner clean = load_cleaner(options.network, options.weights, options.threads);
    if (!fs::is_directory(options.input)) {
        depix::write_image(options.output.string(), clean(depix::read_image(options.input.string(), 1)));
        return 0;
    }
    const depix::PictureFolder pages(options.input, {.channels = 1});
    fs::create_directories(options.output);
    std::size_t failed = 0;
    for (std::size_t i = 0; i < pages.size(); ++i) {
        try {
            const fs::path target = options.output / fs::path(pages.path(i)).filename().replace_extension(".png");
            depix::write_image(target.string(), clean(pages.read(i)));
            std::printf("%s\n", target.string().c_str());
        } catch (const std::exception& error) {  // one bad page does not stop the others
            std::fprintf(stderr, "documents: %s\n", error.what());
            ++failed;
        }
    }
    if (failed > 0) std::fprintf(stderr, "documents: %zu of %zu pages could not be restored\n", failed, pages.size());
    return failed > 0 ? 1 : 0;
}
