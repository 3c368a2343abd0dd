// The planner's passes over a flattened network. Each is a small function from plan to plan.
#pragma once

#include "depix/plan/plan.hpp"

namespace depix {

namespace detail {

constexpr bool is_convolution(const PlanLayer& layer) {
    const Role role = layer.info->traits.role;
    return role == Role::convolution || role == Role::transposed_convolution;
}

// A max pooling whose windows are of 2x2 and do not overlap.
constexpr bool is_halving(const PlanLayer& layer) {
    const LayerInfo& info = *layer.info;
    return info.traits.role == Role::max_pool && info.traits.down == 2 && info.needs({0, 0}) == Interval{0, 1};
}

// Whether `next` may become part of `step`, which is a convolution with perhaps something fused to it already.
constexpr bool can_fuse(const PlanStep& step, const PlanLayer& next, bool fuse_pool, bool fuse_shuffle) {
    if (!is_convolution(step.layer) || step.pool) return false;
    const bool plain = step.layer.info->traits.role == Role::convolution && !step.upsample && !step.shuffle;
    switch (next.info->traits.role) {
        case Role::batch_norm:
            return !step.batch_norm && !step.rectifier && !step.shuffle;
        case Role::rectifier:
            return !step.rectifier;
        case Role::max_pool:
            return fuse_pool && plain && is_halving(next);
        case Role::pixel_shuffle:
            return fuse_shuffle && plain;
        default:
            return false;
    }
}

// The same in training, where the backward pass must find its way back: through a rectifier by its output's sign, which
// a learned slope may turn round; through a batch norm by computing it once more.
constexpr bool can_fuse_for_training(const PlanStep& step, const PlanLayer& next) {
    const bool norm = step.layer.info->traits.role == Role::batch_norm;
    if (step.pool || !(norm || is_convolution(step.layer))) return false;
    if (next.info->traits.role == Role::rectifier) return !step.rectifier && !next.info->traits.learned_slope;
    return norm && is_halving(next);
}

// Appends every layer to the step that makes its input, where nobody else reads that and can_join(step, layer) says so.
template <std::size_t T, std::size_t S, class CanJoin>
constexpr Plan<T, S> join_steps(Plan<T, S> plan, const CanJoin& can_join) {
    int kept = 0;
    for (int i = 0; i < plan.step_count; ++i) {
        const PlanStep step = plan.step(i);
        const PlanTensor& input = plan.tensor(step.input);
        const int before = input.producer;
        if (before >= 0 && input.consumers == 1 && step.other < 0 && can_join(plan.step(before), step.layer)) {
            PlanStep& longer = plan.step(before);
            const Role role = step.layer.info->traits.role;
            (role == Role::batch_norm  ? longer.batch_norm
             : role == Role::rectifier ? longer.rectifier
             : role == Role::max_pool  ? longer.pool
                                       : longer.shuffle) = step.layer;
            longer.output = step.output;
            plan.tensor(step.output).producer = before;
            plan.tensor(step.input) = {};  // nobody's tensor now
        } else {
            plan.tensor(step.output).producer = kept;
            plan.step(kept++) = step;
        }
    }
    plan.step_count = kept;
    return plan;
}

// A convolution of 2x2 with a stride of 1 whose output is as large as its input, from the pixel to the one below right.
constexpr bool is_two_by_two(const PlanLayer& layer) {
    const LayerInfo& info = *layer.info;
    return info.traits.role == Role::convolution && info.needs({0, 0}) == Interval{0, 1} &&
           info.needs({1, 1}) == Interval{1, 2} && info.output({1, 4, 4}).height == 4;
}

}  // namespace detail

/// Lets a convolution of 2x2, padded right and below, read what an Upsample<2> in front of it would have made: of a map
/// of twice the size every pixel would be read four times over (kernels/cpu/upsampled_conv.hpp).
template <std::size_t T, std::size_t S>
constexpr Plan<T, S> fuse_upsampling(Plan<T, S> plan) {
    int kept = 0;
    for (int i = 0; i < plan.step_count; ++i) {
        PlanStep step = plan.step(i);
        const PlanTensor& input = plan.tensor(step.input);
        const int before = input.producer;
        if (before >= 0 && before == kept - 1 && input.consumers == 1 && detail::is_two_by_two(step.layer) &&
            plan.step(before).layer.info->traits.role == Role::upsample &&
            plan.step(before).layer.info->traits.up == 2) {
            step.upsample = plan.step(before).layer;
            plan.tensor(step.input) = {};  // nobody's tensor now
            step.input = plan.step(before).input;
            kept = before;
        }
        plan.tensor(step.output).producer = kept;
        plan.step(kept++) = step;
    }
    plan.step_count = kept;
    return plan;
}

/// Joins a convolution with the batch norm, rectifier and 2x2 pooling or pixel shuffle behind it, where nobody else
/// reads what lies between them: the values go from register to register instead of through memory.
template <std::size_t T, std::size_t S>
constexpr Plan<T, S> fuse(Plan<T, S> plan, bool fuse_pool = true, bool fuse_shuffle = true) {
    return detail::join_steps(plan, [=](const PlanStep& step, const PlanLayer& next) {
        return detail::can_fuse(step, next, fuse_pool, fuse_shuffle);
    });
}

/// The same for training: joins a batch norm with the rectifier and the 2x2 pooling behind it, and a convolution with
/// the rectifier behind it. A convolution and its batch norm stay apart: that needs the statistics of the whole batch.
template <std::size_t T, std::size_t S>
constexpr Plan<T, S> fuse_for_training(Plan<T, S> plan) {
    return detail::join_steps(plan, detail::can_fuse_for_training);
}

/// Lets both halves of a concatenation live inside it, so that a skip costs no copy. A half that already lives
/// elsewhere (two skips from one tensor) stays there and is copied.
template <std::size_t T, std::size_t S>
constexpr Plan<T, S> alias_concatenations(Plan<T, S> plan) {
    for (int i = 0; i < plan.step_count; ++i) {
        const PlanStep& step = plan.step(i);
        if (step.layer.info->traits.role != Role::concatenate) continue;
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

/// Lets an elementwise step write over its input, where nobody reads the input, or anything that shares its memory,
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
        if (before.layer.info->traits.needs_output || before.layer.info->traits.role == Role::concatenate) continue;
        if (before.rectifier && detail::is_convolution(before.layer)) continue;
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

/// What the textbook backend runs: a step a layer, concatenations and elementwise steps in place.
template <Module Network>
constexpr auto plan_for_reference() {
    return find_lifetimes(alias_in_place(alias_concatenations(flatten<Network>())));
}

/// What the fast backends run: fused steps, the rest in place where possible.
template <Module Network>
constexpr auto plan_for_inference() {
    return find_halos(find_lifetimes(alias_in_place(alias_concatenations(fuse(fuse_upsampling(flatten<Network>()))))));
}

/// What training runs: a step a layer, everything kept for the backward pass.
template <Module Network>
constexpr auto plan_for_training() {
    return find_halos(alias_in_place_for_training(alias_concatenations(flatten<Network>())));
}

/// The same with fused steps, for kernels that know them: what lies inside a step is not kept, but computed once more.
template <Module Network>
constexpr auto plan_for_fused_training() {
    return find_halos(alias_in_place_for_training(alias_concatenations(fuse_for_training(flatten<Network>()))));
}

}  // namespace depix
