// The binarizer: depix's own residual U-Net, which finds the ink on old pages.
#pragma once

#include "depix/layers/conv.hpp"
#include "depix/layers/conv_transpose.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/layers/relu.hpp"
#include "depix/layers/sigmoid.hpp"
#include "depix/models/dilated_block.hpp"
#include "depix/network/sequential.hpp"
#include "depix/network/skip.hpp"

namespace depix {

// clang-format off
/// From a grey page and its local contrast (local_contrast, 9 channels) to the probability that a pixel is paper, for
/// any size that is a multiple of 8; binarize_page() does all of it. All layers work at half, a quarter or an eighth of
/// the size. At an eighth the taps are up to eight pixels apart, so each output depends on some 270 pixels each way: a
/// stain or the page's edge is seen as a whole.
using Binarizer = Sequential<
    Named<"head", Conv<9, 32, 5, Stride<2>>>, ReLU,
    Named<"before", detail::DilatedBlock<32>>,
    Named<"quarter", Residual<
        Named<"down", Conv<32, 48, 3, Stride<2>>>, ReLU,
        Named<"before", detail::DilatedBlock<48>>,
        Named<"eighth", Residual<
            Named<"down", Conv<48, 64, 3, Stride<2>>>, ReLU,
            Named<"near", detail::DilatedBlock<64, 1>>,
            Named<"middle", detail::DilatedBlock<64, 2>>,
            Named<"far", detail::DilatedBlock<64, 4>>,
            Named<"farthest", detail::DilatedBlock<64, 8>>,
            Named<"up", ConvTranspose<64, 48, 2, Stride<2>>>>>,
        Named<"after", detail::DilatedBlock<48>>,
        Named<"up", ConvTranspose<48, 32, 2, Stride<2>>>>>,
    Named<"after", detail::DilatedBlock<32>>,
    Named<"tail", Conv<32, 4>>, PixelShuffle<2>, Sigmoid>;
// clang-format on

static_assert(Binarizer::parameter_count == 484036);

}  // namespace depix
