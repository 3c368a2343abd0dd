#include "train.hpp"

namespace example {
int train_de_gan_8(const TrainOptions& options);  // in a file of its own: each network compiles for seconds
}

int example::train(const TrainOptions& options) {
    return options.filters == 8 ? train_de_gan_8(options) : train_de_gan<64, 64>(options);
}
