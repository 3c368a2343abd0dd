// The networks of this example for a GPU; see ../device.hpp.
#include "depix/cuda.cuh"

#include "../device.hpp"
#include "train.hpp"

template int example::train_unet<16, example::Cuda>(const TrainOptions&);
template int example::train_unet<32, example::Cuda>(const TrainOptions&);

template depix::AnyRestorer depix::load_restorer<depix::PixelShuffleUNet<16>, example::Cuda>(const std::string&, int);
template depix::AnyRestorer depix::load_restorer<depix::PixelShuffleUNet<32>, example::Cuda>(const std::string&, int);
