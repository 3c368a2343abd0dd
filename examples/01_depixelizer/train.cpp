#include "train.hpp"

#include "../device.hpp"
#include "../ranks.hpp"
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

int example::train(const TrainOptions& options) {
    using enum depix::Initialisation;
    if (options.network == "notebook" && options.normalise)
        throw depix::Error("the notebook's network ends with a sigmoid, which cannot reach -1: leave out --normalise");
    if (is_rank()) {
#ifdef DEPIX_WITH_MPI
        return train_on_ranks(options);
#endif
    }
    return on_device(options.device, [&]<class Backend> {
        if (options.network == "text_restorer") return train_network<depix::TextRestorer, Backend>(options, HeNormal);
        if (options.network == "notebook") return train_network<depix::NotebookDepixelizer, Backend>(options, PyTorch);
        return train_network<depix::Depixelizer, Backend>(options, PyTorch);
    });
}
