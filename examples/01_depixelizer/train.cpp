#include "train.hpp"

#include <cstdlib>
#include <string>

#include "../device.hpp"
#include "depix/models/depixelizer.hpp"
#include "depix/models/text_restorer.hpp"

namespace example {

// Compiled in other files: each network takes seconds, and only nvcc can compile for a GPU.
extern template int train_network<depix::TextRestorer, depix::Cpu>(const TrainOptions&, depix::Initialisation);
extern template int train_network<depix::NotebookDepixelizer, depix::Cpu>(const TrainOptions&, depix::Initialisation);
extern template int train_network<depix::TextRestorer, Cuda>(const TrainOptions&, depix::Initialisation);
extern template int train_network<depix::NotebookDepixelizer, Cuda>(const TrainOptions&, depix::Initialisation);
extern template int train_network<depix::Depixelizer, Cuda>(const TrainOptions&, depix::Initialisation);

}  // namespace example

namespace {

/// How many copies of this program mpirun or srun has started; 0 if neither has.
int started_ranks() {
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"})
        if (const char* text = std::getenv(name)) return std::atoi(text);
    return 0;
}

}  // namespace

int example::train(const TrainOptions& options) {
    using enum depix::Initialisation;
    if (options.network == "notebook" && options.normalise)
        throw depix::Error("the notebook's network ends with a sigmoid, which cannot reach -1: leave out --normalise");
#ifdef DEPIX_WITH_MPI
    if (started_ranks() > 0) return train_on_ranks(options);
#else
    if (started_ranks() > 1)
        throw depix::Error("this program was started as one of " + std::to_string(started_ranks()) +
                           " ranks, but it was built without MPI. Install it (Debian: libopenmpi-dev) and build the "
                           "examples again in a new build folder");
#endif
    return on_device(options.device, [&]<class Backend> {
        if (options.network == "text_restorer") return train_network<depix::TextRestorer, Backend>(options, HeNormal);
        if (options.network == "notebook") return train_network<depix::NotebookDepixelizer, Backend>(options, PyTorch);
        return train_network<depix::Depixelizer, Backend>(options, PyTorch);
    });
}
