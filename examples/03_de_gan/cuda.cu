// The networks of this example for a GPU; see ../device.hpp.
#include "depix/cuda.cuh"

#include "../device.hpp"
#include "load.hpp"
#include "train.hpp"

template int example::train_de_gan<8, 16, example::Cuda>(const TrainOptions&);
template int example::train_de_gan<64, 64, example::Cuda>(const TrainOptions&);

template depix::AnyRestorer example::load_generator<8, example::Cuda>(const std::filesystem::path&, int);
template depix::AnyRestorer example::load_generator<64, example::Cuda>(const std::filesystem::path&, int);
