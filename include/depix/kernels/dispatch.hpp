// Finds the layer of a step of the plan, and so the kernel that runs it.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

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

namespace detail {

// A visitor that notes each layer's number among the distinct layers of the network.
template <class List, std::size_t Steps>
struct LayerNumberVisitor {
    std::array<short, Steps> numbers{};
    std::size_t count = 0;

    constexpr void enter(const char*) {}
    constexpr void enter(int) {}
    constexpr void leave() {}
    template <class L>
    constexpr int layer(int) {
        short number = 0;
        List::for_each([&]<class Other>() {
            if (std::is_same_v<L, Other>) numbers[count] = number;
            ++number;
        });
        ++count;
        return 0;
    }
    template <class Join>
    constexpr int join(int, int) {
        return layer<Join>(0);
    }
};

/// The number in layers_of<Network> of the layer of each step of flatten<Network>().
template <Module Network>
inline constexpr auto layer_numbers = [] {
    LayerNumberVisitor<layers_of<Network>, count_layers<Network>().steps> visitor;
    walk<Network>(visitor, 0);
    return visitor.numbers;
}();

/// with_layer for the layer with this number of layer_numbers. A program that finds its layers by numbers has
/// no LayerInfo in memory.
template <Module Network, class Body>
constexpr void with_layer_number(int number, Body&& body) {
    int now = 0;
    layers_of<Network>::for_each([&]<class L>() {
        if (now++ == number) body.template operator()<L>();
    });
}

}  // namespace detail

/// The part of its root's memory that holds a tensor.
template <class T, std::size_t Tensors, std::size_t Steps>
constexpr View<T> view_in_root(const Plan<Tensors, Steps>& plan, int tensor, const View<T>& root) {
    return root.slice(plan.channel_in_root(tensor), plan.tensor(tensor).channels);
}

}  // namespace depix
