// The networks of this example for a GPU; see ../device.hpp.
#include "depix/cuda.cuh"

#include "../device.hpp"
#include "train.hpp"

template int example::train_network<depix::DocumentsAutoencoder, example::Cuda>(const TrainOptions&);
template int example::train_network<depix::PageCleaner, example::Cuda>(const TrainOptions&);

template depix::AnyRestorer depix::load_restorer<depix::DocumentsAutoencoder, example::Cuda>(const std::string&, int);
template depix::AnyRestorer depix::load_restorer<depix::PageCleaner, example::Cuda>(const std::string&, int);
