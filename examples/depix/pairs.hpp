// Where `depix train` gets its pairs from.
#pragma once

#include "commands.hpp"
#include "depix/data/sources/pair_source.hpp"

namespace tool {

struct TrainingPairs {
    depix::AnyPairSource training, validation;
};

/// Squares from the pictures of options.pairs, which have equal names in degraded/ and clean/. A network that enlarges
/// uses clean/ alone, and its pictures are shrunk. Every tenth picture is held out for validation. Throws depix::Error
/// for fewer than two pictures, and what the folders throw.
TrainingPairs make_pairs(const TrainOptions& options, int channels, int scale);

}  // namespace tool
