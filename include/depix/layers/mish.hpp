// Mish: a smooth activation.
#pragma once

#include "depix/layers/elementwise.hpp"

namespace depix {

/// y = x * tanh(log(1 + exp(x))). PyTorch's nn.Mish (Misra 2020).
///
/// With e = exp(x) and n = e * (e + 2), tanh(log(1 + e)) = n / (n + 2), which needs no logarithm. Its derivative by x
/// is 4 e (e + 1) / (n + 2)^2. For x > 20 the result is x in double as well as in float.
struct Mish : LayerBase<Mish> {
    static constexpr const char* name = "Mish";
    static constexpr Traits traits{.role = Role::Activation, .elementwise = true};

    template <class V>
    static constexpr V value(V x) {
        using namespace math;
        const V e = exp_of(x), n = e * (e + V(2));
        return select(x > V(20), x, x * (n / (n + V(2))));
    }
    template <class V>
    static constexpr V gradient(V dy, V x, V /*y*/) {
        using namespace math;
        const V e = exp_of(x), n = e * (e + V(2)), below = V(1) / (n + V(2));
        return select(x > V(20), dy, dy * below * (n + V(4) * x * e * (e + V(1)) * below));
    }

  private:
    // Larger numbers, whose square would overflow, are not used.
    template <class V>
    static constexpr V exp_of(V x) {
        using namespace math;
        return exp(select(x > V(20), V(20), x));
    }
};

}  // namespace depix
