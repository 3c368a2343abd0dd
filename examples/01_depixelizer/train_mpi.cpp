// train on many processes: mpirun -n 4 depixelizer train
//
// Every rank makes and trains on its own share of each batch. Their gradients are added, so all have the same weights
// after every step. Rank 0 prints, and writes the run's files. A run that was stopped continues with any number of
// ranks.
#include "depix/models/depixelizer.hpp"
#include "depix/models/text_restorer.hpp"
#include "depix/mpi.hpp"
#include "train.hpp"

int example::train_on_ranks(const TrainOptions& options) {
    depix::Mpi mpi(nullptr, nullptr);
    return mpi.run([&] {
        using enum depix::Initialisation;
        if (options.device != "cpu") throw depix::Error("--device " + options.device + ": mpirun's ranks use the cpu");
        const depix::Communicator ranks;
        const depix::Distributed distributed{
            ranks,
            {.images_per_part = options.images_per_part, .synchronise_batch_norm = options.synchronise_batch_norm}};
        if (options.network == "text_restorer") return train_on<depix::TextRestorer>(distributed, options, HeNormal);
        if (options.network == "notebook") return train_on<depix::NotebookDepixelizer>(distributed, options, PyTorch);
        return train_on<depix::Depixelizer>(distributed, options, PyTorch);
    });
}
