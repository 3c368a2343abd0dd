// The text restorer: depix's own small U-Net, which restores pixelated text of many fonts and sizes.
#pragma once

#include "depix/layers/conv.hpp"
#include "depix/layers/conv_transpose.hpp"
#include "depix/layers/relu.hpp"
#include "depix/layers/sigmoid.hpp"
#include "depix/network/skip.hpp"

namespace depix {

// clang-format off
/// From RGB to RGB, for any size that is a multiple of 4. It has what the depixelizer lacks: a path that carries a
/// pixel's position from the input to the output, and depth where it is cheap. A 4x4 convolution turns each 2x2 pixels
/// into 32 numbers. They hold nearly all information, because a block of pixelated text is at least 2x2. All other
/// layers work at half and at a quarter of the size.
using TextRestorer = Sequential<
    Conv<3, 32, 4, Stride<2>, Padding<1>>, ReLU,
    Conv<32, 32>, ReLU,
    SkipConcat<
        Conv<32, 48, 4, Stride<2>, Padding<1>>, ReLU,
        Residual<Conv<48, 32>, ReLU, Conv<32, 48>>, ReLU,
        ConvTranspose<48, 32, 2, Stride<2>>>,
    Conv<64, 32>, ReLU,
    ConvTranspose<32, 3, 4, Stride<2>, Padding<1>>, Sigmoid>;
// clang-format on

static_assert(TextRestorer::parameter_count < 100000);

}  // namespace depix
