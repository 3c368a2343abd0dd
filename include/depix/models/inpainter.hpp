// The inpainter: depix's own residual U-Net, which fills holes in photographs where a mask says that they are.
#pragma once

#include "depix/layers/conv.hpp"
#include "depix/layers/conv_transpose.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/layers/relu.hpp"
#include "depix/layers/slice.hpp"
#include "depix/models/dilated_block.hpp"
#include "depix/network/branches.hpp"
#include "depix/network/sequential.hpp"
#include "depix/network/skip.hpp"

namespace depix {

namespace detail {

using InpainterMask = Slice<4, 3, 1>;

}  // namespace detail

// clang-format off
/// From four channels, RGB and the mask (1 is missing, 0 is not), to RGB, for any size that is a multiple of 8. In the
/// input the holes are filled smoothly (fill_holes), and the network computes what to add there: edges that run on and
/// texture. What it computes is multiplied by the mask, so all other pixels stay as they are, in training too. Its
/// layers work at half, a quarter and an eighth of the size. At an eighth the taps are up to four pixels apart, so that
/// the middle of a wide hole sees its border: each output depends on up to 281 pixels each way.
using Inpainter = Sum<
    Slice<4, 0, 3>,
    Product<Named<"body", Sequential<
        Named<"head", Conv<4, 48, 5, Stride<2>>>, ReLU,
        Named<"before", detail::DilatedBlock<48>>,
        Named<"quarter", Residual<
            Named<"down", Conv<48, 64, 3, Stride<2>>>, ReLU,
            Named<"before", detail::DilatedBlock<64>>,
            Named<"eighth", Residual<
                Named<"down", Conv<64, 64, 3, Stride<2>>>, ReLU,
                Named<"near", detail::DilatedBlock<64, 1>>,
                Named<"middle", detail::DilatedBlock<64, 2>>,
                Named<"far", detail::DilatedBlock<64, 4>>,
                Named<"up", ConvTranspose<64, 64, 2, Stride<2>>>>>,
            Named<"up", ConvTranspose<64, 48, 2, Stride<2>>>>>,
        Named<"after", detail::DilatedBlock<48>>,
        Named<"tail", Conv<48, 12>>, PixelShuffle<2>>>,
        Concat<detail::InpainterMask, detail::InpainterMask, detail::InpainterMask>>>;
// clang-format on

static_assert(Inpainter::parameter_count == 482028);

}  // namespace depix
