#include "train.hpp"

namespace example {
int train_unet_16(const TrainOptions& options) { return train_unet<16>(options); }
}  // namespace example
