// The block that depix's own U-Nets for holes and for old pages are made of.
#pragma once

#include "depix/layers/conv.hpp"
#include "depix/layers/relu.hpp"
#include "depix/network/skip.hpp"

namespace depix::detail {

/// x + conv(ReLU(conv(x))), all with C channels; the taps are D pixels apart.
template <int C, int D = 1>
using DilatedBlock =
    Residual<Named<"conv1", Conv<C, C, 3, Dilation<D>>>, ReLU, Named<"conv2", Conv<C, C, 3, Dilation<D>>>>;

}  // namespace depix::detail
