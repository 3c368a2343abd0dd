// SimpleGate: one half of the channels times the other.
#pragma once

#include "depix/layers/layer.hpp"

namespace depix {

/// y[c] = x[c] * x[C + c] for c < C: 2 C channels become C. NAFNet's SimpleGate (Chen et al. 2022), the gated linear
/// unit without a sigmoid; in PyTorch a, b = x.chunk(2, dim=1); a * b. The gradients are dx[c] = dy[c] * x[C + c] and
/// dx[C + c] = dy[c] * x[c].
struct SimpleGate : LayerBase<SimpleGate> {
    static constexpr const char* name = "SimpleGate";
    static constexpr int channel_multiple = 2;
    static constexpr int out_channels(int channels) { return channels / 2; }
    static constexpr Shape output(Shape input) { return {out_channels(input.channels), input.height, input.width}; }
    static constexpr std::size_t multiply_adds(Shape input) { return output(input).size(); }
    static constexpr Traits traits{};
};

}  // namespace depix
