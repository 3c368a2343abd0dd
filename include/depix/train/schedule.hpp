// Learning-rate schedules, for FitOptions::schedule.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace depix {

/// Warm-up and cosine: the rate rises linearly to learning_rate over the first steps, while Adam's averages still cover
/// few gradients, and falls to 0 along half a cosine:
///
///     rate(step) = learning_rate * min(1, (step + 1) / warm_up_steps) * (1 + cos(pi * step / steps)) / 2
///
/// Loshchilov and Hutter 2017 (SGDR, one period); PyTorch's LambdaLR with that function.
struct WarmUpCosine {
    double learning_rate = 1e-3;
    std::int64_t steps = 0;  ///< Steps of the whole run: steps per epoch times epochs.
    std::int64_t warm_up_steps = 200;

    double operator()(std::int64_t step) const {
        const double done = static_cast<double>(step) / static_cast<double>(steps);
        const double warm_up = (std::min)(1.0, static_cast<double>(step + 1) / static_cast<double>(warm_up_steps));
        return learning_rate * warm_up * 0.5 * (1 + std::cos(std::numbers::pi * done));
    }
};

/// The rate is constant, and from step `from` on it falls linearly to 0 at the end: learning_rate * (steps - step) /
/// (steps - from). CycleGAN (Zhu et al. 2017) and many later GANs use it.
struct LinearDecay {
    double learning_rate = 2e-4;
    std::int64_t steps = 0;  ///< Steps of the whole run.
    std::int64_t from = 0;

    double operator()(std::int64_t step) const {
        if (step < from) return learning_rate;
        return learning_rate * static_cast<double>(steps - step) /
               static_cast<double>(std::max<std::int64_t>(steps - from, 1));
    }
};

/// The rate is multiplied by `factor` from step `at` on. SRGAN uses 1e-4, and 1e-5 for the second half.
struct StepDecay {
    double learning_rate = 1e-4;
    std::int64_t at = 0;
    double factor = 0.1;

    double operator()(std::int64_t step) const { return step < at ? learning_rate : learning_rate * factor; }
};

}  // namespace depix
