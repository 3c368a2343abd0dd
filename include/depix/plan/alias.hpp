// Aliasing: which tensors lie inside others, how long each is alive, and how many zeros it needs around it.
#pragma once

#include "depix/plan/fuse.hpp"

namespace depix {

/// Places both halves of a concatenation inside it, so that a skip needs no copy. A half that already lies elsewhere
/// (two skips from one tensor) stays there and is copied.
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

/// Lets what a slice gives be a part of its input, so that a Split needs no copy. What already lies elsewhere, in a
/// concatenation, is copied there, and so are parts of the network's own input and the network's output, which the
/// caller owns.
template <std::size_t T, std::size_t S>
constexpr Plan<T, S> alias_slices(Plan<T, S> plan) {
    for (int i = 0; i < plan.step_count; ++i) {
        const PlanStep& step = plan.step(i);
        if (step.layer.info->traits.role != Role::Slice) continue;
        PlanTensor& output = plan.tensor(step.output);
        if (output.parent >= 0 || step.output == plan.output || plan.root(step.input) == plan.root(plan.input))
            continue;
        output.parent = step.input;
        output.channel_offset = step.layer.info->traits.first_channel;
    }
    return plan;
}

/// Sets every tensor's lifetime: from the step that writes it to the last step that reads it. A root is alive as long
/// as any tensor inside it.
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

/// Lets an elementwise step overwrite its input if no later step reads the input or anything that shares its memory.
/// The network's own input is never overwritten.
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

/// The same for training, where the backward pass follows later. A step works in place only if neither its backward
/// pass nor that of the step before it reads what is overwritten. (A convolution with a fused rectifier reads the sign
/// of its output.)
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

/// Sets how many zeros each root needs around it, from the steps that read what lies inside it.
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
