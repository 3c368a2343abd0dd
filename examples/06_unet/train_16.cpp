#include "train.hpp"

namespace example {
int train_unet_12(const TrainOptions& options) { return train_unet<12>(options); }
}  // namespace example
