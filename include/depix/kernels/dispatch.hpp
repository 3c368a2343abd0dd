// Finds the layer of a step of the plan, and so the kernel that runs it.
#pragma once

#include "depix/kernels/kernel.hpp"
#include "depix/plan/flatten.hpp"

namespace depix {

/// Layers that have weights to pack and an epilogue to fuse into.
template <class L>
concept Convolution = L::traits.role == Role::Convolution || L::traits.role == Role::TransposedConvolution;

/// Calls `body.template operator()<L>()` for the layer L that `info` describes. Compile time and code size grow with
/// the number of distinct layers of the network, not with the number of its steps.
template <Module Network, class Body>
constexpr void with_layer(const LayerInfo* info, Body&& body) {
    layers_of<Network>::for_each([&]<class L>() {
        if (info == &layer_info<L>) body.template operator()<L>();
    });
}

/// The part of its root's memory that holds a tensor.
template <class T, std::size_t Tensors, std::size_t Steps>
constexpr View<T> view_in_root(const Plan<Tensors, Steps>& plan, int tensor, const View<T>& root) {
    return root.slice(plan.channel_in_root(tensor), plan.tensor(tensor).channels);
}

}  // namespace depix
