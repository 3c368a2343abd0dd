// prepare: writes what the network is to learn as files, to look at.
//
// Training needs none of them, because it makes its pairs while it runs. NAME_LR.png is the network's input, and
// NAME_HR.png is what it should make of it. `evaluate` takes such a folder.
#include <cstdio>

#include "commands.hpp"
#include "depix/data/sources/super_resolution.hpp"

int example::prepare(const PrepareOptions& options) {
    namespace fs = std::filesystem;
    const depix::ImageFolder images(options.images, {.channels = 3, .recursive = false});
    fs::create_directories(options.output);
    const auto write = [&](const std::string& name, const depix::SuperResolutionPair& pair) {
        depix::write_image((options.output / (name + "_LR.png")).string(), pair.low);
        depix::write_image((options.output / (name + "_HR.png")).string(), pair.high);
    };
    const auto name = [&](std::size_t i) { return fs::path(images.path(i)).stem().string(); };
    std::size_t pairs = images.size();
    if (options.high == 0) {
        for (std::size_t i = 0; i < pairs; ++i) write(name(i), depix::make_super_resolution_pair(images.read(i)));
    } else {
        const depix::SuperResolutionSource source(images, {.high = options.high,
                                                           .enlarge = options.enlarge,
                                                           .crops_per_image = static_cast<std::size_t>(options.crops),
                                                           .seed = options.seed});
        pairs = source.size();
        for (std::size_t i = 0; i < pairs; ++i)
            write(name(i % images.size()) + "_" + std::to_string(i / images.size()), source.pair(0, i));
    }
    std::printf("%zu pairs: %s\n", pairs, options.output.string().c_str());
    return 0;
}
