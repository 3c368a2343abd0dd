// The plan of integer inference: which layers are fused, and which integer operation each step is.
#pragma once

#include "depix/kernels/dispatch.hpp"
#include "depix/kernels/int8.hpp"
#include "depix/layers/conv.hpp"
#include "depix/layers/dense.hpp"
#include "depix/layers/dropout.hpp"
#include "depix/layers/elementwise.hpp"
#include "depix/layers/max_pool.hpp"
#include "depix/plan/alias.hpp"

namespace depix {

namespace detail {

// A Dense of one pixel, which is a convolution of 1x1. (No other layer says which size it takes.)
constexpr bool is_pixel_dense(const PlanLayer& layer) {
    return layer.info->in_height == 1 && layer.info->in_width == 1;
}

// Whether a step on integers computes `next` too. Batch norms are folded into weights. An activation is part of how
// sums become 8 bits, so no range is spent on what it cuts off.
constexpr bool can_fuse_on_integers(const PlanStep& step, const PlanLayer& next) {
    const Traits& traits = next.info->traits;
    if (step.activation) return false;
    if (step.layer.info->traits.role == Role::Add)
        return traits.role == Role::Rectifier && traits.negative_slope == 0 && !traits.learned_slope;
    if (!is_convolution(step.layer) && !is_pixel_dense(step.layer)) return false;
    if (traits.role == Role::BatchNorm || traits.role == Role::ChannelScale) return !step.batch_norm;
    return traits.role == Role::Rectifier || traits.role == Role::Activation || traits.learned_slope;
}

// As alias_concatenations, but only where the second half begins at a multiple of four channels, because
// kernels/cpu/int8 keeps four channels together.
template <std::size_t T, std::size_t S>
constexpr Plan<T, S> alias_quads(Plan<T, S> plan) {
    for (int i = 0; i < plan.step_count; ++i) {
        const PlanStep& step = plan.step(i);
        PlanTensor& first = plan.tensor(step.input);
        if (step.layer.info->traits.role != Role::Concatenate || first.channels % 4 != 0) continue;
        PlanTensor& second = plan.tensor(step.other);
        if (first.parent < 0) first.parent = step.output;
        if (second.parent < 0 && step.other != step.input) {
            second.parent = step.output;
            second.channel_offset = first.channels;
        }
    }
    return plan;
}

}  // namespace detail

/// The plan of every integer backend, so that all of them round at the same places.
template <Module Network>
constexpr auto plan_for_integers() {
    return find_halos(find_lifetimes(
        alias_in_place(detail::alias_quads(detail::join_steps(flatten<Network>(), detail::can_fuse_on_integers)))));
}
template <Module Network>
inline constexpr auto integer_plan = plan_for_integers<Network>();

namespace integers {

/// What a step does on integers.
enum class Operation : unsigned char {
    Float,  ///< nothing: its layers are computed in float
    Convolution,
    TransposedConvolution,
    MaxPool,
    Add,
    Concatenate,
    Slice,
    Copy,
    PixelShuffle,
    Upsample,
    Table  ///< a formula of one number
};

/// Whether the output's integers are the input's, so that both have the same encoding.
constexpr bool keeps_encoding(Operation operation) {
    return operation >= Operation::MaxPool && operation != Operation::Add && operation != Operation::Table;
}

}  // namespace integers

namespace detail {

template <class L>
inline constexpr bool is_max_pool = false;
template <int Window, class... Options>
inline constexpr bool is_max_pool<MaxPool<Window, Options...>> = true;
template <class L>
inline constexpr bool is_dropout = false;
template <class Rate>
inline constexpr bool is_dropout<Dropout<Rate>> = true;

template <class L>
inline constexpr bool is_dense_of_pixels = false;
template <int In, int Out, class... Options>
inline constexpr bool is_dense_of_pixels<Dense<In, Out, Options...>> =
    Dense<In, Out, Options...>::in_height == 1 && Dense<In, Out, Options...>::in_width == 1;

/// What integers compute as a convolution: also a Dense of one pixel.
template <class L>
concept IntegerConvolution = Convolution<L> || is_dense_of_pixels<L>;

template <IntegerConvolution L>
constexpr ConvGeometry geometry_of() {
    if constexpr (Convolution<L>)
        return L::geometry;
    else
        return {.in_channels = L::inputs, .out_channels = L::out_channels(0), .bias = L::bias};
}

/// The integer operation of a layer; Float if there is none.
template <class L>
constexpr integers::Operation operation_of() {
    using enum integers::Operation;
    constexpr Role role = L::traits.role;
    if (role == Role::Convolution || is_dense_of_pixels<L>) return Convolution;
    if (role == Role::TransposedConvolution) return TransposedConvolution;
    if (is_max_pool<L>) return MaxPool;
    if (role == Role::Add) return Add;
    if (role == Role::Concatenate) return Concatenate;
    if (role == Role::Slice) return Slice;
    if (is_dropout<L>) return Copy;
    if (role == Role::PixelShuffle) return PixelShuffle;
    if (role == Role::Upsample) return Upsample;
    return ElementwiseLayer<L> ? Table : Float;
}

}  // namespace detail
}  // namespace depix
