// ReLU: the rectified linear unit.
#pragma once

#include "depix/layers/elementwise.hpp"

namespace depix {

/// y = max(x, 0). PyTorch's nn.ReLU (Nair and Hinton 2010). The gradient at 0 is 0, as in PyTorch.
struct ReLU : LayerBase<ReLU> {
    static constexpr const char* name = "ReLU";
    static constexpr Traits traits{.role = Role::Rectifier,
                                   .elementwise = true,
                                   .needs_input = false,  // y > 0 is equivalent to x > 0
                                   .needs_output = true,
                                   .negative_slope = 0.f};

    template <class V>
    static constexpr V value(V x) {
        using namespace math;
        return select(x > V(0), x, V(0) * x);  // NaN stays NaN
    }
    template <class V>
    static constexpr V gradient(V dy, V /*x*/, V y) {
        using namespace math;
        return select(y > V(0), dy, V(0) * dy);
    }
};

}  // namespace depix
