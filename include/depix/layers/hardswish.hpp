// Hardswish: SiLU with a hard sigmoid.
#pragma once

#include "depix/layers/hardsigmoid.hpp"

namespace depix {

/// y = x * min(max(x + 3, 0), 6) / 6. PyTorch's nn.Hardswish (Howard et al. 2019).
///
/// The gradient is 0 below -3, dy above 3, and dy * (x / 3 + 1/2) between them.
struct Hardswish : LayerBase<Hardswish> {
    static constexpr const char* name = "Hardswish";
    static constexpr Traits traits{.role = Role::Activation, .elementwise = true};

    template <class V>
    static constexpr V value(V x) {
        return x * Hardsigmoid::value(x);
    }
    template <class V>
    static constexpr V gradient(V dy, V x, V /*y*/) {
        using namespace math;
        return select(x < V(-3), V(0) * dy, select(x > V(3), dy, dy * (x / V(3) + V(0.5))));
    }
};

}  // namespace depix
