#include "train_gan.hpp"

namespace example {
int train_gan_small(const TrainGanOptions& options) { return train_gan_by<SmallRecipe>(options); }
}  // namespace example
