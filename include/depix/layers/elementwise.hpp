// Layers that are one formula: what such a layer states, and the functions that its formula is written with.
//
// A layer whose output[i] depends on input[i] alone states, beside its name and traits,
//
//     template <class V> static constexpr V value(V x);               // y
//     template <class V> static constexpr V gradient(V dy, V x, V y); // dx, from the gradient dy of the loss by y
//
// and has kernels on every backend: see elementwise.hpp (.cuh) in kernels/reference, kernels/cpu and kernels/cuda. V is
// float, double, or the Cpu's vector of floats. `gradient` may use x only if the traits say needs_input, and y only if
// they say needs_output. A formula is written with arithmetic, comparisons, V(a number) and the functions below; it
// names them by `using namespace math` and calls them unqualified, so that those of the Cpu's vectors are found too.
#pragma once

#include <cmath>
#include <concepts>

#include "depix/layers/layer.hpp"

namespace depix {

namespace math {
template <std::floating_point V>
constexpr V exp(V x) {
    return std::exp(x);
}
/// exp(x) - 1, also where that cancels.
template <std::floating_point V>
constexpr V expm1(V x) {
    return std::expm1(x);
}
template <std::floating_point V>
constexpr V tanh(V x) {
    return std::tanh(x);
}
/// `yes` where the condition holds, `no` elsewhere.
template <std::floating_point V>
constexpr V select(bool condition, V yes, V no) {
    return condition ? yes : no;
}
}  // namespace math

/// A layer that states its formula.
template <class L>
concept ElementwiseLayer = Layer<L> && L::traits.elementwise&& requires(float x) {
    { L::value(x) } -> std::same_as<float>;
    { L::gradient(x, x, x) } -> std::same_as<float>;
};

}  // namespace depix
