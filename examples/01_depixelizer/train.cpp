#include "train.hpp"
#include "depix/models/depixelizer.hpp"

namespace example {
int train_text_restorer(const TrainOptions& options);  // in a file of its own: each network compiles for seconds
}

int example::train(const TrainOptions& options) {
    if (options.network == "text_restorer") return train_text_restorer(options);
    return train_network<depix::Depixelizer>(options, depix::Initialisation::PyTorch);
}
