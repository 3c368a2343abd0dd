#include "../architecture.hpp"
#include "depix/models/depixelizer.hpp"
#include "train_network.hpp"

int tool::train_depixelizer(const TrainOptions& options, const depix::TensorFile* start) {
    return train_network<depix::Depixelizer>(options, start, depix::Initialisation::PyTorch);
}
