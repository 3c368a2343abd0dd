// A run for kills_mpi.sh: `mpirun -n N runs_mpi FOLDER` trains on N ranks for a second or two, with a checkpoint after
// every step, and goes on from one that is there. When it is done, FOLDER/result.safetensors holds all weights and
// FOLDER/losses.txt every epoch's losses, bit for bit.
#include <cstdio>
#include <string>

#include "depix/data/loader.hpp"
#include "depix/depix.hpp"
#include "depix/mpi.hpp"

using namespace depix;

namespace {

// A network with all that a checkpoint must keep: weights, running statistics, and a layer that draws random numbers.
using Network = Sequential<Conv<1, 4>, BatchNorm<4>, ReLU, Dropout<std::ratio<1, 10>>, Conv<4, 1>>;

/// Noise, and the target 0.5 x + 0.1; a pair depends on the epoch and its index alone.
struct Pairs {
    std::size_t size() const { return 45; }
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

int train(const std::string& folder) {
    const Communicator ranks;
    const Distributed distributed{ranks, {.images_per_part = 2, .bucket_bytes = 64}};
    const Loader loader{Pairs{}, {.batch_size = 8, .seed = 3, .share = distributed.share()}};
    Model<Network> model(1);
    Trainer trainer{model, MeanSquaredError{}, Adam{}, TrainerOptions{.average_decay = 0.9}, distributed, 1};
    FitOptions options = fit_in_folder(folder);
    options.epochs = 40;
    options.patience = 0;
    options.checkpoint_every_steps = 1;
    const FitResult result = fit(trainer, loader, loader, options);
    if (ranks.rank() != 0) return 0;
    std::FILE* const file = std::fopen((folder + "/losses.txt").c_str(), "w");
    if (file == nullptr) throw FileError(folder, "cannot write");
    for (const EpochRecord& record : result.history)
        std::fprintf(file, "%a %a %a\n", record.training_loss, record.validation_loss, record.learning_rate);
    std::fclose(file);
    save(model, folder + "/result.safetensors");
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    Mpi mpi(&count, &arguments);
    if (count != 2) return 2;
    return mpi.run([&] { return train(arguments[1]); });
}
