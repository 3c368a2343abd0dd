// Tanh: the hyperbolic tangent, from any number to -1..1.
#pragma once

#include "depix/layers/layer.hpp"

namespace depix {

/// y = tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x)). PyTorch's nn.Tanh. The gradient is dx = dy * (1 - y * y).
struct Tanh : LayerBase<Tanh> {
    static constexpr const char* name = "Tanh";
    static constexpr Traits traits{.elementwise = true, .needs_input = false, .needs_output = true};
};

}  // namespace depix
