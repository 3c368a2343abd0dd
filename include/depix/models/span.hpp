// SPAN: super-resolution with attention that has no parameters.
#pragma once

#include "depix/layers/conv.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/layers/scale.hpp"
#include "depix/layers/silu.hpp"
#include "depix/layers/tanh.hpp"
#include "depix/network/tap.hpp"

namespace depix {

namespace detail {

// clang-format off
/// A convolution of 3x3 into which the three that are trained have been folded; the files have it as eval_conv.
template <int In, int Out>
using EvalConv = Named<"eval_conv", Conv<In, Out>>;

/// (F(x) + x) * (sigmoid(F(x)) - 1/2), where F is three convolutions, of which Begin is the first with its activation.
/// sigmoid(z) - 1/2 is tanh(z / 2) / 2.
template <int C, class Begin>
using SpanBlock = Product<
    Named<"", Sum<
        Named<"", Begin, Named<"c2_r", EvalConv<C, C>>, SiLU, Named<"c3_r", EvalConv<C, C>>, Tap<"f">>,
        Identity>>,
    Named<"", Use<"f", C>, Scale<std::ratio<1, 2>>, Tanh, Scale<std::ratio<1, 2>>>>;
template <int C>
using SpanBegin = Named<"", Named<"c1_r", EvalConv<C, C>>, SiLU>;
/// What the last block begins with is used once more, after its activation, because the authors' works in place.
template <int C>
using SpanLastBegin = Named<"", SpanBegin<C>, Tap<"last">>;
// clang-format on

}  // namespace detail

// clang-format off
/// A picture Scale times as high and wide, by six blocks whose attention has no parameters of its own (C. Wan et al. 2024,
/// "Swift parameter-free attention network for efficient super-resolution"). It is the network that runs, in which each three
/// convolutions that were trained together are one. Its input is (picture - mean) * 255, with the picture in 0..1 and the
/// mean colour (0.4488, 0.4371, 0.4040), where the weights were trained so, as the authors' were; its output is the picture
/// in 0..1. Parameters are named as in the authors' files: conv_1.eval_conv.weight,
/// block_1.c1_r.eval_conv.weight, conv_cat.weight, upsampler.0.weight, ...
template <int Scale = 4, int C = 48, int Channels = 3>
using SPAN = Sequential<
    Named<"conv_1", detail::EvalConv<Channels, C>>, Tap<"features">,
    Named<"block_1", detail::SpanBlock<C, detail::SpanBegin<C>>>, Tap<"first">,
    Named<"block_2", detail::SpanBlock<C, detail::SpanBegin<C>>>,
    Named<"block_3", detail::SpanBlock<C, detail::SpanBegin<C>>>,
    Named<"block_4", detail::SpanBlock<C, detail::SpanBegin<C>>>,
    Named<"block_5", detail::SpanBlock<C, detail::SpanBegin<C>>>,
    Named<"block_6", detail::SpanBlock<C, detail::SpanLastBegin<C>>>,
    Named<"conv_2", detail::EvalConv<C, C>>,
    Named<"", Concat<Use<"features", C>, Identity, Use<"first", C>, Use<"last", C>>>,
    Named<"conv_cat", Conv<4 * C, C, 1>>,
    Named<"upsampler", Conv<C, Channels * Scale * Scale>, PixelShuffle<Scale>>>;
// clang-format on

}  // namespace depix
