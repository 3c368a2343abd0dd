// SiLU: the sigmoid-weighted linear unit, also called Swish.
#pragma once

#include "depix/layers/elementwise.hpp"

namespace depix {

/// y = x * sigmoid(x) = x / (1 + exp(-x)). PyTorch's nn.SiLU (Elfwing et al. 2018).
///
/// With s = sigmoid(x) the gradient is dx = dy * s * (1 + x * (1 - s)).
struct SiLU : LayerBase<SiLU> {
    static constexpr const char* name = "SiLU";
    static constexpr Traits traits{.role = Role::Activation, .elementwise = true};

    template <class V>
    static constexpr V value(V x) {
        using namespace math;
        return x / (V(1) + exp(-x));
    }
    template <class V>
    static constexpr V gradient(V dy, V x, V /*y*/) {
        using namespace math;
        const V sigmoid = V(1) / (V(1) + exp(-x));
        return dy * sigmoid * (V(1) + x * (V(1) - sigmoid));
    }
};

}  // namespace depix
