// The enlarger: depix's own residual network, which makes colour photographs larger.
#pragma once

#include "depix/layers/conv.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/layers/upsample.hpp"
#include "depix/models/denoiser.hpp"
#include "depix/network/branches.hpp"

namespace depix {

// clang-format off
/// From RGB to RGB that is Scale times as high and wide, for any size. The network computes what to add to bicubic
/// interpolation. All its convolutions work at the size of the small picture, and a pixel shuffle follows the last one (ESPCN,
/// Shi et al. 2016; residual blocks without normalisation as in EDSR, Lim et al. 2017). Each output depends on 22 pixels of the
/// input each way.
template <int Scale = 4, int Features = 48, int Blocks = 10>
using Enlarger = Sum<
    Named<"",
        Named<"head", Conv<3, Features>>,
        Named<"body", Residual<Repeat<Blocks, detail::DenoiserBlock<Features>>>>,
        Named<"tail", Conv<Features, 3 * Scale * Scale>>, PixelShuffle<Scale>>,
    Upsample<Scale, Bicubic>>;
// clang-format on

static_assert(Enlarger<4>::parameter_count == 437808);
static_assert(Enlarger<2>::parameter_count == 422220);

}  // namespace depix
