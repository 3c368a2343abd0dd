// flatten: turns a network's type into a plan with one step for each layer.
#pragma once

#include <cstddef>

#include "depix/network/skip.hpp"
#include "depix/plan/plan.hpp"

namespace depix {

namespace detail {

// A visitor that counts tensors and steps, so that the plan's arrays have the right size.
struct CountingVisitor {
    std::size_t tensors = 1;
    std::size_t steps = 0;

    constexpr void enter(const char*) {}
    constexpr void enter(int) {}
    constexpr void leave() {}
    template <Layer L>
    constexpr int layer(int) {
        return count();
    }
    constexpr int add(int, int) { return count(); }
    constexpr int concatenate(int, int) { return count(); }
    constexpr int count() {
        ++steps;
        return static_cast<int>(tensors++);
    }
};

// A visitor that appends one step for every layer.
template <class PlanType>
struct FlattenVisitor {
    PlanType& plan;
    std::size_t parameters = 0;
    std::size_t statistics = 0;

    constexpr void enter(const char*) {}
    constexpr void enter(int) {}
    constexpr void leave() {}

    template <Layer L>
    constexpr int layer(int input) {
        const LayerInfo& info = layer_info<L>;
        const PlanLayer part{&info, parameters, statistics, true};
        parameters += info.parameter_count;
        statistics += info.statistic_count;
        return append({.layer = part, .input = input}, L::out_channels(plan.tensor(input).channels));
    }
    constexpr int add(int a, int b) {
        return append({.layer = {.info = &layer_info<Add>, .present = true}, .input = a, .other = b},
                      plan.tensor(a).channels);
    }
    constexpr int concatenate(int a, int b) {
        const int both = plan.tensor(a).channels + plan.tensor(b).channels;
        return append({.layer = {.info = &layer_info<Concatenate>, .present = true}, .input = a, .other = b}, both);
    }

  private:
    constexpr int append(PlanStep step, int channels) {
        step.output = plan.tensor_count++;
        // Each member is set by itself, because in an assignment nvcc 13 loses the names of a braced list.
        plan.tensor(step.output).channels = channels;
        plan.tensor(step.output).producer = plan.step_count;
        ++plan.tensor(step.input).consumers;
        if (step.other >= 0) ++plan.tensor(step.other).consumers;
        plan.step(plan.step_count++) = step;
        return step.output;
    }
};

}  // namespace detail

/// The network as it is written: one step for each layer, nothing fused, every tensor in memory of its own.
template <Module Network>
constexpr auto flatten() {
    static_assert(Network::in_channels > 0,
                  "depix: a network begins with a layer that says how many channels it takes");
    constexpr auto count = [] {
        detail::CountingVisitor visitor;
        walk<Network>(visitor, 0);
        return visitor;
    }();
    Plan<count.tensors, count.steps> plan;
    plan.tensor_count = 1;
    plan.tensor(0).channels = Network::in_channels;
    detail::FlattenVisitor<decltype(plan)> visitor{plan};
    plan.output = walk<Network>(visitor, 0);
    ++plan.tensor(plan.output).consumers;
    return plan;
}

}  // namespace depix
