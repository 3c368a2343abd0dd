// TrainerOptions: what happens between the gradients of a batch and the update of the weights.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "depix/error.hpp"

namespace depix {

struct TrainerOptions {
    /// Gradients whose norm over all parameters is larger are scaled down to it before an update (Pascanu et al. 2013);
    /// infinity: never. PyTorch: clip_grad_norm_(parameters, max_gradient_norm).
    double max_gradient_norm = std::numeric_limits<double>::infinity();
    /// The weights are updated once in so many batches, with the mean of the batches' gradients. Without batch norm N
    /// batches of B pictures make one update like one batch of N * B. PyTorch: loss / N, and optimizer.step() after N
    /// backward passes. Batches that are left at an epoch's end count towards the next update.
    int accumulate_batches = 1;
    /// Decay of the weights' moving average, such as 0.999 (train/moving_average.hpp); 0: there is none.
    double average_decay = 0;
};

/// Scales all gradients down if their norm is larger than max_norm, by max_norm / (norm + 1e-6), and returns the norm
/// before, sqrt(sum g^2). The sum is computed in double. PyTorch's torch.nn.utils.clip_grad_norm_.
template <class T>
double clip_gradients(std::span<T> gradients, double max_norm) {
    double sum = 0;
    for (const T gradient : gradients) sum += static_cast<double>(gradient) * static_cast<double>(gradient);
    const double norm = std::sqrt(sum), factor = max_norm / (norm + 1e-6);
    if (!(factor >= 1))
        for (T& gradient : gradients) gradient *= static_cast<T>(factor);
    return norm;
}

/// The mean gradients of the batches since the last update, each already divided by accumulate_batches. Empty if every
/// batch makes an update.
template <class T>
struct AccumulatedGradients {
    std::int64_t batches = 0;
    std::vector<T> gradients;
};

namespace detail {

/// Throws Error unless 0 <= decay < 1.
inline void check_average_decay(double decay) {
    if (!(decay >= 0 && decay < 1))
        throw Error("depix: the decay of a moving average is " + std::to_string(decay) +
                    "; it must be at least 0 and less than 1");
}

inline void check_options(const TrainerOptions& options) {
    if (!(options.max_gradient_norm > 0))
        throw Error("depix: the largest norm of the gradients is " + std::to_string(options.max_gradient_norm) +
                    "; it must be positive");
    if (options.accumulate_batches < 1)
        throw Error("depix: gradients are accumulated over " + std::to_string(options.accumulate_batches) +
                    " batches; there must be at least 1");
    check_average_decay(options.average_decay);
}

inline bool clips(const TrainerOptions& options) {
    return options.max_gradient_norm < std::numeric_limits<double>::infinity();
}

}  // namespace detail

}  // namespace depix
