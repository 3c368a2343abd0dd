// CUNet and UpCUNet: waifu2x's larger networks, two U-Nets in a row.
#pragma once

#include "depix/layers/clamp.hpp"
#include "depix/layers/conv.hpp"
#include "depix/layers/conv_transpose.hpp"
#include "depix/layers/crop.hpp"
#include "depix/layers/edge_padding.hpp"
#include "depix/layers/global_average_pool.hpp"
#include "depix/layers/leaky_relu.hpp"
#include "depix/layers/relu.hpp"
#include "depix/layers/sigmoid.hpp"
#include "depix/network/branches.hpp"

namespace depix {

namespace detail {

using CUNetLeakyReLU = LeakyReLU<std::ratio<1, 10>>;

// clang-format off
template <int In, int Middle, int Out>
using CUNetConvs = Named<"conv", Conv<In, Middle, 3, Padding<0>>, CUNetLeakyReLU, Conv<Middle, Out, 3, Padding<0>>, CUNetLeakyReLU>;

/// The same with squeeze and excitation: each channel times a number between 0 and 1 that depends on the means of all.
template <int In, int Middle, int Out, int Reduction>
using CUNetGatedConvs = Sequential<
    CUNetConvs<In, Middle, Out>,
    Named<"seblock", Gate<
        GlobalAveragePool, Named<"conv1", Conv<Out, Out / Reduction, 1>>, ReLU,
        Named<"conv2", Conv<Out / Reduction, Out, 1>>, Sigmoid>>>;

/// A U-Net of two sizes without padding. Its skip is a sum with the middle of the larger map. Bottom is its last layer.
template <int F, int Reduction, class Bottom>
using CUNetOf2 = Sequential<
    Named<"conv1", CUNetConvs<3, F / 2, F>>,
    Named<"", Sum<
        Crop<4>,
        Named<"", Named<"conv1_down", Conv<F, F, 2, Stride<2>, Padding<0>>>, CUNetLeakyReLU,
                  Named<"conv2", CUNetGatedConvs<F, 2 * F, F, Reduction>>,
                  Named<"conv2_up", ConvTranspose<F, F, 2, Stride<2>>>, CUNetLeakyReLU>>>,
    Named<"conv3", Conv<F, F, 3, Padding<0>>>, CUNetLeakyReLU,
    Named<"conv_bottom", Bottom>>;

/// A U-Net of three sizes.
template <int F, int Reduction>
using CUNetOf3 = Sequential<
    Named<"conv1", CUNetConvs<3, F / 2, F>>,
    Named<"", Sum<
        Crop<16>,
        Named<"", Named<"conv1_down", Conv<F, F, 2, Stride<2>, Padding<0>>>, CUNetLeakyReLU,
                  Named<"conv2", CUNetGatedConvs<F, F, 2 * F, Reduction>>,
                  Named<"", Sum<
                      Crop<4>,
                      Named<"", Named<"conv2_down", Conv<2 * F, 2 * F, 2, Stride<2>, Padding<0>>>, CUNetLeakyReLU,
                                Named<"conv3", CUNetGatedConvs<2 * F, 4 * F, 2 * F, Reduction>>,
                                Named<"conv3_up", ConvTranspose<2 * F, 2 * F, 2, Stride<2>>>, CUNetLeakyReLU>>>,
                  Named<"conv4", CUNetGatedConvs<2 * F, F, F, Reduction>>,
                  Named<"conv4_up", ConvTranspose<F, F, 2, Stride<2>>>, CUNetLeakyReLU>>>,
    Named<"conv5", Conv<F, F, 3, Padding<0>>>, CUNetLeakyReLU,
    Named<"conv_bottom", Conv<F, 3, 3, Padding<0>>>>;

/// What the first U-Net makes of the picture, between 0 and 1, and what the second adds to it.
template <int F, int Reduction, class Bottom>
using CUNetPair = Sequential<
    Named<"unet1", CUNetOf2<F, Reduction, Bottom>>, Clamp<std::ratio<0>, std::ratio<1>>,
    Named<"", Sum<Crop<20>, Named<"unet2", CUNetOf3<F, Reduction>>>>>;
// clang-format on

}  // namespace detail

// clang-format off
/// From 3 x H x W to 3 x (H - 56) x (W - 56), at sides that are multiples of 4: waifu2x's cunet (nagadomi), which removes
/// noise and the traces of JPEG from drawings. No layer pads, so the output lacks 28 pixels at each side. Pictures are in
/// 0..1. It needs a whole picture, because its gates depend on means over the whole picture. The authors' network also
/// limits its output to 0..1 where it does not train.
///
/// Parameters are named as in nunif's module waifu2x.cunet: unet1.conv1.conv.0.weight, unet1.conv1_down.weight,
/// unet2.conv3.seblock.conv1.weight, unet2.conv_bottom.bias, ...
template <int F = 64, int Reduction = 8>
using CUNet = detail::CUNetPair<F, Reduction, Conv<F, 3, 3, Padding<0>>>;

/// The same for twice the size, from 3 x H x W to 3 x (2H - 72) x (2W - 72), at even sides: waifu2x.upcunet.
template <int F = 64, int Reduction = 8>
using UpCUNet = detail::CUNetPair<F, Reduction, ConvTranspose<F, 3, 4, Stride<2>, Padding<3>>>;

/// The same two for whole pictures, to 3 x H x W and 3 x 2H x 2W, with the same names: the picture goes on beyond its
/// edges as its last rows and columns.
template <int F = 64, int Reduction = 8>
using PaddedCUNet = Sequential<ReplicationPadding<28>, Named<"", CUNet<F, Reduction>>>;
template <int F = 64, int Reduction = 8>
using PaddedUpCUNet = Sequential<ReplicationPadding<18>, Named<"", UpCUNet<F, Reduction>>>;
// clang-format on

static_assert(CUNet<>::parameter_count == 1283254 && UpCUNet<>::parameter_count == 1284598);
static_assert(CUNet<>::output({3, 156, 256}) == Shape{3, 100, 200});
static_assert(UpCUNet<>::output({3, 156, 256}) == Shape{3, 240, 440});
static_assert(PaddedCUNet<>::output({3, 100, 80}) == Shape{3, 100, 80});
static_assert(PaddedUpCUNet<>::output({3, 100, 80}) == Shape{3, 200, 160});
static_assert(CUNet<>::size_multiple == 4 && UpCUNet<>::size_multiple == 2);

}  // namespace depix
