#include "train.hpp"

namespace example {
int train_small(const TrainOptions& options) { return train_generator<SmallGenerator>(options); }
}  // namespace example
