// Layers that are one formula: what such a layer defines, and the functions that its formula may use.
//
// A layer whose output[i] depends on input[i] alone defines, besides its name and traits,
//
//     template <class V> static constexpr V value(V x);               // y
//     template <class V> static constexpr V gradient(V dy, V x, V y); // dx, from the gradient dy of the loss by y
//
// and then has kernels on every backend: see elementwise.hpp (.cuh) in kernels/reference, kernels/cpu and kernels/cuda.
// V is float, double, or the Cpu's vector of floats. `gradient` may use x only if the traits say needs_input, and y
// only if they say needs_output. A formula uses arithmetic, comparisons, V(a number) and the functions below. It has
// `using namespace math` and calls the functions unqualified, so that those for the Cpu's vectors are found too.
#pragma once

#include <cmath>
#include <concepts>

#include "depix/layers/layer.hpp"
#include "depix/layers/own_exp.hpp"

namespace depix {

namespace math {
/// With DEPIX_OWN_EXP a float needs nothing of the C library (layers/own_exp.hpp).
template <std::floating_point V>
constexpr V exp(V x) {
#ifdef DEPIX_OWN_EXP
    if constexpr (std::same_as<V, float>)
        return own_exp(x);
    else
#endif
        return std::exp(x);
}
/// exp(x) - 1, accurate also where the subtraction cancels.
template <std::floating_point V>
constexpr V expm1(V x) {
    return std::expm1(x);
}
template <std::floating_point V>
constexpr V tanh(V x) {
    return std::tanh(x);
}
/// The error function.
template <std::floating_point V>
constexpr V erf(V x) {
    return std::erf(x);
}
/// `yes` where the condition holds, `no` elsewhere.
template <std::floating_point V>
constexpr V select(bool condition, V yes, V no) {
    return condition ? yes : no;
}
}  // namespace math

/// A layer that defines its formula.
template <class L>
concept ElementwiseLayer = Layer<L> && L::traits.elementwise&& requires(float x) {
    { L::value(x) } -> std::same_as<float>;
    { L::gradient(x, x, x) } -> std::same_as<float>;
};

}  // namespace depix
