#include "train.hpp"

template int example::train_networks<example::PyTorchNetworks<64, 64>, depix::Cpu>(const TrainOptions&,
                                                                                   const Settings&);
