// Softmax: the channels of each pixel become shares that add up to 1.
#pragma once

#include "depix/layers/layer.hpp"

namespace depix {

/// y[c][i][j] = exp(x[c][i][j] - m) / sum over k of exp(x[k][i][j] - m), where m is the largest of the pixel's channels
///
/// PyTorch's nn.Softmax(dim=1) (nn.Softmax2d). Subtracting m changes nothing but keeps exp from overflowing. The
/// gradient is dx[c] = y[c] * (dy[c] - sum over k of dy[k] y[k]).
struct Softmax : LayerBase<Softmax> {
    static constexpr const char* name = "Softmax";
    static constexpr Traits traits{.elementwise = true, .needs_input = false, .needs_output = true};
};

}  // namespace depix
