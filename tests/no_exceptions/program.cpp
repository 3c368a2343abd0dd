// A program compiled with -fno-exceptions -fno-rtti loads weights, restores a picture, also in tiles, and learns of
// errors through DEPIX_FAIL.
//
//     program             writes and loads weights, restores: status 0
//     program shape       a picture of the wrong shape: DEPIX_FAIL gets the message, status 3
//     program file        a file that does not exist: likewise
#include <cstdio>
#include <cstdlib>
#include <cstring>

[[noreturn]] inline void report_and_exit(const char* message) {
    std::printf("DEPIX_FAIL: %s\n", message);
    std::exit(3);
}
#define DEPIX_FAIL(message) report_and_exit(message)

#include "depix/inference.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/models/depixelizer.hpp"
#include "depix/restore.hpp"
#include "depix/static_inference.hpp"

using namespace depix;

int main(int count, char** arguments) {
    const char* what = count > 1 ? arguments[1] : "";
    Model<Depixelizer> model(1);
    if (std::strcmp(what, "file") == 0) load(model, "missing.safetensors");
    const Inference<Depixelizer> network{model};
    if (std::strcmp(what, "shape") == 0) return network(Image({1, 16, 16})).shape.channels;

    save(model, "no_exceptions.safetensors");
    Model<Depixelizer> loaded(2);
    load(loaded, "no_exceptions.safetensors");
    const Image image({3, 40, 50}, 0.5f);
    const Image whole = restore(Inference<Depixelizer, Reference>{loaded}, image);
    const Image tiled = restore(Inference<Depixelizer, Reference>{model}, image, Tiles{.size = 32, .jobs = 2});
    if (whole != tiled) return 1;
    return 0;
}
