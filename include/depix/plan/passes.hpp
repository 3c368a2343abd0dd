// The four plans that the backends run. Each is made by a chain of passes.
#pragma once

#include "depix/plan/alias.hpp"

namespace depix {

/// The plan of the textbook backend: one step for each layer, with concatenations, slices and elementwise steps in
/// place.
template <Module Network>
constexpr auto plan_for_reference() {
    return find_lifetimes(alias_in_place(alias_slices(alias_concatenations(flatten<Network>()))));
}

namespace detail {

/// The same network, for which a fast backend runs one step for each layer: see observe.hpp.
template <Module Network>
struct LayerByLayer : Network {
    static constexpr bool runs_layer_by_layer = true;
};

}  // namespace detail

/// The plan of the fast backends: fused steps, and the other layers in place where possible.
template <Module Network>
constexpr auto plan_for_inference() {
    constexpr auto steps = [] {
        if constexpr (requires { Network::runs_layer_by_layer; })
            return flatten<Network>();
        else
            return fuse_norms(fuse(fuse_upsampling(flatten<Network>())));
    };
    return find_halos(find_lifetimes(alias_in_place(alias_slices(alias_concatenations(steps())))));
}

/// The plan for training: one step for each layer, and everything is kept for the backward pass.
template <Module Network>
constexpr auto plan_for_training() {
    return find_halos(alias_in_place_for_training(alias_concatenations(flatten<Network>())));
}

/// The same with fused steps, for kernels that support them. What lies inside a step is not kept but computed once
/// more.
template <Module Network>
constexpr auto plan_for_fused_training() {
    return find_halos(alias_in_place_for_training(alias_concatenations(fuse_for_training(flatten<Network>()))));
}

}  // namespace depix
