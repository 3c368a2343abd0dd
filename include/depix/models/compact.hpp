// Compact: Real-ESRGAN's small generators, SRVGGNetCompact.
#pragma once

#include "depix/layers/conv.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/layers/prelu.hpp"
#include "depix/layers/upsample.hpp"
#include "depix/network/branches.hpp"

namespace depix {

// clang-format off
/// A picture Scale times as high and wide: what a chain of convolutions adds to its nearest neighbours (X. Wang et al. 2021,
/// "Real-ESRGAN"; SRVGGNetCompact in BasicSR). All convolutions but the last work at the size of the input, and Features
/// channels go from one to the next. Pictures are in 0..1. Parameters are named as in the files of Real-ESRGAN:
/// body.0.weight, body.1.weight (a PReLU's), ...
///
///     using AnimeVideo = Compact<>;      // realesr-animevideov3
///     using General = Compact<64, 32>;   // realesr-general-x4v3
template <int Features = 64, int Convolutions = 16, int Scale = 4, int Channels = 3>
using Compact = Sum<
    Named<"", Named<"body",
        Conv<Channels, Features>, PReLU<Features>,
        Series<Convolutions, Conv<Features, Features>, PReLU<Features>>,
        Conv<Features, Channels * Scale * Scale>>, PixelShuffle<Scale>>,
    Upsample<Scale>>;
// clang-format on

static_assert(Compact<>::parameter_count == 621424);

}  // namespace depix
