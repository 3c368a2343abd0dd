// Hardsigmoid: a sigmoid made of three straight lines.
#pragma once

#include "depix/layers/elementwise.hpp"

namespace depix {

/// y = min(max(x + 3, 0), 6) / 6. PyTorch's nn.Hardsigmoid (Courbariaux et al. 2015; these lines are those of Howard et
/// al. 2019). The gradient is dy / 6 where -3 < x < 3, and 0 elsewhere.
struct Hardsigmoid : LayerBase<Hardsigmoid> {
    static constexpr const char* name = "Hardsigmoid";
    static constexpr Traits traits{.role = Role::Activation,
                                   .elementwise = true,
                                   .needs_input = false,  // 0 < y < 1 is equivalent to -3 < x < 3
                                   .needs_output = true};

    template <class V>
    static constexpr V value(V x) {
        using namespace math;
        const V above = x + V(3);
        const V positive = select(above < V(0), V(0), above);  // NaN stays NaN
        return select(positive > V(6), V(6), positive) / V(6);
    }
    template <class V>
    static constexpr V gradient(V dy, V /*x*/, V y) {
        using namespace math;
        return select(y > V(0), select(y < V(1), dy / V(6), V(0) * dy), V(0) * dy);
    }
};

}  // namespace depix
