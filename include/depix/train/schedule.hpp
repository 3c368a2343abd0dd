// Learning-rate schedules, for FitOptions::schedule.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <string>

#include "depix/error.hpp"

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

namespace detail {

/// From `start` at 0 to `end` at 1, along half a cosine.
inline double anneal(double start, double end, double done) {
    return end + (start - end) * 0.5 * (1 + std::cos(std::numbers::pi * done));
}

}  // namespace detail

/// Cosine with warm restarts: within each period the rate falls along half a cosine, and then it starts anew. With t
/// steps of a period of T done,
///
///     rate = minimum + (learning_rate - minimum) * (1 + cos(pi * t / T)) / 2
///
/// The first period has `period` steps, and each later one `factor` times as many as the one before. Loshchilov and
/// Hutter 2017 (SGDR); PyTorch's CosineAnnealingWarmRestarts(T_0 = period, T_mult = factor, eta_min = minimum), stepped
/// once per batch. Throws Error if period or factor is less than 1.
struct CosineWarmRestarts {
    double learning_rate = 1e-3;
    std::int64_t period = 0;  ///< Steps of the first period.
    std::int64_t factor = 1;
    double minimum = 0;

    double operator()(std::int64_t step) const {
        if (period < 1 || factor < 1)
            throw Error("depix: a cosine with warm restarts has a first period of " + std::to_string(period) +
                        " steps and a factor of " + std::to_string(factor) + "; both must be at least 1");
        std::int64_t first = 0, length = period;  // of the period that the step belongs to
        if (factor == 1) first = step / period * period;
        while (step - first >= length) {
            constexpr std::int64_t longest = (std::numeric_limits<std::int64_t>::max)();
            first += length;
            length = length <= longest / factor ? length * factor : longest;
        }
        return detail::anneal(learning_rate, minimum, static_cast<double>(step - first) / static_cast<double>(length));
    }
};

/// One cycle: the rate rises from learning_rate / initial_divisor to learning_rate, and then falls to learning_rate /
/// (initial_divisor * final_divisor) at the last step, both along half a cosine. With a and b the ends of a phase and p
/// the part of it that is done,
///
///     rate = b + (a - b) * (1 + cos(pi * p)) / 2
///
/// The first phase ends rise * steps - 1 steps after the first one. Smith and Topin 2018 (super-convergence); PyTorch's
/// OneCycleLR(max_lr = learning_rate, total_steps = steps, pct_start = rise, div_factor = initial_divisor,
/// final_div_factor = final_divisor, cycle_momentum = False). After the last step the rate stays as it is. Throws Error
/// for fewer than 2 steps, a divisor that is not positive, or a rise outside 0..1.
struct OneCycle {
    double learning_rate = 1e-3;  ///< The highest.
    std::int64_t steps = 0;       ///< Steps of the whole run.
    double rise = 0.3;            ///< The part of the steps in which the rate rises.
    double initial_divisor = 25;
    double final_divisor = 1e4;

    double operator()(std::int64_t step) const {
        if (steps < 2) throw Error("depix: one cycle needs at least 2 steps, not " + std::to_string(steps));
        if (!(rise >= 0 && rise <= 1))
            throw Error("depix: one cycle rises in a part of its steps, 0..1, not in " + std::to_string(rise));
        if (!(initial_divisor > 0 && final_divisor > 0))
            throw Error("depix: one cycle's divisors are " + std::to_string(initial_divisor) + " and " +
                        std::to_string(final_divisor) + "; both must be positive");
        const double first = learning_rate / initial_divisor, last = first / final_divisor;
        const double peak = rise * static_cast<double>(steps) - 1, end = static_cast<double>(steps - 1);
        const double now = (std::min)(static_cast<double>(step), end);
        if (now <= peak && peak > 0) return detail::anneal(first, learning_rate, now / peak);
        return detail::anneal(learning_rate, last, (now - peak) / (end - peak));
    }
};

}  // namespace depix
