// Sigmoid: the logistic function, from any number to 0..1.
#pragma once

#include "depix/layers/elementwise.hpp"

namespace depix {

/// y = 1 / (1 + exp(-x)). PyTorch's nn.Sigmoid. The gradient is dx = dy * y * (1 - y).
struct Sigmoid : LayerBase<Sigmoid> {
    static constexpr const char* name = "Sigmoid";
    static constexpr Traits traits{
        .role = Role::Activation, .elementwise = true, .needs_input = false, .needs_output = true};

    template <class V>
    static constexpr V value(V x) {
        using namespace math;
        return V(1) / (V(1) + exp(-x));
    }
    template <class V>
    static constexpr V gradient(V dy, V /*x*/, V y) {
        return dy * y * (V(1) - y);
    }
};

}  // namespace depix
