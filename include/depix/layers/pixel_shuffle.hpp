// PixelShuffle: channels become pixels.
#pragma once

#include "depix/layers/layer.hpp"

namespace depix {

/// y[c][i * Factor + k][j * Factor + l] = x[c * Factor^2 + k * Factor + l][i][j]
///
/// PyTorch's nn.PixelShuffle, the second half of the sub-pixel convolution (Shi et al. 2016): height and width are
/// multiplied by Factor, and the channels, a multiple of Factor^2, are divided by Factor^2.
template <int Factor>
struct PixelShuffle : LayerBase<PixelShuffle<Factor>> {
    static_assert(Factor >= 1, "depix: PixelShuffle<Factor> takes a positive number");
    static constexpr int factor = Factor;

    static constexpr const char* name = "PixelShuffle";
    static constexpr int out_channels(int channels) { return channels / (Factor * Factor); }
    static constexpr int channel_multiple = Factor * Factor;
    static constexpr Shape output(Shape input) {
        return {out_channels(input.channels), input.height * Factor, input.width * Factor};
    }
    static constexpr RowRange needs(RowRange rows) {
        // Rows above the picture, which the padding of a later layer may need, are rounded downwards too.
        return {floor_divide(rows.first, Factor), floor_divide(rows.last, Factor)};
    }
    static constexpr Traits traits{.role = Role::PixelShuffle, .up = Factor, .needs_input = false};
};

}  // namespace depix
