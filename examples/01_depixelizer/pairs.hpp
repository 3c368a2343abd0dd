// Where `train` gets its pairs from.
#pragma once

#include "commands.hpp"
#include "depix/data/pair_source.hpp"

namespace example {

struct Pairs {
    depix::AnyPairSource training, validation;
};

/// The pairs of options.dataset, or else 18,000 that are drawn anew for every epoch, and 1,200 that stay.
Pairs choose_pairs(const TrainOptions& options);

}  // namespace example
