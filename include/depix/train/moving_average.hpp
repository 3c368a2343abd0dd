// move_average: the exponential moving average of a network's weights, which often restores better than the last
// weights.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "depix/model.hpp"

namespace depix {

/// average = decay average + (1 - decay) weights, once per step; decay is about 0.999. Statistics are copied. This is
/// the average of Polyak and Juditsky 1992 with exponentially decreasing weights.
template <Module Network, class T>
void move_average(Model<Network, T>& average, const Model<Network, T>& model, double decay) {
    const T keep = static_cast<T>(decay), take = T(1) - keep;
    const std::span<const T> now = model.parameters();
    const std::span<T> mean = average.parameters();
    for (std::size_t i = 0; i < now.size(); ++i) mean[i] = keep * mean[i] + take * now[i];
    std::ranges::copy(model.statistics(), average.statistics().begin());
    std::ranges::copy(model.batches_tracked(), average.batches_tracked().begin());
}

}  // namespace depix
