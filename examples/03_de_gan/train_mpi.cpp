// train on many processes: mpirun -n 2 de_gan train binarize --filters 8 --batch 8
//
// Every rank makes and trains on its own share of each batch. Rank 0 prints, measures, and writes the run's files. A
// run that was stopped continues with any number of ranks.
#include "depix/mpi.hpp"
#include "train.hpp"

int example::train_on_ranks(const TrainOptions& options, const Settings& settings) {
    using depix::MeanSquaredError, depix::BinaryCrossEntropy;
    depix::Mpi mpi(nullptr, nullptr);
    return mpi.run([&] {
        if (options.device != "cpu") throw depix::Error("--device " + options.device + ": mpirun's ranks use the cpu");
        // Every combination of networks and losses is a type of its own and takes ten seconds to compile.
        const Settings published = settings_of(options.recipe, {});
        if (options.filters != 8 || settings.content != published.content ||
            settings.adversarial != published.adversarial)
            throw depix::Error("under mpirun this program trains with --filters 8 and the recipe's own losses");
        const depix::Communicator ranks;
        const depix::Distributed distributed{
            ranks,
            {.images_per_part = options.images_per_part, .synchronise_batch_norm = options.synchronise_batch_norm}};
        if (options.recipe == Recipe::PyTorch)
            return train_with_losses<PyTorchNetworks<8, 16>, MeanSquaredError, MeanSquaredError>(distributed, options,
                                                                                                 settings);
        return train_with_losses<AuthorsNetworks<8, 16>, BinaryCrossEntropy, MeanSquaredError>(distributed, options,
                                                                                               settings);
    });
}
