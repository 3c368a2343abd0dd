// Trains the firmware's network on the host and writes its weights as a C++ header. The types are the same, and it
// takes a minute.
//
//     cmake --preset release && cmake --build --preset release --target train_weights
//     build/release/examples/02_firmware/train_weights examples/02_firmware/weights.hpp
//
// The pairs are those of the first example, in the firmware's size and grey: text of two to five characters, pixelated
// by a window of 2, 3 or 4. Every step draws new ones. It runs on one thread, so that the result has the same bits
// everywhere.
#include <cmath>
#include <cstdio>
#include <exception>
#include <numbers>

#include "../network.hpp"
#include "depix/data/text/text_images.hpp"
#include "depix/io/weights_header.hpp"
#include "depix/train/trainer.hpp"

int main(int count, char** arguments) {
    if (count != 2) {
        std::fprintf(stderr, "usage: train_weights HEADER.hpp\n");
        return 2;
    }
    try {
        depix::TextOptions recipe;
        recipe.shape = image_shape;
        recipe.min_characters = 2;
        recipe.max_characters = 5;
        recipe.largest_x = 20;
        recipe.largest_y = 12;
        const depix::TextImages images(depix::Font(depix::find_font()), recipe);

        constexpr int batch = 32, steps = 30000;
        constexpr double learning_rate = 1e-2;
        depix::Tensor<float> pixelated(batch, image_shape), clean(batch, image_shape);
        depix::Model<Tiny> model(1);
        depix::Trainer trainer{model, depix::MeanSquaredError{}, depix::Adam{}, depix::Cpu{}, 1};
        double loss = 0;
        for (int step = 0; step < steps; ++step) {
            for (int n = 0; n < batch; ++n) {
                depix::Random random(1, static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(n));
                images.draw(random, pixelated.view().images(n, 1), clean.view().images(n, 1));
            }
            trainer.optimizer.learning_rate =
                learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * step / static_cast<double>(steps)));
            loss += trainer.step(pixelated, clean);
            if ((step + 1) % 1000 == 0) {
                std::printf("step %5d of %d: %.2f dB\n", step + 1, steps, -10 * std::log10(loss / 1000));
                loss = 0;
            }
        }
        depix::write_weights_header(model, arguments[1], "tiny");
    } catch (const std::exception& error) {
        std::fprintf(stderr, "train_weights: %s\n", error.what());
        return 1;
    }
}
