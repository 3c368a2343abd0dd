// The four plans that the backends run, each a chain of the passes.
#pragma once

#include "depix/plan/alias.hpp"

namespace depix {

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
