#include "train.hpp"

template int example::train_networks<example::AuthorsNetworks<64, 64>, depix::Cpu>(const TrainOptions&,
                                                                                   const Settings&);
