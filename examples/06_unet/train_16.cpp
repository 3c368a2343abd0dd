#include "train.hpp"

template int example::train_unet<16, depix::Cpu>(const TrainOptions&);
