// Aliasing: which tensors live inside others, how long each lives, and how many zeros it wants around it.
#pragma once

#include "depix/plan/fuse.hpp"

namespace depix {

/// Lets both halves of a concatenation live inside it, so that a skip costs no copy. A half that already lives
/// elsewhere (two skips from one tensor) stays there and is copied.
template <std::size_t T, std::size_t S>
constexpr Plan<T, S> alias_concatenations(Plan<T, S> plan) {
    for (int i = 0; i < plan.step_count; ++i) {
        const PlanStep& step = plan.step(i);
        if (step.layer.info->traits.role != Role::Concatenate) continue;
        PlanTensor& first = plan.tensor(step.input);
        if (first.parent < 0) first.parent = step.output;
        PlanTensor& second = plan.tensor(step.other);
        if (second.parent < 0 && step.other != step.input) {
            second.parent = step.output;
            second.channel_offset = first.channels;
        }
    }
    return plan;
}

/// Sets every tensor's lifetime: from the step that writes it to the last that reads it. A root lives as long as
/// anything inside it.
template <std::size_t T, std::size_t S>
constexpr Plan<T, S> find_lifetimes(Plan<T, S> plan) {
    for (int i = 0; i < plan.tensor_count; ++i) {
        PlanTensor& tensor = plan.tensor(i);
        tensor.first = tensor.producer;
        tensor.last = tensor.producer;
    }
    for (int i = 0; i < plan.step_count; ++i) {
        plan.tensor(plan.step(i).input).last = i;
        if (plan.step(i).other >= 0) plan.tensor(plan.step(i).other).last = i;
    }
    plan.tensor(plan.output).last = plan.step_count;
    for (int i = 0; i < plan.tensor_count; ++i) {
        if (plan.tensor(i).channels == 0) continue;
        PlanTensor& root = plan.tensor(plan.root(i));
        if (plan.tensor(i).first < root.first) root.first = plan.tensor(i).first;
        if (plan.tensor(i).last > root.last) root.last = plan.tensor(i).last;
    }
    return plan;
}

/// Lets an elementwise step write over its input, where no step reads the input, or anything that shares its memory,
/// afterwards. The network's own input is never written over.
template <std::size_t T, std::size_t S>
constexpr Plan<T, S> alias_in_place(Plan<T, S> plan) {
    plan = find_lifetimes(plan);
    for (int i = 0; i < plan.step_count; ++i) {
        const PlanStep& step = plan.step(i);
        if (!step.layer.info->traits.elementwise || plan.root(step.input) == plan.root(plan.input)) continue;
        PlanTensor& output = plan.tensor(step.output);
        PlanTensor& root = plan.tensor(plan.root(step.input));
        if (root.last != i || output.parent >= 0) continue;
        output.parent = step.input;
        if (output.last > root.last) root.last = output.last;
    }
    return plan;
}

/// The same for training, where the backward pass comes by later: in place only if neither the step nor the one before
/// it will want to see what is overwritten. (A convolution wants its output's sign, if a rectifier is fused to it.)
template <std::size_t T, std::size_t S>
constexpr Plan<T, S> alias_in_place_for_training(Plan<T, S> plan) {
    for (int i = 0; i < plan.step_count; ++i) {
        const PlanStep& step = plan.step(i);
        const PlanTensor& input = plan.tensor(step.input);
        PlanTensor& output = plan.tensor(step.output);
        const Traits& traits = step.layer.info->traits;
        const bool alone = input.producer >= 0 && input.consumers == 1 && input.parent < 0 && output.parent < 0;
        if (!traits.elementwise || traits.needs_input || !alone) continue;
        const PlanStep& before = plan.step(input.producer);
        if (before.layer.info->traits.needs_output || before.layer.info->traits.role == Role::Concatenate) continue;
        if (before.has_rectifier() && detail::is_convolution(before.layer)) continue;
        output.parent = step.input;
    }
    return plan;
}

/// Sets how many zeros each root wants around it, from the steps that read what lives inside.
template <std::size_t T, std::size_t S>
constexpr Plan<T, S> find_halos(Plan<T, S> plan) {
    const auto raise = [](int& halo, int to) { halo = halo < to ? to : halo; };
    for (int i = 0; i < plan.step_count; ++i) {
        const PlanStep& step = plan.step(i);
        raise(plan.tensor(plan.root(step.input)).halo, step.layer.info->traits.halo);
        raise(plan.tensor(plan.root(step.output)).gradient_halo, step.layer.info->traits.gradient_halo);
    }
    return plan;
}

}  // namespace depix
