#include "train_gan.hpp"

namespace example {
int train_gan_deep_depixelate(const TrainGanOptions& options) { return train_gan_by<DeepDepixelateRecipe>(options); }
}  // namespace example
