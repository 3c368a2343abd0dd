// Writes the firmware's weights as a C++ header.
//
//     export_weights TINY.safetensors examples/02_firmware/weights.hpp    of a trained model
//     export_weights - examples/02_firmware/weights.hpp                   untrained: PyTorch's initialisation, seed 1
//
// CMake builds it: cmake --preset release && cmake --build --preset release --target export_weights. The program is
// then in build/release/examples/02_firmware/.
#include <exception>
#include <iostream>
#include <string>

#include "../network.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/io/weights_header.hpp"
#include "depix/model.hpp"

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: export_weights MODEL.safetensors|- HEADER.hpp\n";
        return 2;
    }
    try {
        depix::Model<Tiny> model(1);
        if (std::string(argv[1]) != "-") depix::load(model, argv[1]);
        depix::write_weights_header(model, argv[2], "tiny");
    } catch (const std::exception& error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
    return 0;
}
