// MobileNetV2 without its classifier: features of a picture at a 32nd of its size.
#pragma once

#include "depix/layers/batch_norm.hpp"
#include "depix/layers/clamp.hpp"
#include "depix/layers/conv.hpp"
#include "depix/network/skip.hpp"

namespace depix {

namespace detail {

/// Channels times Width, rounded to a multiple of 8, and not down by more than a tenth.
template <class Width>
constexpr int mobilenet_channels(int channels) {
    const double scaled = channels * ratio_value<Width>;
    const int rounded = static_cast<int>(scaled + 4) / 8 * 8;
    const int result = rounded < 8 ? 8 : rounded;
    return result < 0.9 * scaled ? result + 8 : result;
}

// clang-format off
/// "ConvBNReLU": a convolution of Kernel x Kernel.
template <int In, int Out, int Kernel, class... Options>
using MobileConv = Sequential<Conv<In, Out, Kernel, NoBias, Options...>, BatchNorm<Out>, ReLU6>;

/// To six times as many channels, a depthwise convolution, and a linear one of 1x1.
template <int In, int Out, int Step>
using MobileBottleneck = Named<"conv",
    MobileConv<In, 6 * In, 1>,
    MobileConv<6 * In, 6 * In, 3, Groups<6 * In>, Stride<Step>>,
    Conv<6 * In, Out, 1, NoBias>, BatchNorm<Out>>;

/// The first bottleneck of a stage, which may halve the size, and the others, which have a skip around them.
template <int In, int Out, int Step>
using MobileFirst = Sequential<MobileBottleneck<In, Out, Step>>;
template <int C>
using MobileNext = Residual<MobileBottleneck<C, C, 1>>;

template <class Width>
struct MobileNetV2Of {
    template <int C>
    static constexpr int of = mobilenet_channels<Width>(C);
    static constexpr int last = ratio_value<Width> > 1 ? of<1280> : 1280;

    using type = Sequential<Named<"features",
        MobileConv<3, of<32>, 3, Stride<2>>,
        Sequential<Named<"conv",
            MobileConv<of<32>, of<32>, 3, Groups<of<32>>>, Conv<of<32>, of<16>, 1, NoBias>, BatchNorm<of<16>>>>,
        MobileFirst<of<16>, of<24>, 2>,   MobileNext<of<24>>,
        MobileFirst<of<24>, of<32>, 2>,   Series<2, MobileNext<of<32>>>,
        MobileFirst<of<32>, of<64>, 2>,   Series<3, MobileNext<of<64>>>,
        MobileFirst<of<64>, of<96>, 1>,   Series<2, MobileNext<of<96>>>,
        MobileFirst<of<96>, of<160>, 2>,  Series<2, MobileNext<of<160>>>,
        MobileFirst<of<160>, of<320>, 1>,
        MobileConv<of<320>, last, 1>>>;
};
// clang-format on

}  // namespace detail

/// The features of MobileNetV2 (M. Sandler et al. 2018, "MobileNetV2: inverted residuals and linear bottlenecks"), from
/// 3 x H x W to 1280 x H/32 x W/32, with Width times as many channels inside. Parameters are named as in torchvision's
/// module: features.0.0.weight, features.2.conv.1.0.weight, features.18.1.running_var, ...
///
///     using Small = MobileNetV2<std::ratio<7, 20>>;  // mobilenet_v2(width_mult=0.35).features
template <class Width = std::ratio<1>>
using MobileNetV2 = typename detail::MobileNetV2Of<Width>::type;

static_assert(MobileNetV2<>::parameter_count == 2223872);
static_assert(MobileNetV2<>::output({3, 224, 224}) == Shape{1280, 7, 7});

}  // namespace depix
