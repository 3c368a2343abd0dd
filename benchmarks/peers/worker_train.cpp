// One half of train_depixelizer.py: makes training steps of the depixelizer when asked to. For each number N on
// standard input it makes N steps on one batch of 32 and prints their times in milliseconds, as a JSON list.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "depix/models/depixelizer.hpp"
#include "depix/train/trainer.hpp"

int main(int count, char** arguments) {
    const int threads = count > 1 ? std::atoi(arguments[1]) : 2;
    depix::Model<depix::Depixelizer> model;
    depix::Trainer trainer{model, depix::MeanSquaredError{}, depix::Adam{}, depix::Cpu{}, threads};
    depix::Tensor<float> input(32, {3, 64, 256}), target(32, {3, 64, 256});
    depix::Random random(1);
    for (float& value : input.data) value = static_cast<float>(random.uniform());
    for (float& value : target.data) value = static_cast<float>(random.uniform());
    trainer.step(input, target);
    std::printf("ready\n");
    std::fflush(stdout);
    for (char line[32]; std::fgets(line, sizeof line, stdin);) {
        const int steps = std::atoi(line);
        for (int i = 0; i < steps; ++i) {
            const auto start = std::chrono::steady_clock::now();
            trainer.step(input, target);
            const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
            std::printf("%s%.4f", i == 0 ? "[" : ", ", time.count());
        }
        std::printf("]\n");
        std::fflush(stdout);
    }
}
