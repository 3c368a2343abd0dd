// prepare: writes drawn pairs to OUT/noisy and OUT/clean, to look at, or to train something else.
#include <cstdio>

#include "commands.hpp"
#include "depix/io/image.hpp"

int example::prepare(const PrepareOptions& options) {
    std::filesystem::create_directories(options.output / "noisy");
    std::filesystem::create_directories(options.output / "clean");
    for (const PagePair& page : draw_pages({options.task, options.blur}, static_cast<std::size_t>(options.pairs),
                                           {1, options.size, options.size}, options.seed)) {
        depix::write_image((options.output / "noisy" / (page.name + ".png")).string(), page.degraded);
        depix::write_image((options.output / "clean" / (page.name + ".png")).string(), page.clean);
    }
    std::printf("%d pairs: %s\n", options.pairs, options.output.string().c_str());
    return 0;
}
