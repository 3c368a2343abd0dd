#include "../architecture.hpp"
#include "depix/models/srresnet.hpp"
#include "train_network.hpp"

int tool::train_srresnet_small(const TrainOptions& options, const depix::TensorFile* start) {
    return train_network<depix::SRResNet<32, 4>>(options, start, depix::Initialisation::PyTorch);
}
