// Buckets: the pieces in which gradients are sent, in the order in which the backward pass completes them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "depix/plan/plan.hpp"

namespace depix::detail {

/// Values [first, last), complete after step `step` of the backward pass.
struct GradientBucket {
    std::size_t first = 0;
    std::size_t last = 0;
    int step = 0;
};

/// Cuts `values` values, of which the parameters' gradients come first, into buckets of at least `smallest` values (the
/// last one may have fewer). After step i of the backward pass, all is complete that lies after the parameters of the
/// steps before i.
template <std::size_t Tensors, std::size_t Steps>
std::vector<GradientBucket> find_gradient_buckets(const Plan<Tensors, Steps>& plan, std::size_t values,
                                                  std::size_t smallest) {
    std::array<std::size_t, Steps + 1> end{};  // of the parameters of the steps before
    for (int i = 0; i < plan.step_count; ++i) {
        const PlanLayer& layer = plan.step(i).layer;
        const std::size_t own = layer.present ? layer.parameters + layer.info->parameter_count : 0;
        end[static_cast<std::size_t>(i) + 1] = (std::max)(end[static_cast<std::size_t>(i)], own);
    }
    std::vector<GradientBucket> buckets;
    std::size_t last = values;
    for (int i = plan.step_count - 1; i >= 0; --i) {
        const std::size_t first = end[static_cast<std::size_t>(i)];
        if (i > 0 && (first == last || last - first < smallest)) continue;
        buckets.push_back({first, last, i});
        last = first;
    }
    return buckets;
}

}  // namespace depix::detail
