#include "train.hpp"

namespace example {
int train_small(const TrainOptions& options);  // in a file of its own: each network compiles for seconds
}

int example::train(const TrainOptions& options) {
    return options.width == Width::Small ? train_small(options) : train_generator<PublishedGenerator>(options);
}
