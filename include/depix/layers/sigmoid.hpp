// Sigmoid: the logistic function, from any number to 0..1.
#pragma once

#include "depix/layers/layer.hpp"

namespace depix {

/// y = 1 / (1 + exp(-x)). PyTorch's nn.Sigmoid. The gradient is dx = dy * y * (1 - y).
struct Sigmoid : LayerBase<Sigmoid> {
    static constexpr const char* name = "Sigmoid";
    static constexpr Traits traits{.elementwise = true, .needs_input = false, .needs_output = true};
};

}  // namespace depix
