// Runs for kills_mpi.sh: `mpirun -n N runs_mpi training FOLDER` and `runs_mpi adversarial FOLDER` train on N ranks for
// a second or two, with a checkpoint after every step, and go on from one that is there. When they are done,
// FOLDER/result.safetensors holds all weights and FOLDER/losses.txt every epoch's losses, bit for bit. The adversarial
// one synchronises batch norm.
#include <filesystem>
#include <string>
#include <string_view>

#include "depix/mpi.hpp"
#include "runs.hpp"

using namespace depix;

namespace {

int train(const std::string& folder) {
    const Communicator ranks;
    const Distributed distributed{ranks, {.images_per_part = 2, .bucket_bytes = 64}};
    const Loader loader{Pairs{45}, {.batch_size = 8, .seed = 3, .share = distributed.share()}};
    Model<Restorer> model(1);
    Trainer trainer{model, MeanSquaredError{}, Adam{}, TrainerOptions{.average_decay = 0.9}, distributed, 1};
    FitOptions options = fit_in_folder(folder);
    options.epochs = 40;
    options.patience = 0;
    options.checkpoint_every_steps = 1;
    const FitResult result = fit(trainer, loader, loader, options);
    if (ranks.rank() != 0) return 0;
    write_losses(folder, result.history);
    save(model, folder + "/result.safetensors");
    return 0;
}

int train_adversarial(const std::string& folder) {
    const Communicator ranks;
    const Distributed distributed{ranks, {.images_per_part = 2, .synchronise_batch_norm = true, .bucket_bytes = 64}};
    const Loader loader{Pairs{45}, {.batch_size = 8, .seed = 3, .share = distributed.share()}};
    Model<Restorer> generator(1);
    Model<Discriminator> discriminator(2);
    auto trainer = adversarial_trainer(generator, discriminator, distributed);
    std::filesystem::create_directories(folder);
    const AdversarialFitResult result = fit(trainer, loader, adversarial_options(folder, 20));
    if (ranks.rank() != 0) return 0;
    write_losses(folder, result.history);
    save(generator, folder + "/result.safetensors");
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    Mpi mpi(&count, &arguments);
    if (count != 3) return 2;
    return mpi.run([&] {
        return std::string_view(arguments[1]) == "training" ? train(arguments[2]) : train_adversarial(arguments[2]);
    });
}
