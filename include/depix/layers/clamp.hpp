// Clamp: values are cut off at two bounds.
#pragma once

#include "depix/layers/elementwise.hpp"
#include "depix/layers/options.hpp"

namespace depix {

/// y = min(max(x, Low), High), where Low and High are std::ratios. PyTorch's nn.Hardtanh(low, high), and torch.clamp in
/// the forward pass. The gradient is dy where Low < x < High and 0 elsewhere, also at the bounds themselves, as
/// nn.Hardtanh has it (torch.clamp passes dy at the bounds).
template <class Low, class High>
struct Clamp : LayerBase<Clamp<Low, High>> {
    static_assert(ratio_value<Low> < ratio_value<High>,
                  "depix: Clamp<Low, High> takes two std::ratios, Low below High");

    static constexpr bool is_clamp = true;  ///< some kernels apply these two limits in registers
    static constexpr float lower = static_cast<float>(ratio_value<Low>), upper = static_cast<float>(ratio_value<High>);
    static constexpr const char* name = "Hardtanh";
    static constexpr Traits traits{.role = Role::Activation,
                                   .elementwise = true,
                                   .needs_input = false,  // Low < y < High is equivalent to Low < x < High
                                   .needs_output = true};

    template <class V>
    static constexpr V value(V x) {
        using namespace math;
        const V low = V(ratio_value<Low>), high = V(ratio_value<High>);
        return select(x < low, low, select(x > high, high, x));  // NaN stays NaN
    }
    template <class V>
    static constexpr V gradient(V dy, V /*x*/, V y) {
        using namespace math;
        const V low = V(ratio_value<Low>), high = V(ratio_value<High>);
        return select(y > low, select(y < high, dy, V(0) * dy), V(0) * dy);
    }
};

/// y = min(max(x, 0), 6). PyTorch's nn.ReLU6 (MobileNetV1 and V2).
using ReLU6 = Clamp<std::ratio<0>, std::ratio<6>>;

}  // namespace depix
