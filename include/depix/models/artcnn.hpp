// ArtCNN: super-resolution of drawings by plain residual blocks.
#pragma once

#include "depix/layers/conv.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/layers/relu.hpp"
#include "depix/network/skip.hpp"

namespace depix {

namespace detail {

// clang-format off
/// A convolution and its activation, which are a module of their own in the authors' network.
template <int F>
using ArtConv = Sequential<Conv<F, F>, ReLU>;
template <int F>
using ArtBlock = Residual<Named<"conv", ArtConv<F>, ArtConv<F>, Conv<F, F>>>;
// clang-format on

}  // namespace detail

// clang-format off
/// A picture Scale times as high and wide (ArtCNN, J. Mendes). The network R8F64 has 8 Blocks of three convolutions with 64
/// Filters; a convolution follows, a skip around all of them, and a pixel shuffle. Pictures are in 0..1; Channels is 1 for
/// networks of luma alone. Parameters are named as in the module for PyTorch: conv0.weight, res_block.0.conv.0.0.weight,
/// res_block.0.conv.2.weight, res_block.8.weight, depth_to_space.upscale.0.weight, ...
///
///     using ArtCNN_R8F64 = ArtCNN<>;
///     using ArtCNN_R16F96 = ArtCNN<4, 96, 16>;
template <int Scale = 4, int Filters = 64, int Blocks = 8, int Channels = 3>
using ArtCNN = Sequential<
    Named<"conv0", Conv<Channels, Filters>>,
    Named<"", Residual<Named<"res_block", Series<Blocks, detail::ArtBlock<Filters>>, Conv<Filters, Filters>>>>,
    Named<"depth_to_space", Named<"upscale", Conv<Filters, Channels * Scale * Scale>, PixelShuffle<Scale>>>>;
// clang-format on

static_assert(ArtCNN<>::parameter_count == 952688);

}  // namespace depix
