// Scale: a constant factor.
#pragma once

#include "depix/layers/elementwise.hpp"
#include "depix/layers/options.hpp"

namespace depix {

/// y = Ratio * x, without parameters. Ratio is a std::ratio. At the end of a residual branch it is the residual scaling
/// of ESRGAN (Wang et al. 2018), whose factor is 1/5. PyTorch code writes x * 0.2.
template <class Ratio>
struct Scale : LayerBase<Scale<Ratio>> {
    static constexpr double factor = ratio_value<Ratio>;

    static constexpr const char* name = "Scale";
    static constexpr Traits traits{.role = Role::Activation, .elementwise = true, .needs_input = false};

    template <class V>
    static constexpr V value(V x) {
        return V(factor) * x;
    }
    template <class V>
    static constexpr V gradient(V dy, V /*x*/, V /*y*/) {
        return V(factor) * dy;
    }
};

}  // namespace depix
