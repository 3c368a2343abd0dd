#include "train.hpp"

namespace example {
int train_unet_8(const TrainOptions& options) { return train_unet<8>(options); }
}  // namespace example
