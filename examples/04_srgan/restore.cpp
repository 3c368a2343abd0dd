// restore: enlarges a picture, or a folder of them, to four times the height and width.
#include "../restore_files.hpp"
#include "commands.hpp"
#include "networks.hpp"

int example::restore(const RestoreOptions& options) {
    return restore_files({"srgan", "pictures could not be enlarged", options.generator.channels}, options.input,
                         options.output,
                         load_network(options.generator, options.weights, options.threads, options.device));
}
