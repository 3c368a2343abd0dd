#include "depix/models/text_restorer.hpp"
#include "train.hpp"

template int example::train_network<depix::TextRestorer, depix::Cpu>(const TrainOptions&, depix::Initialisation);
