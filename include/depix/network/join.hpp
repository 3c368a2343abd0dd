// Add, Concatenate, Multiply: the layers that join two branches. The compositions of branches.hpp put them into the
// plan; users need not.
//
// Each says what a join of maps with these channels gives, and which it takes; 0 channels are not known yet. The maps
// that an Add or a Concatenate joins are equally high and wide.
#pragma once

#include "depix/layers/layer.hpp"

namespace depix {

/// y = a + b. Both have equally many channels.
struct Add : LayerBase<Add> {
    static constexpr const char* name = "Add";
    static constexpr const char* path = "add";  ///< the end of its name in layer_names
    static constexpr Traits traits{.role = Role::Add, .needs_input = false};

    static constexpr bool takes(int a, int b) { return a == b; }
    static constexpr int joined_channels(int a, int /*b*/) { return a; }
};

/// y = [a, b] along the channels. The planner places both halves inside y, so there is rarely anything to copy.
struct Concatenate : LayerBase<Concatenate> {
    static constexpr const char* name = "Concatenate";
    static constexpr const char* path = "concatenate";
    static constexpr Traits traits{.role = Role::Concatenate, .needs_input = false};

    static constexpr bool takes(int, int) { return true; }
    static constexpr int joined_channels(int a, int b) { return a + b; }
};

/// y = a * b, element by element. b may have 1 channel, or a height and width of 1, or both: then it is repeated, as
/// PyTorch's broadcasting does.
struct Multiply : LayerBase<Multiply> {
    static constexpr const char* name = "Multiply";
    static constexpr const char* path = "multiply";
    static constexpr Traits traits{.role = Role::Multiply};

    static constexpr bool takes(int a, int b) { return a == b || b == 1; }
    static constexpr int joined_channels(int a, int /*b*/) { return a; }
};

namespace detail {

// The shape that a join gives; it is as high and wide as its first branch.
template <class Join>
constexpr Shape joined_shape(Shape a, Shape b) {
    return {Join::joined_channels(a.channels, b.channels), a.height, a.width};
}

}  // namespace detail

}  // namespace depix
