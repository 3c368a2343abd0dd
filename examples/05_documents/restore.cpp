// restore: cleans a dirty page, or a folder of them, such as the contest's test/.
#include "../restore_files.hpp"
#include "commands.hpp"
#include "networks.hpp"

int example::restore(const RestoreOptions& options) {
    return restore_files({"documents", "pages could not be restored", 1, true}, options.input, options.output,
                         load_network(options.network, options.weights, options.threads, options.device));
}
