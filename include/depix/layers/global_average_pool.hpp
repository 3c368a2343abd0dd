// GlobalAveragePool: the mean of each channel.
#pragma once

#include "depix/layers/layer.hpp"

namespace depix {

/// y[c] = sum over i, j of x[c][i][j] / (H * W): C x H x W becomes C x 1 x 1
///
/// PyTorch's nn.AdaptiveAvgPool2d(1) (Lin et al. 2014).
struct GlobalAveragePool : LayerBase<GlobalAveragePool> {
    static constexpr const char* name = "AdaptiveAvgPool2d";
    static constexpr Shape output(Shape input) { return {input.channels, 1, 1}; }
    static constexpr RowRange needs(RowRange /*rows*/) { return every_row; }
    static constexpr Traits traits{.global = true, .needs_input = false};
};

}  // namespace depix
