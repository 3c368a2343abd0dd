// Runs for kills.sh: `runs training FOLDER` and `runs adversarial FOLDER` train for a second or two, with a checkpoint
// after every step, and go on from one that is there. When they are done, FOLDER/result holds all weights,
// FOLDER/losses.txt every epoch's losses, bit for bit.
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

#include "runs.hpp"

using namespace depix;

namespace {

constexpr int epochs = 12;
constexpr LoaderOptions loading{.batch_size = 2, .threads = 2, .seed = 3};

void train(const std::string& folder) {
    Model<Restorer> model(1);
    Trainer trainer{model, MeanSquaredError{}, Adam{}, Cpu{}, 1};
    const Loader training{Pairs{}, loading};
    FitOptions options = fit_in_folder(folder);
    options.epochs = epochs;
    options.patience = 0;
    options.checkpoint_every_steps = 1;
    write_losses(folder, fit(trainer, training, training, options).history);
    save(model, folder + "/result.safetensors");
}

void train_adversarial(const std::string& folder) {
    Model<Restorer> generator(1);
    Model<Discriminator> discriminator(2);
    auto trainer = adversarial_trainer(generator, discriminator, Cpu{});
    const Loader training{Pairs{}, loading};
    std::filesystem::create_directories(folder);
    write_losses(folder, fit(trainer, training, adversarial_options(folder, epochs)).history);
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
