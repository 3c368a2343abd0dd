#include "train_gan.hpp"

namespace example {
int train_gan_srgan(const TrainGanOptions& options) { return train_gan_by<SrganRecipe>(options); }
}  // namespace example
