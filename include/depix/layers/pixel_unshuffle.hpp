// PixelUnshuffle: pixels become channels.
#pragma once

#include "depix/layers/layer.hpp"

namespace depix {

/// y[c * Factor^2 + k * Factor + l][i][j] = x[c][i * Factor + k][j * Factor + l]
///
/// PyTorch's nn.PixelUnshuffle, the inverse of PixelShuffle: height and width, multiples of Factor, are divided by
/// Factor, and the channels are multiplied by Factor^2. A network that begins with it says how many channels it takes:
/// PixelUnshuffle<2, 3> takes three, and PixelUnshuffle<2> any number.
template <int Factor, int Channels = 0>
struct PixelUnshuffle : LayerBase<PixelUnshuffle<Factor, Channels>> {
    static_assert(Factor >= 1 && Channels >= 0, "depix: PixelUnshuffle<Factor, Channels> takes positive numbers");
    static constexpr int factor = Factor;

    static constexpr const char* name = "PixelUnshuffle";
    static constexpr int in_channels = Channels;
    static constexpr int out_channels(int channels) { return channels * Factor * Factor; }
    static constexpr Shape output(Shape input) {
        return {out_channels(input.channels), input.height / Factor, input.width / Factor};
    }
    static constexpr RowRange needs(RowRange rows) { return {rows.first * Factor, rows.last * Factor + Factor - 1}; }
    static constexpr Traits traits{.down = Factor, .needs_input = false};
};

}  // namespace depix
