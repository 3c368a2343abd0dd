#include "commands.hpp"

namespace example {

// Each recipe has its own file, because four networks and their losses take a while to compile.
int train_gan_srgan(const TrainGanOptions& options);
int train_gan_small(const TrainGanOptions& options);
int train_gan_deep_depixelate(const TrainGanOptions& options);

int train_gan(const TrainGanOptions& options) {
    if (options.recipe == Recipe::Small) return train_gan_small(options);
    return options.recipe == Recipe::SRGAN ? train_gan_srgan(options) : train_gan_deep_depixelate(options);
}

}  // namespace example
