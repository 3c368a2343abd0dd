#include "depix/models/depixelizer.hpp"
#include "train.hpp"

namespace example {

int train_notebook(const TrainOptions& options) {
    if (options.normalise)
        throw depix::Error("the notebook's network ends with a sigmoid, which cannot reach -1: leave out --normalise");
    return train_network<depix::NotebookDepixelizer>(options, depix::Initialisation::PyTorch);
}

}  // namespace example
