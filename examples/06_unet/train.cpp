#include "train.hpp"

namespace example {
int train_unet_16(const TrainOptions& options);  // in its own file: each network takes seconds to compile
}

int example::train(const TrainOptions& options) {
    return options.filters == 16 ? train_unet_16(options) : train_unet<32>(options);
}
