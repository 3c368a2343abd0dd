// restore: restores a noisy picture, or one with holes.
//
// The network finds white holes itself. With --mask the mask says where they are. They are made white first, and
// afterwards only they are taken from the network's picture, so everything else stays as it was.
#include "../restore_files.hpp"
#include "commands.hpp"
#include "networks.hpp"

int example::restore(const RestoreOptions& options) {
    const depix::AnyRestorer network = load_network(options.filters, options.weights, options.threads, options.device);
    depix::Image mask;
    if (!options.mask.empty()) mask = depix::read_image(options.mask.string(), 1);
    const depix::Image* const holes = options.mask.empty() ? nullptr : &mask;
    return restore_files({"unet", "pictures could not be restored", 3}, options.input, options.output,
                         [&](const depix::Image& image) { return restore_image(network, image, holes); });
}
