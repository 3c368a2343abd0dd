// GELU: the Gaussian error linear unit, in its exact form and in the form with tanh.
#pragma once

#include "depix/layers/elementwise.hpp"

namespace depix {

/// y = x * P(x), where P(x) = (1 + erf(x / sqrt(2))) / 2 is the normal distribution's cumulative function. PyTorch's
/// nn.GELU (Hendrycks and Gimpel 2016).
///
/// The gradient is dx = dy * (P(x) + x * exp(-x^2 / 2) / sqrt(2 pi)).
struct GELU : LayerBase<GELU> {
    static constexpr const char* name = "GELU";
    static constexpr Traits traits{.role = Role::Activation, .elementwise = true};

    template <class V>
    static constexpr V value(V x) {
        return x * cumulative(x);
    }
    template <class V>
    static constexpr V gradient(V dy, V x, V /*y*/) {
        using namespace math;
        const V density = V(0.39894228040143267794) * exp(V(-0.5) * x * x);  // 1 / sqrt(2 pi)
        return dy * (cumulative(x) + x * density);
    }

  private:
    template <class V>
    static constexpr V cumulative(V x) {
        using namespace math;
        return V(0.5) + V(0.5) * erf(V(0.70710678118654752440) * x);  // 1 / sqrt(2)
    }
};

/// y = x / 2 * (1 + tanh(u)) = x * sigmoid(2 u), where u = sqrt(2 / pi) * (x + 0.044715 x^3). PyTorch's
/// nn.GELU(approximate="tanh"), which differs from the exact form by at most 5e-4.
///
/// With s = sigmoid(2 u) the gradient is dx = dy * (s + x * 2 s (1 - s) * u'), u' = sqrt(2 / pi) * (1 + 3 * 0.044715
/// x^2).
struct GELUTanh : LayerBase<GELUTanh> {
    static constexpr const char* name = "GELU";
    static constexpr Traits traits{.role = Role::Activation, .elementwise = true};

    template <class V>
    static constexpr V value(V x) {
        using namespace math;
        return x / (V(1) + exp(-twice(x)));
    }
    template <class V>
    static constexpr V gradient(V dy, V x, V /*y*/) {
        using namespace math;
        const V u = twice(x);
        const V e = exp(select(u > V(0), -u, u)), below = V(1) / (V(1) + e);  // s (1 - s) = e * below^2
        const V sigmoid = select(u > V(0), below, e * below);
        const V derivative = V(2 * factor) * (V(1) + V(3 * cubic) * x * x);
        return dy * (sigmoid + x * e * below * below * derivative);
    }

  private:
    static constexpr double factor = 0.79788456080286535588;  // sqrt(2 / pi)
    static constexpr double cubic = 0.044715;

    template <class V>
    static constexpr V twice(V x) {  // 2 u
        return V(2 * factor) * x * (V(1) + V(cubic) * x * x);
    }
};

}  // namespace depix
