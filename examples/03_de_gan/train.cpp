#include "train.hpp"

namespace example {
int train_de_gan_8(const TrainOptions& options);  // in its own file: each network takes seconds to compile
}

int example::train(const TrainOptions& options) {
    return options.filters == 8 ? train_de_gan_8(options) : train_de_gan<64, 64>(options);
}
