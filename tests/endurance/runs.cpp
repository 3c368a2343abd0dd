// Runs for kills.sh: `runs training FOLDER` and `runs adversarial FOLDER` train for a second or two, with a checkpoint
// after every step, and go on from one that is there. When they are done, FOLDER/result holds all weights,
// FOLDER/losses.txt every epoch's losses, bit for bit.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "depix/data/loader.hpp"
#include "depix/depix.hpp"
#include "depix/train/adversarial_fit.hpp"
#include "depix/train/fit.hpp"

using namespace depix;

namespace {

// Networks with all that a checkpoint must keep: weights, running statistics, and a layer that draws random numbers.
using Restorer = Sequential<Conv<1, 4>, BatchNorm<4>, ReLU, Dropout<std::ratio<1, 10>>, Conv<4, 1>>;
using Discriminator = Sequential<Conv<1, 4, 4, Stride<2>, Padding<1>>, LeakyReLU<>, Conv<4, 1>, Sigmoid>;

/// Noise, and the target 0.5 x + 0.1; a pair depends on the epoch and its index alone.
struct Pairs {
    std::size_t size() const { return 24; }
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

constexpr int epochs = 12;
constexpr LoaderOptions loading{.batch_size = 2, .threads = 2, .seed = 3};

template <class... Losses>
void print_losses(std::FILE* file, Losses... losses) {
    (std::fprintf(file, " %a", losses), ...);
    std::fprintf(file, "\n");
}

template <class History, class Print>
void write_losses(const std::string& folder, const History& history, const Print& print) {
    std::FILE* const file = std::fopen((folder + "/losses.txt").c_str(), "w");
    if (file == nullptr) throw FileError(folder, "cannot write");
    for (const auto& record : history) print(file, record);
    std::fclose(file);
}

void train(const std::string& folder) {
    Model<Restorer> model(1);
    Trainer trainer{model, MeanSquaredError{}, Adam{}, Cpu{}, 1};
    const Loader training{Pairs{}, loading};
    FitOptions options = fit_in_folder(folder);
    options.epochs = epochs;
    options.patience = 0;
    options.checkpoint_every_steps = 1;
    const FitResult result = fit(trainer, training, training, options);
    write_losses(folder, result.history, [](std::FILE* file, const EpochRecord& record) {
        print_losses(file, record.training_loss, record.validation_loss, record.learning_rate);
    });
    save(model, folder + "/result.safetensors");
}

void train_adversarial(const std::string& folder) {
    Model<Restorer> generator(1);
    Model<Discriminator> discriminator(2);
    AdversarialTrainer trainer{generator,
                               discriminator,
                               MeanSquaredError{},
                               BinaryCrossEntropy{},
                               Adam{},
                               Adam{},
                               AdversarialOptions{.average_decay = 0.9},
                               Cpu{},
                               1};
    const Loader training{Pairs{}, loading};
    std::filesystem::create_directories(folder);
    AdversarialFitOptions options{.epochs = epochs,
                                  .checkpoint = folder + "/checkpoint.safetensors",
                                  .checkpoint_every_steps = 1,
                                  .generator_weights = folder + "/best.safetensors",
                                  .history_csv = folder + "/history.csv"};
    const AdversarialFitResult result = fit(trainer, training, options);
    write_losses(folder, result.history, [](std::FILE* file, const AdversarialRecord& record) {
        print_losses(file, record.discriminator_real, record.discriminator_fake, record.adversarial, record.content);
    });
    save(generator, folder + "/result.safetensors");
    save(discriminator, folder + "/result_discriminator.safetensors");
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) return 2;
    try {
        if (std::string_view(arguments[1]) == "training")
            train(arguments[2]);
        else
            train_adversarial(arguments[2]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
