// LeakyReLU: a rectifier with a small slope for negative values.
#pragma once

#include "depix/layers/elementwise.hpp"
#include "depix/layers/options.hpp"

namespace depix {

/// y = x where x > 0, Slope * x elsewhere. PyTorch's nn.LeakyReLU (Maas et al. 2013); Slope is a std::ratio, 1/100 by
/// default. The gradient at 0 is Slope, as in PyTorch.
template <class Slope = std::ratio<1, 100>>
struct LeakyReLU : LayerBase<LeakyReLU<Slope>> {
    // The backward pass reads the output's sign instead of the input's.
    static_assert(Slope::num > 0 && Slope::num <= Slope::den, "depix: LeakyReLU<Slope> takes a std::ratio in (0, 1]");

    static constexpr const char* name = "LeakyReLU";
    static constexpr Traits traits{.role = Role::Rectifier,
                                   .elementwise = true,
                                   .needs_input = false,
                                   .needs_output = true,
                                   .negative_slope = static_cast<float>(ratio_value<Slope>)};

    template <class V>
    static constexpr V value(V x) {
        using namespace math;
        return select(x > V(0), x, V(ratio_value<Slope>) * x);
    }
    template <class V>
    static constexpr V gradient(V dy, V /*x*/, V y) {
        using namespace math;
        return select(y > V(0), dy, V(ratio_value<Slope>) * dy);
    }
};

}  // namespace depix
