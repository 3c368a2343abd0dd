#include "train.hpp"

namespace example {
int train_small(const TrainOptions& options);  // in its own file: each network takes seconds to compile
}

int example::train(const TrainOptions& options) {
    return options.width == Width::Small ? train_small(options) : train_generator<PublishedGenerator>(options);
}
