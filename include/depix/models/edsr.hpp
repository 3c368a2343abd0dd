// EDSR and RCAN: super-resolution by many residual blocks, without and with channel attention.
#pragma once

#include "depix/layers/conv.hpp"
#include "depix/layers/global_average_pool.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/layers/relu.hpp"
#include "depix/layers/scale.hpp"
#include "depix/layers/sigmoid.hpp"
#include "depix/network/skip.hpp"

namespace depix {

namespace detail {

// clang-format off
/// "Upsampler": Scale is 2, 3 or 4, the last by two steps of 2.
template <int F, int Scale>
struct EdsrUpsampler {
    using type = Sequential<Conv<F, Scale * Scale * F>, PixelShuffle<Scale>>;
};
template <int F>
struct EdsrUpsampler<F, 4> {
    using type = Sequential<Conv<F, 4 * F>, PixelShuffle<2>, Conv<F, 4 * F>, PixelShuffle<2>>;
};
template <int F, int Scale>
using EdsrTail = Named<"tail", typename EdsrUpsampler<F, Scale>::type, Conv<F, 3>>;

template <int F, class ResidualScale>
using EdsrBlock = Residual<Named<"body", Conv<F, F>, ReLU, Conv<F, F>>, Scale<ResidualScale>>;

/// Channel attention: each channel times a number between 0 and 1 that depends on the means of all channels.
template <int F, int Reduction>
using RcanAttention = Gate<GlobalAveragePool, Named<"conv_du", Conv<F, F / Reduction, 1>, ReLU, Conv<F / Reduction, F, 1>, Sigmoid>>;
template <int F, int Reduction>
using RcanBlock = Residual<Named<"body", Conv<F, F>, ReLU, Conv<F, F>, RcanAttention<F, Reduction>>>;
template <int F, int Blocks, int Reduction>
using RcanGroup = Residual<Named<"body", Series<Blocks, RcanBlock<F, Reduction>>, Conv<F, F>>>;
// clang-format on

}  // namespace detail

// clang-format off
/// A picture Scale (2, 3 or 4) times as high and wide (B. Lim et al. 2017, "Enhanced deep residual networks for single image
/// super-resolution"). EDSR<> is the authors' baseline for x4; EDSR<4, 256, 32, std::ratio<1, 10>> is their large network.
/// Pictures are in 0..255, before and after. sub_mean and add_mean, which subtract and add the mean colour of the training
/// data, are convolutions of 1x1 that the authors do not train; they are counted here.
///
/// Parameters are named as in the authors' files: sub_mean.weight, head.0.weight, body.0.body.0.weight, tail.0.0.weight,
/// tail.1.weight, ...
template <int Scale = 4, int F = 64, int Blocks = 16, class ResidualScale = std::ratio<1>>
using EDSR = Sequential<
    Named<"sub_mean", Conv<3, 3, 1>>,
    Named<"head", Sequential<Conv<3, F>>>,
    Named<"", Residual<Named<"body", Series<Blocks, detail::EdsrBlock<F, ResidualScale>>, Conv<F, F>>>>,
    detail::EdsrTail<F, Scale>,
    Named<"add_mean", Conv<3, 3, 1>>>;

/// The same with Groups of Blocks, each block with channel attention (Y. Zhang et al. 2018, "Image super-resolution using
/// very deep residual channel attention networks"). Pictures are in 0..255. It needs a whole picture, because its attention
/// is to the means of the whole picture. Parameters are named as in the authors' files: body.0.body.0.body.3.conv_du.0.weight,
/// ...
template <int Scale = 4, int F = 64, int Groups = 10, int Blocks = 20, int Reduction = 16>
using RCAN = Sequential<
    Named<"sub_mean", Conv<3, 3, 1>>,
    Named<"head", Sequential<Conv<3, F>>>,
    Named<"", Residual<Named<"body", Series<Groups, detail::RcanGroup<F, Blocks, Reduction>>, Conv<F, F>>>>,
    detail::EdsrTail<F, Scale>,
    Named<"add_mean", Conv<3, 3, 1>>>;
// clang-format on

static_assert(EDSR<>::parameter_count == 1517571 + 2 * 12);
static_assert(RCAN<>::parameter_count == 15592355 + 2 * 12);

}  // namespace depix
