#include "train.hpp"

namespace example {
int train_de_gan_8(const TrainOptions& options) { return train_de_gan<8, 16>(options); }
}  // namespace example
