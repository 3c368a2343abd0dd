// What page.sh needs: weights and pictures to send, the server, and what it should answer.
//
//     page weights FILE SEED                     weights as they are before training
//     page picture FILE HEIGHT WIDTH             a smooth picture
//     page hole    FILE HEIGHT WIDTH             a mask: its upper left quarter is missing
//     page restore WEIGHTS IN OUT [MASK]         what the server answers
//     page serve   DENOISE INPAINT PORT
#include <cmath>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "../../examples/06_unet/commands.hpp"
#include "../../examples/06_unet/networks.hpp"
#include "depix/io/image.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/models/pixel_shuffle_unet.hpp"

namespace {

void make_weights(const std::string& path, std::uint64_t seed) {
    depix::save(depix::Model<depix::PixelShuffleUNet<16>>(seed, depix::Initialisation::HeNormal), path);
}

void make_picture(const std::string& path, int height, int width) {
    depix::Image image({3, height, width});
    for (int c = 0; c < 3; ++c)
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
                image(c, y, x) = 0.5f + 0.4f * std::sin(0.1f * static_cast<float>(x + y * c));
    depix::write_image(path, image);
}

void make_hole(const std::string& path, int height, int width) {
    depix::Image mask({1, height, width});
    for (int y = 0; y < height / 2; ++y)
        for (int x = 0; x < width / 2; ++x) mask(0, y, x) = 1;
    depix::write_image(path, mask);
}

void restore(const std::vector<std::string>& arguments) {
    depix::Image mask;
    const bool masked = arguments.size() > 4;
    if (masked) mask = depix::read_image(arguments[4], 1);
    const depix::AnyRestorer network = example::load_network(16, arguments[1], 1);
    depix::write_image(arguments[3],
                       example::restore_image(network, depix::read_image(arguments[2], 3), masked ? &mask : nullptr));
}

}  // namespace

int main(int count, char** arguments) {
    const std::vector<std::string> given(arguments + 1, arguments + count);
    try {
        const std::string& command = given.at(0);
        if (command == "weights") make_weights(given.at(1), std::stoul(given.at(2)));
        if (command == "picture") make_picture(given.at(1), std::stoi(given.at(2)), std::stoi(given.at(3)));
        if (command == "hole") make_hole(given.at(1), std::stoi(given.at(2)), std::stoi(given.at(3)));
        if (command == "restore") restore(given);
        if (command == "serve")
            return example::serve({.filters = 16,
                                   .denoise_weights = given.at(1),
                                   .inpaint_weights = given.at(2),
                                   .port = std::stoi(given.at(3)),
                                   .threads = 1});
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "page: %s\n", error.what());
        return 1;
    }
}
