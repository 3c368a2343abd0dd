// SPAN: super-resolution with attention that has no parameters, as it is trained and as it runs.
#pragma once

#include <string>

#include "depix/layers/conv.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/layers/scale.hpp"
#include "depix/layers/silu.hpp"
#include "depix/layers/tanh.hpp"
#include "depix/network/tap.hpp"

namespace depix {

namespace detail {

// clang-format off
/// A convolution of 3x3 into which those that were trained have been folded; the files have it as eval_conv.
struct SpanFolded {
    template <int In, int Out>
    using Conv3x3 = Named<"eval_conv", Conv<In, Out>>;
};

/// The same as it is trained: convolutions of 1x1, 3x3 and 1x1 with twice the channels between, plus one of 1x1 beside
/// them. The zeros around the picture come before the first, whose bias is added to them too.
struct SpanTrained {
    template <int In, int Out>
    using Conv3x3 = Sum<
        Named<"conv", Conv<In, 2 * In, 1, Padding<1>>, Conv<2 * In, 2 * Out, 3, Padding<0>>, Conv<2 * Out, Out, 1>>,
        Named<"sk", Conv<In, Out, 1>>>;
};

/// (F(x) + x) * (sigmoid(F(x)) - 1/2), where F is three convolutions, of which Begin is the first with its activation.
/// sigmoid(z) - 1/2 is tanh(z / 2) / 2.
template <int C, class Form, class Begin>
using SpanBlock = Product<
    Named<"", Sum<
        Named<"", Begin, Named<"c2_r", typename Form::template Conv3x3<C, C>>, SiLU,
                  Named<"c3_r", typename Form::template Conv3x3<C, C>>, Tap<"f">>,
        Identity>>,
    Named<"", Use<"f", C>, Scale<std::ratio<1, 2>>, Tanh, Scale<std::ratio<1, 2>>>>;
template <int C, class Form>
using SpanBegin = Named<"", Named<"c1_r", typename Form::template Conv3x3<C, C>>, SiLU>;
/// What the last block begins with is used once more, after its activation, because the authors' works in place.
template <int C, class Form>
using SpanLastBegin = Named<"", SpanBegin<C, Form>, Tap<"last">>;

template <class Form, int Scale, int C, int Channels>
using SpanNetwork = Sequential<
    Named<"conv_1", typename Form::template Conv3x3<Channels, C>>, Tap<"features">,
    Named<"block_1", SpanBlock<C, Form, SpanBegin<C, Form>>>, Tap<"first">,
    Named<"block_2", SpanBlock<C, Form, SpanBegin<C, Form>>>,
    Named<"block_3", SpanBlock<C, Form, SpanBegin<C, Form>>>,
    Named<"block_4", SpanBlock<C, Form, SpanBegin<C, Form>>>,
    Named<"block_5", SpanBlock<C, Form, SpanBegin<C, Form>>>,
    Named<"block_6", SpanBlock<C, Form, SpanLastBegin<C, Form>>>,
    Named<"conv_2", typename Form::template Conv3x3<C, C>>,
    Named<"", Concat<Use<"features", C>, Identity, Use<"first", C>, Use<"last", C>>>,
    Named<"conv_cat", Conv<4 * C, C, 1>>,
    Named<"upsampler", Conv<C, Channels * Scale * Scale>, PixelShuffle<Scale>>>;
// clang-format on

}  // namespace detail

/// A picture Scale times as high and wide, by six blocks whose attention has no parameters of its own (C. Wan et al.
/// 2024, "Swift parameter-free attention network for efficient super-resolution"). It is the network that runs, in
/// which the convolutions that were trained together are one. Its input is (picture - mean) * 255, with the picture in
/// 0..1 and the mean colour (0.4488, 0.4371, 0.4040), where the weights were trained so, as the authors' were; its
/// output is the picture in 0..1. neosr also trains it on pictures as they are, and such files have a tensor called
/// no_norm, of which the note of depix::identify tells. Parameters are named as in the authors' files:
/// conv_1.eval_conv.weight, block_1.c1_r.eval_conv.weight, conv_cat.weight, upsampler.0.weight, ...
template <int Scale = 4, int C = 48, int Channels = 3>
using SPAN = detail::SpanNetwork<detail::SpanFolded, Scale, C, Channels>;

/// The same as it is trained, with four times the parameters: conv_1.conv.0.weight, conv_1.conv.1.weight,
/// conv_1.conv.2.weight, conv_1.sk.weight, ... fold_span (models/fold_span.hpp)
/// makes a SPAN of it.
template <int Scale = 4, int C = 48, int Channels = 3>
using TrainedSPAN = detail::SpanNetwork<detail::SpanTrained, Scale, C, Channels>;

/// Name maps for LoadOptions (io/safetensors.hpp): the authors' files have both forms, of which SPAN takes one and
/// TrainedSPAN the other.
///
///     load(model, "spanx4.safetensors", {.name_map = span_folded_name});   // Model<SPAN<>>
inline std::string span_folded_name(const std::string& name) {
    const bool trained = name.find(".sk.") != std::string::npos || name.find(".conv.") != std::string::npos;
    return trained ? "" : name;
}
inline std::string span_trained_name(const std::string& name) {
    return name.find(".eval_conv.") != std::string::npos ? "" : name;
}

static_assert(SPAN<>::parameter_count == 426288 && TrainedSPAN<>::parameter_count == 1840488);

}  // namespace depix
