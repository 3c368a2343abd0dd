// The networks of this example for a GPU; see ../device.hpp.
#include "depix/cuda.cuh"

#include "../device.hpp"
#include "load.hpp"
#include "train.hpp"

namespace example {

template int train_networks<AuthorsNetworks<8, 16>, Cuda>(const TrainOptions&, const Settings&);
template int train_networks<AuthorsNetworks<64, 64>, Cuda>(const TrainOptions&, const Settings&);
template int train_networks<PyTorchNetworks<8, 16>, Cuda>(const TrainOptions&, const Settings&);
template int train_networks<PyTorchNetworks<64, 64>, Cuda>(const TrainOptions&, const Settings&);

template depix::AnyRestorer load_generator<depix::DeGanGenerator<8>, Cuda>(const std::filesystem::path&, int,
                                                                           depix::ValueRange);
template depix::AnyRestorer load_generator<depix::DeGanGenerator<64>, Cuda>(const std::filesystem::path&, int,
                                                                            depix::ValueRange);
template depix::AnyRestorer load_generator<NarrowGenerator, Cuda>(const std::filesystem::path&, int, depix::ValueRange);
template depix::AnyRestorer load_generator<depix::DeGanPyTorchGenerator<8>, Cuda>(const std::filesystem::path&, int,
                                                                                  depix::ValueRange);
template depix::AnyRestorer load_generator<depix::DeGanPyTorchGenerator<64>, Cuda>(const std::filesystem::path&, int,
                                                                                   depix::ValueRange);
template depix::AnyRestorer load_binarizer<Cuda>(const std::filesystem::path&, int);

}  // namespace example
