// Where `train` and `evaluate` get their pairs from.
#pragma once

#include <string>
#include <vector>

#include "commands.hpp"
#include "depix/data/sources/pair_source.hpp"
#include "depix/tensor.hpp"

namespace example {

struct Pairs {
    depix::AnyPairSource training, validation;
};

/// The pairs of options.dataset, or else drawn pairs: 18,000 for training, which are drawn anew for every epoch, and
/// 1,200 for validation, which stay the same.
Pairs choose_pairs(const TrainOptions& options);

/// A pair to measure on.
struct Example {
    depix::Image damaged, clean, restored;
    int window = 0;    // of the pixelation; 0: not known
    std::string text;  // the letters that lie wholly inside the picture
};

/// The test pairs of options.dataset, or else freshly drawn pairs.
std::vector<Example> test_examples(const EvaluateOptions& options);

}  // namespace example
