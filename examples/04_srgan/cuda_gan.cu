// The second phase for a GPU; see ../device.hpp.
#include "depix/cuda.cuh"

#include "../device.hpp"
#include "train_gan.hpp"

namespace example {

template int train_gan_by<SrganRecipe, PublishedSRResNet, Cuda>(const TrainGanOptions&);
template int train_gan_by<SmallRecipe, SmallSRResNet<3>, Cuda>(const TrainGanOptions&);
template int train_gan_by<SmallRecipe, SmallRRDB<3>, Cuda>(const TrainGanOptions&);
template int train_gan_by<SmallRecipe, SmallRRDBNet<3>, Cuda>(const TrainGanOptions&);
template int train_gan_by<DeepDepixelateRecipe, PublishedSRResNet, Cuda>(const TrainGanOptions&);
template int train_gan_by<DeepDepixelateRecipe, PublishedRRDB, Cuda>(const TrainGanOptions&);

}  // namespace example
