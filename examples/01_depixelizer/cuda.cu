// The networks of this example for a GPU; see ../device.hpp.
#include "depix/cuda.cuh"

#include "../device.hpp"
#include "depix/models/depixelizer.hpp"
#include "depix/models/text_restorer.hpp"
#include "load_type.hpp"
#include "train.hpp"

namespace example {

template int train_network<depix::Depixelizer, Cuda>(const TrainOptions&, depix::Initialisation);
template int train_network<depix::NotebookDepixelizer, Cuda>(const TrainOptions&, depix::Initialisation);
template int train_network<depix::TextRestorer, Cuda>(const TrainOptions&, depix::Initialisation);

template depix::AnyRestorer load_type<depix::Depixelizer, Cuda>(const std::filesystem::path&, bool, int);
template depix::AnyRestorer load_type<depix::NotebookDepixelizer, Cuda>(const std::filesystem::path&, bool, int);
template depix::AnyRestorer load_type<depix::TextRestorer, Cuda>(const std::filesystem::path&, bool, int);

}  // namespace example
