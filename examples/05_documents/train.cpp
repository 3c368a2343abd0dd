#include "train.hpp"

#include "depix/models/documents_autoencoder.hpp"

namespace example {
int train_page_cleaner(const TrainOptions& options);  // in its own file: each network takes seconds to compile
}

int example::train(const TrainOptions& options) {
    if (options.network == "page_cleaner") return train_page_cleaner(options);
    return train_network<depix::DocumentsAutoencoder>(options, depix::Initialisation::PyTorch);
}
