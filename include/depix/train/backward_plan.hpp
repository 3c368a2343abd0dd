// The plan of the backward pass: where each gradient is stored, which step writes it first, and which step last.
#pragma once

#include "depix/plan/passes.hpp"

namespace depix {

namespace detail {

/// Where each gradient of a training plan is stored, and how each step writes it.
template <std::size_t Tensors, std::size_t Steps>
struct BackwardPlan {
    std::array<int, Tensors> parent{};     // a gradient's parent, like PlanTensor::parent for maps
    std::array<int, Tensors> offset{};     // the gradient's first channel in its parent
    std::array<bool, Steps> accumulate{};  // the input's gradient has already been written
    std::array<bool, Steps> accumulate_other{};
    // Slopes of rectifiers that are fused after convolutions; 1: there is none. A gradient must have passed the
    // rectifier before the convolution's own step. (These are plain numbers, because g++ 12 lets constant arrays of
    // structs with default values share their elements, so that a write to one may appear in another.)
    std::array<float, Steps> input_slope{};   // applied by the step that completes the input's gradient
    std::array<float, Steps> output_slope{};  // applied to the output's gradient before the step
    int gradient_halo = 0;                    // of every gradient: the largest that one needs
};

// A part of a concatenation also shares the gradient's memory if the concatenation is the last step that reads it.
// Otherwise a later reader would write its share there first, and the concatenation's gradient would overwrite it.
template <std::size_t T, std::size_t S>
constexpr BackwardPlan<T, S> plan_backward(const Plan<T, S>& plan) {
    BackwardPlan<T, S> backward;
    std::array<int, T> last_reader{};
    for (int& reader : last_reader) reader = -1;
    for (int i = 0; i < plan.step_count; ++i) {
        last_reader[static_cast<std::size_t>(plan.step(i).input)] = i;
        if (plan.step(i).other >= 0) last_reader[static_cast<std::size_t>(plan.step(i).other)] = i;
    }
    for (int i = 0; i < plan.tensor_count; ++i) {
        const PlanTensor& tensor = plan.tensor(i);
        const auto index = static_cast<std::size_t>(i);
        // Either the parent is a concatenation of this tensor, or this tensor was computed in place, in its parent's
        // memory.
        const bool in_place = tensor.parent >= 0 && tensor.producer > plan.tensor(tensor.parent).producer;
        const bool shares =
            tensor.parent >= 0 && (in_place || last_reader[index] == plan.tensor(tensor.parent).producer);
        backward.parent[index] = shares ? tensor.parent : -1;
        backward.offset[index] = shares ? tensor.channel_offset : 0;
    }
    std::array<bool, T> written{};
    written[static_cast<std::size_t>(plan.output)] = true;
    for (int i = plan.step_count - 1; i >= 0; --i) {
        const auto index = static_cast<std::size_t>(i);
        const PlanStep& step = plan.step(i);
        const auto mark = [&](int tensor, bool& accumulate) {
            accumulate = written[static_cast<std::size_t>(tensor)];
            written[static_cast<std::size_t>(tensor)] = true;
        };
        mark(step.input, backward.accumulate[index]);
        if (step.other >= 0) mark(step.other, backward.accumulate_other[index]);
    }
    // The first step that reads a tensor is the last that writes its gradient.
    std::array<int, T> first_reader{};
    for (int& reader : first_reader) reader = -1;
    for (int i = plan.step_count - 1; i >= 0; --i) {
        first_reader[static_cast<std::size_t>(plan.step(i).input)] = i;
        if (plan.step(i).other >= 0) first_reader[static_cast<std::size_t>(plan.step(i).other)] = i;
    }
    // One halo for all gradients is simpler than one for each, and costs little memory compared with the maps.
    for (const PlanTensor& tensor : plan.tensors)
        if (tensor.gradient_halo > backward.gradient_halo) backward.gradient_halo = tensor.gradient_halo;
    for (float& slope : backward.input_slope) slope = 1;
    for (float& slope : backward.output_slope) slope = 1;
    for (int i = 0; i < plan.step_count; ++i) {
        const PlanStep& step = plan.step(i);
        if (!step.has_rectifier() || !is_convolution(step.layer)) continue;
        const int last = first_reader[static_cast<std::size_t>(step.output)];
        const bool on_the_way = last >= 0 && is_convolution(plan.step(last).layer);
        float& slope = on_the_way ? backward.input_slope[static_cast<std::size_t>(last)]
                                  : backward.output_slope[static_cast<std::size_t>(i)];
        slope = step.activation.info->traits.negative_slope;
    }
    return backward;
}

}  // namespace detail

}  // namespace depix
