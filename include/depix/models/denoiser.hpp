// The denoiser: depix's own residual U-Net, which removes noise of unknown kind and strength from colour photographs.
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
/// From RGB to RGB, for any size that is a multiple of 4. The network computes what to add to the picture, which is
/// nothing for a clean picture. All layers work at half the size or at a quarter. A strided convolution halves the
/// picture first, which needs a quarter of the multiplications of full size (FFDNet, Zhang et al. 2018), and a pixel
/// shuffle doubles the result again. Through the layers at a quarter of the size each output depends on some 110 pixels
/// each way.
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
