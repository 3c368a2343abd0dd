// Add and Concatenate: the layers that join two branches. Residual and SkipConcat put them into the plan; users need
// not.
#pragma once

#include "depix/layers/layer.hpp"

namespace depix {

/// y = a + b.
struct Add : LayerBase<Add> {
    static constexpr const char* name = "Add";
    static constexpr Traits traits{.role = Role::Add, .needs_input = false};
};

/// y = [a, b] along the channels. The planner places both halves inside y, so there is rarely anything to copy.
struct Concatenate : LayerBase<Concatenate> {
    static constexpr const char* name = "Concatenate";
    static constexpr Traits traits{.role = Role::Concatenate, .needs_input = false};
};

}  // namespace depix
