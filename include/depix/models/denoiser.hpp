// The denoiser: a residual U-Net of depix's own that takes noise of unknown kind and strength off colour photographs.
#pragma once

#include "depix/layers/conv.hpp"
#include "depix/layers/conv_transpose.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/layers/relu.hpp"
#include "depix/network/sequential.hpp"
#include "depix/network/skip.hpp"

namespace depix {

namespace detail {

/// x + conv(ReLU(conv(x))), all with C channels.
template <int C>
using DenoiserBlock = Residual<Named<"conv1", Conv<C, C>>, ReLU, Named<"conv2", Conv<C, C>>>;

}  // namespace detail

// clang-format off
/// RGB in, RGB out, any size that divides by 4. The network computes what to add to the picture, so a clean picture
/// needs nothing from it. All layers work at half the size or at a quarter: a strided convolution takes the picture
/// down, which needs a quarter of the multiplications of full size (FFDNet, Zhang et al. 2018), and a pixel shuffle
/// brings the result up again. At a quarter of the size each output sees some 110 pixels each way.
using Denoiser = Residual<
    Named<"head", Conv<3, 48, 5, Stride<2>>>, ReLU,
    Named<"before", Repeat<2, detail::DenoiserBlock<48>>>,
    Named<"wide", Residual<
        Named<"down", Conv<48, 64, 3, Stride<2>>>, ReLU,
        Named<"blocks", Repeat<3, detail::DenoiserBlock<64>>>,
        Named<"up", ConvTranspose<64, 48, 2, Stride<2>>>>>,
    Named<"after", Repeat<2, detail::DenoiserBlock<48>>>,
    Named<"tail", Conv<48, 12>>, PixelShuffle<2>>;
// clang-format on

static_assert(Denoiser::parameter_count == 436732);

}  // namespace depix
