// FFDNet: a denoiser that is told how strong the noise is.
#pragma once

#include "depix/layers/average_pool.hpp"
#include "depix/layers/conv.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/layers/pixel_unshuffle.hpp"
#include "depix/layers/relu.hpp"
#include "depix/network/split.hpp"

namespace depix {

// clang-format off
/// From Channels + 1 channels to Channels, at sides that are multiples of 2: the last channel of the input is the noise
/// map, the standard deviation at each pixel (K. Zhang, W. Zuo and L. Zhang 2018, "FFDNet"). Pictures and deviations are in
/// 0..1. All convolutions work at half the size, with the four pixels of each square as channels, so they need a quarter of
/// the multiplications. The original takes one number for the whole picture, or a map of half the size; here a square's
/// deviation is the mean of its four.
///
/// Parameters are named as in KAIR's files (ffdnet_color.pth): model.0.weight, model.2.weight, ...
template <int Channels = 3, int Convolutions = 12, int Features = 96>
using FFDNet = Sequential<
    Named<"", Split<Named<"", Pass<Channels>, PixelUnshuffle<2>>, Named<"", Pass<1>, AveragePool<2>>>>,
    Named<"model",
        Conv<4 * Channels + 1, Features>, ReLU,
        Series<Convolutions - 2, Conv<Features, Features>, ReLU>,
        Conv<Features, 4 * Channels>>,
    PixelShuffle<2>>;
// clang-format on

/// For grey pictures, as published.
using GreyFFDNet = FFDNet<1, 15, 64>;

static_assert(FFDNet<>::parameter_count == 852108);
static_assert(GreyFFDNet::parameter_count == 485316);

}  // namespace depix
