#include "train.hpp"

template int example::train_de_gan<8, 16, depix::Cpu>(const TrainOptions&);
