#include "train.hpp"
#include "depix/models/depixelizer.hpp"

namespace example {
int train_text_restorer(const TrainOptions& options);  // in its own file: each network takes seconds to compile
}

int example::train(const TrainOptions& options) {
    if (options.network == "text_restorer") return train_text_restorer(options);
    return train_network<depix::Depixelizer>(options, depix::Initialisation::PyTorch);
}
