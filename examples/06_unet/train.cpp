#include "train.hpp"

namespace example {
int train_unet_8(const TrainOptions& options);  // in a file of its own: each network compiles for seconds
}

int example::train(const TrainOptions& options) {
    return options.filters == 8 ? train_unet_8(options) : train_unet<32>(options);
}
