// Where `depix train` gets its pairs from.
#pragma once

#include "commands.hpp"
#include "depix/data/sources/pair_source.hpp"

namespace tool {

struct TrainingPairs {
    depix::AnyPairSource training, validation;
};

/// Squares from the pictures of options.pairs: degraded/ and clean/, under equal names. For a network that enlarges,
/// clean/ alone, which is shrunk. Every tenth picture is kept aside for validation. Throws depix::Error for fewer than
/// two pictures, and as the folders do.
TrainingPairs make_pairs(const TrainOptions& options, int channels, int scale);

}  // namespace tool
