// upconv_7: waifu2x's small network, which doubles drawings.
#pragma once

#include "depix/layers/conv.hpp"
#include "depix/layers/conv_transpose.hpp"
#include "depix/layers/edge_padding.hpp"
#include "depix/layers/leaky_relu.hpp"
#include "depix/network/sequential.hpp"

namespace depix {

namespace detail {

using Waifu2xLeakyReLU = LeakyReLU<std::ratio<1, 10>>;

template <int In, int Out>
using ValidConv = Conv<In, Out, 3, Padding<0>>;

}  // namespace detail

// clang-format off
/// From 3 x H x W to 3 x (2H - 28) x (2W - 28): no layer pads, so the output lacks 14 pixels at each side (nagadomi,
/// waifu2x). Pictures are in 0..1. Parameters are named as in nunif's module: net.0.weight, net.2.weight, ...
using UpConv7 = Sequential<Named<"net",
    detail::ValidConv<3, 16>,    detail::Waifu2xLeakyReLU,
    detail::ValidConv<16, 32>,   detail::Waifu2xLeakyReLU,
    detail::ValidConv<32, 64>,   detail::Waifu2xLeakyReLU,
    detail::ValidConv<64, 128>,  detail::Waifu2xLeakyReLU,
    detail::ValidConv<128, 128>, detail::Waifu2xLeakyReLU,
    detail::ValidConv<128, 256>, detail::Waifu2xLeakyReLU,
    ConvTranspose<256, 3, 4, Stride<2>, Padding<3>>>>;

/// The same for whole pictures, from 3 x H x W to 3 x 2H x 2W, with the same names: the picture goes on beyond its edges
/// as its last rows and columns, as in waifu2x.
using PaddedUpConv7 = Sequential<ReplicationPadding<7>, Named<"", UpConv7>>;
// clang-format on

static_assert(UpConv7::parameter_count == 552483);
static_assert(UpConv7::output({3, 156, 156}) == Shape{3, 284, 284});
static_assert(PaddedUpConv7::output({3, 100, 80}) == Shape{3, 200, 160});

}  // namespace depix
