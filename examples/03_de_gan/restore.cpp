// restore: restores a page, or a folder of pages. The task binarize makes them black and white.
#include "../restore_files.hpp"
#include "commands.hpp"
#include "depix/image/binarize.hpp"
#include "networks.hpp"

int example::restore(const RestoreOptions& options) {
    const depix::AnyRestorer enhance = load_network(options.weights, options.threads, options.device);
    const auto restored = [&](const depix::Image& page) {
        const depix::Image grey = enhance(page);
        if (options.task != Task::Binarize || options.grey) return grey;
        return depix::binarize(grey, options.threshold > 0 ? options.threshold : depix::otsu_threshold(grey));
    };
    return restore_files({"de_gan", "pages could not be restored", 1}, options.input, options.output, restored);
}
