// ELU: the exponential linear unit.
#pragma once

#include "depix/layers/elementwise.hpp"
#include "depix/layers/options.hpp"

namespace depix {

/// y = x where x > 0, Alpha * (exp(x) - 1) elsewhere. PyTorch's nn.ELU (Clevert et al. 2016); Alpha is a std::ratio, 1
/// by default. The gradient at 0 is Alpha, as in PyTorch.
template <class Alpha = std::ratio<1>>
struct ELU : LayerBase<ELU<Alpha>> {
    // The backward pass reads the output's sign instead of the input's.
    static_assert(Alpha::num > 0, "depix: ELU<Alpha> takes a std::ratio above 0");

    static constexpr const char* name = "ELU";
    static constexpr Traits traits{
        .role = Role::Activation, .elementwise = true, .needs_input = false, .needs_output = true};

    template <class V>
    static constexpr V value(V x) {
        using namespace math;
        return select(x > V(0), x, V(ratio_value<Alpha>) * expm1(x));
    }
    template <class V>
    static constexpr V gradient(V dy, V /*x*/, V y) {
        using namespace math;
        return select(y > V(0), dy, dy * (y + V(ratio_value<Alpha>)));  // Alpha exp(x) is y + Alpha
    }
};

}  // namespace depix
