// Slice: some of the channels.
#pragma once

#include "depix/layers/layer.hpp"

namespace depix {

/// y = x[First ... First + Count - 1], these of In channels. PyTorch: x[:, First:First + Count]. Inference mostly
/// copies nothing: the planner lets y be a view of x.
///
///     using Front = Slice<64, 0, 16>;  // the first 16 of 64 channels
template <int In, int First, int Count>
struct Slice : LayerBase<Slice<In, First, Count>> {
    static_assert(First >= 0 && Count >= 1 && First + Count <= In,
                  "depix: Slice<In, First, Count> gives the channels from First on, Count of In");
    static constexpr const char* name = "Slice";
    static constexpr int in_channels = In;
    static constexpr Traits traits{.role = Role::Slice, .needs_input = false, .first_channel = First};

    static constexpr int out_channels(int) { return Count; }
    static constexpr Shape output(Shape input) { return {Count, input.height, input.width}; }
};

}  // namespace depix
