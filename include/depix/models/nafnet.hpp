// NAFNet: a U-Net whose blocks gate instead of rectify.
#pragma once

#include "depix/layers/channel_scale.hpp"
#include "depix/layers/conv.hpp"
#include "depix/layers/global_average_pool.hpp"
#include "depix/layers/layer_norm.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/layers/simple_gate.hpp"
#include "depix/network/skip.hpp"

namespace depix {

/// How many blocks there are at each size, the largest first.
template <int... Counts>
struct Blocks {};

namespace detail {

// clang-format off
/// x + beta F(x), then y + gamma G(y). F has a depthwise convolution, a gate, and attention to channels; G is two
/// convolutions of 1x1 with a gate between.
template <int C>
using NAFBlock = Sequential<
    Named<"", Residual<
        Named<"norm1", LayerNorm2d<C>>, Named<"conv1", Conv<C, 2 * C, 1>>, Named<"conv2", Conv<2 * C, 2 * C, 3, Groups<2 * C>>>,
        SimpleGate, Named<"", Gate<Named<"sca", GlobalAveragePool, Conv<C, C, 1>>>>,
        Named<"conv3", Conv<C, C, 1>>, Named<"beta", ChannelScale<C, Initial::Zeros>>>>,
    Named<"", Residual<
        Named<"norm2", LayerNorm2d<C>>, Named<"conv4", Conv<C, 2 * C, 1>>, SimpleGate,
        Named<"conv5", Conv<C, C, 1>>, Named<"gamma", ChannelScale<C, Initial::Zeros>>>>>;
// clang-format on

/// The sizes from this one on: blocks, the smaller sizes with a skip around them, blocks. Depth is 0 at the largest,
/// and decoders are counted from the smallest.
template <int C, int Depth, class Encoders, int Middle, class Decoders>
struct NAFLevel;
template <int C, int Depth, int Middle>
struct NAFLevel<C, Depth, Blocks<>, Middle, Blocks<>> {
    using type = Named<"middle_blks", Series<Middle, NAFBlock<C>>>;
};
template <int C, int Depth, int Encoder, int... Encoders, int Middle, int Decoder, int... Decoders>
struct NAFLevel<C, Depth, Blocks<Encoder, Encoders...>, Middle, Blocks<Decoder, Decoders...>> {
    static constexpr int from_below = sizeof...(Encoders);
    using inner = typename NAFLevel<2 * C, Depth + 1, Blocks<Encoders...>, Middle, Blocks<Decoders...>>::type;
    // clang-format off
    using type = Named<"",
        Named<numbered("encoders.", Depth), Series<Encoder, NAFBlock<C>>>,
        Named<"", Residual<
            Named<numbered("downs.", Depth), Conv<C, 2 * C, 2, Stride<2>, Padding<0>>>,
            inner,
            Named<numbered("ups.", from_below), Conv<2 * C, 4 * C, 1, NoBias>, PixelShuffle<2>>>>,
        Named<numbered("decoders.", from_below), Series<Decoder, NAFBlock<C>>>>;
    // clang-format on
};

}  // namespace detail

// clang-format off
/// x + F(x) for colour pictures in 0..1 (L. Chen et al. 2022, "Simple baselines for image restoration"). F is a U-Net of
/// Width channels at the largest size, twice as many at each smaller one, without activations: SimpleGate multiplies one
/// half of the channels by the other. Encoders and Decoders are Blocks<...>, the largest size first. Sides are multiples of
/// 2^(number of sizes); it needs a whole picture, because its attention is to means over the whole picture.
///
///     using Denoise = NAFNet<>;                                              // NAFNet-SIDD-width32
///     using Deblur = NAFNet<32, Blocks<1, 1, 1, 28>, 1, Blocks<1, 1, 1, 1>>;  // NAFNet-GoPro-width32
///
/// Parameters are named as in the authors' files: intro.weight, encoders.0.0.norm1.weight, encoders.0.0.sca.1.weight,
/// encoders.0.0.beta, downs.0.weight, middle_blks.0.conv1.weight, ups.0.0.weight, decoders.0.0.conv5.bias, ending.weight
template <int Width = 32, class Encoders = Blocks<2, 2, 4, 8>, int Middle = 12, class Decoders = Blocks<2, 2, 2, 2>>
using NAFNet = Residual<
    Named<"intro", Conv<3, Width>>,
    typename detail::NAFLevel<Width, 0, Encoders, Middle, Decoders>::type,
    Named<"ending", Conv<Width, 3>>>;
// clang-format on

static_assert(NAFNet<32, Blocks<1, 1, 1, 28>, 1, Blocks<1, 1, 1, 1>>::parameter_count == 17111907);
static_assert(NAFNet<>::parameter_count == 29159715);
static_assert(NAFNet<>::size_multiple == 16);

}  // namespace depix
