#include "depix/models/depixelizer.hpp"
#include "train.hpp"

template int example::train_network<depix::NotebookDepixelizer, depix::Cpu>(const TrainOptions&, depix::Initialisation);
