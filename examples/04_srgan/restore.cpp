// restore: enlarges a picture, or a folder of them, to four times the height and width.
#include "../restore_files.hpp"
#include "commands.hpp"

int example::restore(const RestoreOptions& options) {
    return restore_files({"srgan", "pictures could not be enlarged", 3}, options.input, options.output,
                         load_network(options.width, options.weights, options.threads));
}
