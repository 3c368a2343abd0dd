// prepare: writes drawn pairs to OUT/noisy and OUT/clean, to look at, or to train something else.
#include <cstdio>
#include <string>
#include <vector>

#include "binarizer_pages.hpp"
#include "commands.hpp"
#include "depix/io/image.hpp"

int example::prepare(const PrepareOptions& options) {
    std::filesystem::create_directories(options.output / "noisy");
    std::filesystem::create_directories(options.output / "clean");
    const auto count = static_cast<std::size_t>(options.pairs);
    std::vector<PagePair> pages;
    if (options.for_binarizer) {
        const BinarizerPages source(
            options.pages.empty() ? std::vector<PagePair>{} : read_pages(options.pages, options.only),
            {.whole = options.size, .seed = options.seed});
        for (std::size_t i = 0; i < count; ++i) {
            pages.push_back(source.page(0, i));
            pages.back().name += std::to_string(i);
        }
    } else {
        pages = draw_pages({options.task, options.blur}, count, {1, options.size, options.size}, options.seed);
    }
    for (const PagePair& page : pages) {
        depix::write_image((options.output / "noisy" / (page.name + ".png")).string(), page.degraded);
        depix::write_image((options.output / "clean" / (page.name + ".png")).string(), page.clean);
    }
    std::printf("%d pairs: %s\n", options.pairs, options.output.string().c_str());
    return 0;
}
