// resize: prepares a folder of pictures as the original trains on them, each squeezed or stretched to one square.
#include "depix/image/resize.hpp"

#include <cstdio>

#include "../restore_files.hpp"
#include "commands.hpp"

int example::resize(const ResizeOptions& options) {
    const auto square = [side = options.size](const depix::Image& image) {
        return depix::quantized(depix::resize(image, side, side));
    };
    return restore_files({"unet", "pictures could not be resized", 3}, options.input, options.output, square);
}
