// Each recipe has a file of its own, because four networks and their losses take a while to compile.
#include "train_gan.hpp"

namespace example {
template int train_gan_by<SrganRecipe, PublishedSRResNet, depix::Cpu>(const TrainGanOptions&);
}  // namespace example
