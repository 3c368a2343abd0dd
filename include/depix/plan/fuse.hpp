// Fusing: several layers become one step, so that values stay in registers instead of going through memory.
#pragma once

#include "depix/plan/flatten.hpp"

namespace depix {

/// Which layers are fused with the convolution before them, besides its batch norm and its rectifier.
struct Fusing {
    bool activations = true;  ///< other formulas than a rectifier's
    bool pool = true;         ///< 2x2 max pooling
    bool shuffle = true;
    bool scales = true;  ///< ChannelScale
};

namespace detail {

constexpr bool is_convolution(const PlanLayer& layer) {
    const Role role = layer.info->traits.role;
    return role == Role::Convolution || role == Role::TransposedConvolution;
}

// A max pooling whose windows are of 2x2 and do not overlap.
constexpr bool is_halving(const PlanLayer& layer) {
    const LayerInfo& info = *layer.info;
    return info.traits.role == Role::MaxPool && info.traits.down == 2 && info.needs({0, 0}) == RowRange{0, 1};
}

// Whether a convolution has a kernel of 1x1 without padding. It is computed as a product of matrices, which stores no
// shuffled pixels.
constexpr bool is_pointwise(const PlanLayer& layer) {
    const LayerInfo& info = *layer.info;
    return info.traits.role == Role::Convolution && info.traits.plain && info.needs({0, 1}) == RowRange{0, 1} &&
           info.output({1, 1, 1}).height == 1;
}

// Whether `next` may become part of `step`, a convolution that other layers may already be fused with.
constexpr bool can_fuse(const PlanStep& step, const PlanLayer& next, Fusing fusing) {
    if (!is_convolution(step.layer) || step.pool) return false;
    const Traits& traits = step.layer.info->traits;
    const bool plain = traits.role == Role::Convolution && traits.plain && !step.upsample && !step.shuffle;
    switch (next.info->traits.role) {
        case Role::ChannelScale:
            return fusing.scales && !step.batch_norm && !step.activation && !step.shuffle;
        case Role::BatchNorm:
            return !step.batch_norm && !step.activation && !step.shuffle;
        case Role::Rectifier:
            return !step.activation;
        case Role::Activation:
            return fusing.activations && !step.activation;
        case Role::MaxPool:  // a formula is applied to what the step has stored, so pooling must not come first
            return fusing.pool && plain && is_halving(next) && (!step.activation || step.has_rectifier());
        case Role::PixelShuffle:
            return fusing.shuffle && plain && !is_pointwise(step.layer);
        case Role::Convolution:
        case Role::TransposedConvolution:
        case Role::Upsample:
        case Role::Add:
        case Role::Concatenate:
        case Role::Multiply:
        case Role::Slice:
        case Role::PixelNorm:
        case Role::Other:
            break;
    }
    return false;
}

// The same in training, where the backward pass must get through the fused layers. For a rectifier it uses the sign of
// the output, which a learned slope may reverse. A batch norm is computed once more. Other activations work in place.
constexpr bool can_fuse_for_training(const PlanStep& step, const PlanLayer& next) {
    const bool norm = step.layer.info->traits.role == Role::BatchNorm;
    if (step.pool || !(norm || is_convolution(step.layer))) return false;
    if (next.info->traits.role == Role::Rectifier) return !step.activation && !next.info->traits.learned_slope;
    return norm && is_halving(next);
}

// Appends every layer to the step that computes its input, if no other step reads that input and can_join(step, layer)
// is true.
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
            (role == Role::BatchNorm || role == Role::ChannelScale ? longer.batch_norm
             : role == Role::MaxPool                               ? longer.pool
             : role == Role::PixelShuffle                          ? longer.shuffle
                                                                   : longer.activation) = step.layer;
            longer.output = step.output;
            plan.tensor(step.output).producer = before;
            plan.tensor(step.input) = {};  // no tensor any more
        } else {
            plan.tensor(step.output).producer = kept;
            plan.step(kept++) = step;
        }
    }
    plan.step_count = kept;
    return plan;
}

// A 2x2 convolution with stride 1 whose output is as large as its input, and which reads from the pixel itself to the
// one below right.
constexpr bool is_two_by_two(const PlanLayer& layer) {
    const LayerInfo& info = *layer.info;
    return info.traits.role == Role::Convolution && info.traits.plain && info.needs({0, 0}) == RowRange{0, 1} &&
           info.needs({1, 1}) == RowRange{1, 2} && info.output({1, 4, 4}).height == 4;
}

// Puts a layer in front of the step after it, where join(step, layer) is true and no other step reads what lies
// between. join sets the step's member.
template <std::size_t T, std::size_t S, class Join>
constexpr Plan<T, S> join_with_next(Plan<T, S> plan, const Join& join) {
    int kept = 0;
    for (int i = 0; i < plan.step_count; ++i) {
        PlanStep step = plan.step(i);
        const PlanTensor& input = plan.tensor(step.input);
        const int before = input.producer;
        if (before >= 0 && before == kept - 1 && input.consumers == 1 && join(step, plan.step(before).layer)) {
            plan.tensor(step.input) = {};  // no tensor any more
            step.input = plan.step(before).input;
            kept = before;
        }
        plan.tensor(step.output).producer = kept;
        plan.step(kept++) = step;
    }
    plan.step_count = kept;
    return plan;
}

}  // namespace detail

/// Fuses an Upsample<2> with a 2x2 convolution after it that is padded right and below. The convolution then reads the
/// small map; from the map of twice the size it would read every pixel four times (kernels/cpu/conv/upsampled.hpp).
template <std::size_t T, std::size_t S>
constexpr Plan<T, S> fuse_upsampling(Plan<T, S> plan) {
    return detail::join_with_next(plan, [](PlanStep& step, const PlanLayer& first) {
        if (!detail::is_two_by_two(step.layer) || first.info->traits.role != Role::Upsample ||
            first.info->traits.up != 2)
            return false;
        step.upsample = first;
        return true;
    });
}

/// Fuses a norm over the channels of each pixel with the 1x1 convolution after it, which copies these channels anyway
/// (kernels/cpu/conv/pointwise.hpp). The convolution has been fused with what comes after it already.
template <std::size_t T, std::size_t S>
constexpr Plan<T, S> fuse_norms(Plan<T, S> plan) {
    return detail::join_with_next(plan, [](PlanStep& step, const PlanLayer& first) {
        if (first.info->traits.role != Role::PixelNorm || !detail::is_pointwise(step.layer) || step.pool) return false;
        step.norm = first;
        return true;
    });
}

/// Joins a convolution with the batch norm, activation and 2x2 pooling or pixel shuffle after it, if no other step
/// reads what lies between them. The values stay in registers or in the cache, instead of going through memory.
template <std::size_t T, std::size_t S>
constexpr Plan<T, S> fuse(Plan<T, S> plan, Fusing fusing = {}) {
    return detail::join_steps(
        plan, [=](const PlanStep& step, const PlanLayer& next) { return detail::can_fuse(step, next, fusing); });
}

/// The same for training: joins a batch norm with the rectifier and the 2x2 pooling after it, and a convolution with
/// the rectifier after it. A convolution and its batch norm stay apart, because batch norm needs the statistics of the
/// whole batch.
template <std::size_t T, std::size_t S>
constexpr Plan<T, S> fuse_for_training(Plan<T, S> plan) {
    return detail::join_steps(plan, detail::can_fuse_for_training);
}

}  // namespace depix
