// 1: restore one picture.
//
// A network in depix is a type. `Depixelizer` (models/depixelizer.hpp) is the list of its layers; `Model` holds its
// weights under PyTorch's names; `Inference` prepares them for this processor. Preparing takes a while, because it
// folds batch norms into the convolutions, packs the weights and gives every feature map its place in memory. So it is
// done once. After that, a call restores a picture and allocates nothing but the result.
//
//     1_restore_a_picture WEIGHTS.safetensors PICTURE.png RESTORED.png
#include <depix/depix.hpp>
#include <depix/io/image.hpp>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <system_error>

int main(int count, char** arguments) {
    using namespace depix;
    if (count != 4) {
        std::fprintf(stderr, "usage: 1_restore_a_picture WEIGHTS.safetensors PICTURE.png RESTORED.png\n");
        return 2;
    }
    try {
        // Loading checks every tensor's name and shape before it writes the first number. For a wrong file it throws an
        // error that names everything that is wrong, and the model stays as it was.
        Model<Depixelizer> model;
        load(model, arguments[1]);

        // A result must not replace its picture, under any name or link.
        std::error_code missing;
        if (std::filesystem::equivalent(arguments[2], arguments[3], missing))
            throw FileError(arguments[3], "is the picture itself; choose another name for the result");

        // From here on the model is no longer needed. Calls are const and safe from many threads.
        const Inference<Depixelizer> network{model};

        // The picture is read with three channels, whatever the file has. Depixelizer needs sides that divide by 8.
        // restore() reflects the picture at its edges until they do, and cuts the result to the picture's own size.
        const Image image = read_image(arguments[2], 3);
        const Image restored = restore(network, image);

        // The file is written under a temporary name and then renamed, so it is complete or absent.
        write_image(arguments[3], restored);
        std::printf("%s: %s, restored\n", arguments[2], to_string(image.shape).c_str());
    } catch (const std::exception& error) {  // every message names the file, the tensor or both shapes
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
