// Tanh: the hyperbolic tangent, from any number to -1..1.
#pragma once

#include "depix/layers/elementwise.hpp"

namespace depix {

/// y = tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x)). PyTorch's nn.Tanh. The gradient is dx = dy * (1 - y * y).
struct Tanh : LayerBase<Tanh> {
    static constexpr const char* name = "Tanh";
    static constexpr Traits traits{
        .role = Role::Activation, .elementwise = true, .needs_input = false, .needs_output = true};

    template <class V>
    static constexpr V value(V x) {
        using namespace math;
        return tanh(x);
    }
    template <class V>
    static constexpr V gradient(V dy, V /*x*/, V y) {
        return dy * (V(1) - y * y);
    }
};

}  // namespace depix
