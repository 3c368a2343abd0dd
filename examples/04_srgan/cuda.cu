// The networks of this example for a GPU; see ../device.hpp.
#include "depix/cuda.cuh"

#include "../device.hpp"
#include "foreign.hpp"
#include "load.hpp"
#include "train.hpp"

namespace example {

template int train_generator<PublishedSRResNet, Cuda>(const TrainOptions&);
template int train_generator<SmallSRResNet<3>, Cuda>(const TrainOptions&);
template int train_generator<SmallSRResNet<1>, Cuda>(const TrainOptions&);
template int train_generator<PublishedRRDB, Cuda>(const TrainOptions&);
template int train_generator<SmallRRDB<3>, Cuda>(const TrainOptions&);
template int train_generator<SmallRRDB<1>, Cuda>(const TrainOptions&);
template int train_generator<PublishedRRDBNet, Cuda>(const TrainOptions&);
template int train_generator<SmallRRDBNet<3>, Cuda>(const TrainOptions&);
template int train_generator<SmallRRDBNet<1>, Cuda>(const TrainOptions&);

template depix::AnyRestorer load_generator<PublishedSRResNet, Cuda>(const std::filesystem::path&, int);
template depix::AnyRestorer load_generator<SmallSRResNet<3>, Cuda>(const std::filesystem::path&, int);
template depix::AnyRestorer load_generator<SmallSRResNet<1>, Cuda>(const std::filesystem::path&, int);
template depix::AnyRestorer load_generator<PublishedRRDB, Cuda>(const std::filesystem::path&, int);
template depix::AnyRestorer load_generator<SmallRRDB<3>, Cuda>(const std::filesystem::path&, int);
template depix::AnyRestorer load_generator<SmallRRDB<1>, Cuda>(const std::filesystem::path&, int);
template depix::AnyRestorer load_generator<PublishedRRDBNet, Cuda>(const std::filesystem::path&, int);
template depix::AnyRestorer load_generator<SmallRRDBNet<3>, Cuda>(const std::filesystem::path&, int);
template depix::AnyRestorer load_generator<SmallRRDBNet<1>, Cuda>(const std::filesystem::path&, int);
template depix::AnyRestorer load_generator<ForeignSrgan, Cuda>(const std::filesystem::path&, int);

}  // namespace example
