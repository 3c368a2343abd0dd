#include "train.hpp"
#include "depix/models/depixelizer.hpp"

namespace example {
int train_text_restorer(const TrainOptions& options);  // in files of their own: each takes seconds to compile
int train_notebook(const TrainOptions& options);
}

int example::train(const TrainOptions& options) {
    if (options.network == "text_restorer") return train_text_restorer(options);
    if (options.network == "notebook") return train_notebook(options);
    return train_network<depix::Depixelizer>(options, depix::Initialisation::PyTorch);
}
