// A network in training that is small enough to be loaded a thousand times a second.
#pragma once

#include "depix/depix.hpp"

namespace depix_fuzz {

struct TinyRun {
    depix::Model<depix::Sequential<depix::Conv<1, 1, 1>>> model{1};
    depix::Trainer<depix::Sequential<depix::Conv<1, 1, 1>>, depix::MeanSquaredError, depix::Adam> trainer{
        model, depix::MeanSquaredError{}, depix::Adam{}, depix::Cpu{}, 1};
};

}  // namespace depix_fuzz
