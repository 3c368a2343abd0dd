#include "train.hpp"

template int example::train_networks<example::AuthorsNetworks<8, 16>, depix::Cpu>(const TrainOptions&, const Settings&);
