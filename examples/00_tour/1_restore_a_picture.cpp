// 1: restore one picture.
//
// A network in depix is a type. `Depixelizer` (models/depixelizer.hpp) is the list of its layers; `Model` holds its
// weights under PyTorch's names; `Inference` prepares them for this processor. Preparing takes a while (batch norms are
// folded into the convolutions, weights are packed, every feature map gets its place in memory), so it is done once,
// and a call restores a picture without allocating anything but the result.
//
//     1_restore_a_picture WEIGHTS.safetensors PICTURE.png RESTORED.png
#include <depix/depix.hpp>
#include <depix/io/image.hpp>

#include <cstdio>
#include <exception>

int main(int count, char** arguments) {
    using namespace depix;
    if (count != 4) {
        std::fprintf(stderr, "usage: 1_restore_a_picture WEIGHTS.safetensors PICTURE.png RESTORED.png\n");
        return 2;
    }
    try {
        // Loading checks every tensor's name and shape before it writes the first number: a wrong file throws, names
        // all that is wrong with it, and leaves the model as it was.
        Model<Depixelizer> model;
        load(model, arguments[1]);

        // From here on the model is no longer needed. Calls are const and safe from many threads.
        const Inference<Depixelizer> network{model};

        // Three channels, whatever the file has. Depixelizer's sides must divide by 8; restore() continues a picture by
        // its edge until they do, and cuts the result to the size that it had.
        const Image picture = read_image(arguments[2], 3);
        const Image restored = restore(network, picture);

        // Written to a temporary name and renamed: the file is there whole, or not at all.
        write_image(arguments[3], restored);
        std::printf("%s: %s, restored\n", arguments[2], to_string(picture.shape).c_str());
    } catch (const std::exception& error) {  // every message names the file, the tensor or both shapes
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
