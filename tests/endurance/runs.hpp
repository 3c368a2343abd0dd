// What the runs of kills.sh and kills_mpi.sh train, and how they write their losses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include "depix/data/loader.hpp"
#include "depix/depix.hpp"

namespace depix {

// Networks with all that a checkpoint must keep: weights, running statistics, and a layer that draws random numbers.
using Restorer = Sequential<Conv<1, 4>, BatchNorm<4>, ReLU, Dropout<std::ratio<1, 10>>, Conv<4, 1>>;
using Discriminator = Sequential<Conv<1, 4, 4, Stride<2>, Padding<1>>, LeakyReLU<>, Conv<4, 1>, Sigmoid>;

/// Noise, and the target 0.5 x + 0.1; a pair depends on the epoch and its index alone.
struct Pairs {
    std::size_t pairs = 24;

    std::size_t size() const { return pairs; }
    Shape input_shape() const { return {1, 8, 8}; }
    Shape target_shape() const { return {1, 8, 8}; }
    void pair(std::uint64_t epoch, std::size_t index, View<float> input, View<float> target) const {
        Random random(1, epoch, index);
        for (int y = 0; y < 8; ++y)
            for (int x = 0; x < 8; ++x) {
                input(0, 0, y, x) = static_cast<float>(random.uniform());
                target(0, 0, y, x) = 0.5f * input(0, 0, y, x) + 0.1f;
            }
    }
};

/// A trainer of both networks, on any backend.
template <class Backend>
AdversarialTrainer<Restorer, Discriminator, MeanSquaredError, BinaryCrossEntropy, Adam, Backend, float>
adversarial_trainer(Model<Restorer>& generator, Model<Discriminator>& discriminator, const Backend& backend) {
    return {generator, discriminator, {}, {}, Adam{}, Adam{}, AdversarialOptions{.average_decay = 0.9}, backend, 1};
}
inline AdversarialFitOptions adversarial_options(const std::string& folder, int epochs) {
    return {.epochs = epochs,
            .checkpoint = folder + "/checkpoint.safetensors",
            .checkpoint_every_steps = 1,
            .generator_weights = folder + "/best.safetensors",
            .history_csv = folder + "/history.csv"};
}

/// Writes FOLDER/losses.txt: every epoch's losses, bit for bit.
template <class Record, class... Losses>
void write_losses(const std::string& folder, const std::vector<Record>& history, Losses... losses) {
    std::FILE* const file = std::fopen((folder + "/losses.txt").c_str(), "w");
    if (file == nullptr) throw FileError(folder, "cannot write");
    for (const Record& record : history) {
        (std::fprintf(file, " %a", record.*losses), ...);
        std::fprintf(file, "\n");
    }
    std::fclose(file);
}
inline void write_losses(const std::string& folder, const History& history) {
    write_losses(folder, history, &EpochRecord::training_loss, &EpochRecord::validation_loss,
                 &EpochRecord::learning_rate);
}
inline void write_losses(const std::string& folder, const AdversarialHistory& history) {
    write_losses(folder, history, &AdversarialRecord::discriminator_real, &AdversarialRecord::discriminator_fake,
                 &AdversarialRecord::adversarial, &AdversarialRecord::content);
}

}  // namespace depix
