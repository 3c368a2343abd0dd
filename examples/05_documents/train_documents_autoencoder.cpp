// Each network has a file of its own, because each takes a while to compile.
#include "train.hpp"

template int example::train_network<depix::DocumentsAutoencoder, depix::Cpu>(const TrainOptions&);
