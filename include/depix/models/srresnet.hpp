// SRResNet: the generator of SRGAN. It makes a picture four times as high and four times as wide.
#pragma once

#include "depix/layers/batch_norm.hpp"
#include "depix/layers/conv.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/layers/prelu.hpp"
#include "depix/network/skip.hpp"

namespace depix {

namespace detail {

// clang-format off
/// x + BN(conv(PReLU(BN(conv(x))))), all with C channels.
template <int C>
using SRBlock = Residual<
    Named<"conv1", Conv<C, C>>, Named<"bn1", BatchNorm<C>>, Named<"prelu", PReLU<>>,
    Named<"conv2", Conv<C, C>>, Named<"bn2", BatchNorm<C>>>;
// clang-format on

}  // namespace detail

// clang-format off
/// SRResNet (Ledig et al. 2017, "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial
/// Network"), from 3xHxW to 3x4Hx4W, published with 64 channels and 16 blocks. All layers before `up` work at the small
/// size; two convolutions to four times the channels, each followed by a pixel shuffle, enlarge the picture. There is
/// no activation at the end, because the published pictures are in -1..1. ImageChannels is 1 for grey pictures.
/// Parameters are named as in the PyTorch modules head, head_act, blocks, body, body_bn, up and tail.
template <int Channels = 64, int Blocks = 16, int ImageChannels = 3>
using SRResNet = Sequential<
    Named<"head", Conv<ImageChannels, Channels, 9>>, Named<"head_act", PReLU<>>,
    Named<"", Residual<
        Named<"blocks", Repeat<Blocks, detail::SRBlock<Channels>>>,
        Named<"body", Conv<Channels, Channels>>, Named<"body_bn", BatchNorm<Channels>>>>,
    Named<"up",
        Conv<Channels, 4 * Channels>, PixelShuffle<2>, PReLU<>,
        Conv<Channels, 4 * Channels>, PixelShuffle<2>, PReLU<>>,
    Named<"tail", Conv<Channels, ImageChannels, 9>>>;
// clang-format on

}  // namespace depix
