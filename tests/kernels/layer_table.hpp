// The table: every layer, in the forms and on the sizes with which each backend is tested. A new layer needs a row
// here.
#pragma once

#include <string>

#include "depix/layers/average_pool.hpp"
#include "depix/layers/batch_norm.hpp"
#include "depix/layers/channel_scale.hpp"
#include "depix/layers/clamp.hpp"
#include "depix/layers/conv.hpp"
#include "depix/layers/conv_transpose.hpp"
#include "depix/layers/crop.hpp"
#include "depix/layers/dense.hpp"
#include "depix/layers/dropout.hpp"
#include "depix/layers/edge_padding.hpp"
#include "depix/layers/elu.hpp"
#include "depix/layers/gelu.hpp"
#include "depix/layers/global_average_pool.hpp"
#include "depix/layers/group_norm.hpp"
#include "depix/layers/hardsigmoid.hpp"
#include "depix/layers/hardswish.hpp"
#include "depix/layers/instance_norm.hpp"
#include "depix/layers/layer_norm.hpp"
#include "depix/layers/leaky_relu.hpp"
#include "depix/layers/max_pool.hpp"
#include "depix/layers/mish.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/layers/pixel_unshuffle.hpp"
#include "depix/layers/prelu.hpp"
#include "depix/layers/relu.hpp"
#include "depix/layers/scale.hpp"
#include "depix/layers/sigmoid.hpp"
#include "depix/layers/silu.hpp"
#include "depix/layers/simple_gate.hpp"
#include "depix/layers/softmax.hpp"
#include "depix/layers/tanh.hpp"
#include "depix/layers/upsample.hpp"

namespace depix_test {

using namespace depix;

/// Goes through the table: a row calls check.template operator()<Layer>(name, shape of the input, pictures).
template <class Check>
class LayerTable {
  public:
    explicit LayerTable(const Check& check) : check_(check) {}

    /// All layers but convolutions.
    void layers() const {
        on_sizes<BatchNorm<1>>("one channel", 1);
        on_sizes<BatchNorm<5>>("five channels", 5);
        on_sizes<BatchNorm<3, Epsilon<std::ratio<1, 1000>>, Momentum<std::ratio<1, 5>>>>("Keras's", 3);
        on<BatchNorm<2>>("more pixels than one thread adds up", {2, 70, 64}, 3);

        on_sizes<ReLU>("", 3);
        on_sizes<LeakyReLU<>>("a hundredth", 3);
        on_sizes<LeakyReLU<std::ratio<1, 5>>>("a fifth", 3);
        on_sizes<LeakyReLU<std::ratio<1>>>("the identity", 1);
        on_sizes<PReLU<>>("one slope", 3);
        on_sizes<PReLU<5>>("a slope for each channel", 5);
        on<PReLU<>>("one slope of many channels", {35, 3, 5}, 2);
        on_sizes<ELU<>>("alpha 1", 3);
        on_sizes<ELU<std::ratio<1, 2>>>("a half", 3);
        on_sizes<Sigmoid>("", 3);
        on_sizes<Tanh>("", 3);
        on_sizes<Scale<std::ratio<1, 5>>>("a fifth", 3);
        on_sizes<Scale<std::ratio<-3, 2>>>("negative", 1);

        on_sizes<MaxPool<2>>("2", 3);
        on_sizes<MaxPool<3>>("3", 2);
        on_sizes<MaxPool<3, Stride<2>>>("3 by 2", 2);
        on_sizes<MaxPool<3, Stride<1>>>("3 by 1", 2);
        on_sizes<MaxPool<2, Stride<3>>>("2 by 3: pixels between the windows", 2);
        on<MaxPool<8>>("8", {1, 8, 136}, 1);
        on_sizes<AveragePool<2>>("2", 3);
        on_sizes<AveragePool<3>>("3", 2);
        on_sizes<AveragePool<3, Stride<2>>>("3 by 2", 2);
        on_sizes<AveragePool<3, Stride<1>>>("3 by 1", 2);
        on_sizes<AveragePool<2, Stride<3>>>("2 by 3: pixels between the windows", 2);
        on<AveragePool<8>>("8", {1, 8, 136}, 1);
        on_sizes<GlobalAveragePool>("", 3);
        on<GlobalAveragePool>("one pixel", {5, 1, 1}, 2);
        on<GlobalAveragePool>("more pixels than a warp adds up at once", {2, 40, 33}, 2);

        on_sizes<Upsample<1>>("1", 3);
        on_sizes<Upsample<2>>("2", 3);
        on_sizes<Upsample<3>>("3", 2);
        on<Upsample<8>>("8", {1, 2, 17}, 1);
        on_sizes<PixelShuffle<2>>("2", 8);
        on_sizes<PixelShuffle<3>>("3", 9);
        on<PixelShuffle<8>>("8", {64, 2, 17}, 1);

        on_sizes<Dropout<std::ratio<1, 2>>>("half", 3);
        on_sizes<Dropout<std::ratio<1, 10>>>("a tenth", 3);
        on_sizes<Dropout<std::ratio<0>>>("none", 3);

        on<Dense<1, 1>>("one number", {1, 1, 1}, 1);
        on<Dense<37, 10>>("a pixel", {37, 1, 1}, 3);
        on<Dense<64, 7, NoBias>>("a pixel, no bias", {64, 1, 1}, 5);
        on<Dense<3, 5, Size<6, 5>>>("odd sizes", {3, 6, 5}, 4);
        on<Dense<2, 9, Size<3, 33>, NoBias>>("no bias", {2, 3, 33}, 1);
        on<Dense<5, 13, Size<16, 16>>>("more inputs than are read at once", {5, 16, 16}, 7);
        on<Dense<9, 2, Size<16, 16>>>("more inputs than a warp adds up at once", {9, 16, 16}, 2);
        on<Dense<6, 3, Size<2, 2>>>("more pictures than share the weights", {6, 2, 2}, 19);
    }

    void activations() const {
        on_sizes<SiLU>("", 3);
        on_sizes<GELU>("", 3);
        on_sizes<GELUTanh>("by tanh", 3);
        on_sizes<Mish>("", 3);
        on_sizes<Hardsigmoid>("", 3);
        on_sizes<Hardswish>("", 3);
        on_sizes<Clamp<std::ratio<-1, 2>, std::ratio<2, 5>>>("a part", 3);
        on_sizes<ReLU6>("6", 3);
    }

    /// Layers that move, scale and multiply channels.
    void channels() const {
        on<PixelUnshuffle<2>>("2", {3, 6, 4}, 1);
        on<PixelUnshuffle<2>>("2", {1, 4, 66}, 3);
        on<PixelUnshuffle<3>>("3", {2, 6, 51}, 2);
        on<PixelUnshuffle<8>>("8", {1, 16, 136}, 1);
        on_sizes<ChannelScale<3>>("three", 3);
        on<ChannelScale<2, Initial::Zeros>>("more pixels than one thread adds up", {2, 70, 64}, 3);
        on_sizes<SimpleGate>("", 6);
        on_sizes<SimpleGate>("one channel", 2);
        on_sizes<Softmax>("", 5);
        on_sizes<Softmax>("one channel", 1);
        on_sizes<BatchNorm<3, NoAffine>>("not affine", 3);
        on<BatchNorm<2, NoAffine, Epsilon<std::ratio<1, 1000>>>>("not affine, many pixels", {2, 70, 64}, 3);
    }

    /// Layers that normalise each picture by itself.
    void norms() const {
        // Where the channels of a pixel are nearly equal, their small deviation makes rounding errors large.
        on_sizes<LayerNorm2d<12>>("twelve channels", 12);
        on_sizes<LayerNorm2d<2, Epsilon<std::ratio<1, 10>>>>("two channels", 2);
        on<LayerNorm2d<3, Epsilon<std::ratio<1, 10>>>>("more pixels than one thread adds up", {3, 70, 64}, 3);
        on_sizes<InstanceNorm<3>>("", 3);
        on_sizes<InstanceNorm<5, Affine<true>, Epsilon<std::ratio<1, 1000>>>>("affine", 5);
        on<InstanceNorm<2, Affine<true>>>("more pixels than one thread adds up", {2, 70, 64}, 3);
        on_sizes<GroupNorm<2, 6>>("two groups", 6);
        on_sizes<GroupNorm<1, 3>>("one group", 3);
        on_sizes<GroupNorm<4, 4, NoAffine>>("not affine", 4);
        on<GroupNorm<2, 4>>("more pixels than one thread adds up", {4, 70, 64}, 3);
    }

    /// Poolings with padding, padding by reflection and replication, crops, and interpolation.
    void resampling() const {
        on_sizes<MaxPool<3, Stride<2>, Padding<1>>>("3 by 2, padded", 2);
        on_sizes<MaxPool<2, CeilMode>>("2, rounded up", 2);
        on_sizes<MaxPool<3, Stride<2>, CeilMode>>("3 by 2, rounded up", 2);
        on_sizes<MaxPool<3, Stride<1>, Padding<1>>>("3 by 1, padded", 2);
        on_sizes<MaxPool<4, Stride<3>, Padding<2, 1>, CeilMode>>("4 by 3, padded and rounded up", 2);
        on_sizes<AveragePool<3, Stride<2>, Padding<1>>>("3 by 2, padded", 2);
        on_sizes<AveragePool<2, CeilMode>>("2, rounded up", 2);
        on_sizes<AveragePool<3, Stride<2>, CeilMode>>("3 by 2, rounded up", 2);
        on_sizes<AveragePool<3, Stride<1>, Padding<1>>>("3 by 1, padded", 2);
        on_sizes<AveragePool<4, Stride<3>, Padding<2, 1>, CeilMode>>("4 by 3, padded and rounded up", 2);

        on_sizes<ReflectPadding<1>>("1", 3);
        on_sizes<ReflectPadding<3>>("3", 2);
        on_sizes<ReflectPadding<0, 2>>("after", 2);
        on<ReflectPadding<2>>("as far as the edges", {1, 3, 4}, 2);
        on_sizes<ReplicationPadding<1>>("1", 3);
        on_sizes<ReplicationPadding<3>>("3", 2);
        on_sizes<ReplicationPadding<2, 0>>("before", 2);
        on<ReplicationPadding<3>>("one pixel", {2, 1, 1}, 2);

        on_sizes<Crop<1>>("1", 3);
        on_sizes<Crop<0, 2>>("after", 2);
        on_sizes<Crop<2, 0>>("before", 2);
        on<Crop<3, 1>>("most of it", {2, 5, 6}, 2);
        on<Crop<20>>("20", {1, 41, 77}, 1);

        on_sizes<Upsample<1, Bilinear>>("bilinear, 1", 2);
        on_sizes<Upsample<2, Bilinear>>("bilinear, 2", 3);
        on_sizes<Upsample<3, Bilinear>>("bilinear, 3", 2);
        on<Upsample<4, Bilinear>>("bilinear, 4", {2, 3, 130}, 1);
        on<Upsample<2, Bilinear>>("bilinear, one pixel", {2, 1, 1}, 2);
        on_sizes<Upsample<2, Bilinear, AlignCorners>>("bilinear between corners, 2", 3);
        on<Upsample<3, Bilinear, AlignCorners>>("bilinear between corners, 3", {2, 3, 130}, 1);
        on<Upsample<2, Bilinear, AlignCorners>>("bilinear between corners, one pixel", {2, 1, 1}, 2);
        on_sizes<Upsample<2, Bicubic>>("bicubic, 2", 3);
        on_sizes<Upsample<3, Bicubic>>("bicubic, 3", 2);
        on<Upsample<4, Bicubic>>("bicubic, 4", {2, 3, 130}, 1);
        on<Upsample<2, Bicubic>>("bicubic, one pixel", {2, 1, 1}, 2);

        on<Upsample<3, Divisor<2>>>("3/2", {2, 4, 10}, 2);
        on<Upsample<3, Divisor<2>>>("3/2", {1, 2, 138}, 1);
        on<Upsample<5, Divisor<3>, Bilinear>>("bilinear, 5/3", {2, 6, 9}, 2);
        on<Upsample<3, Divisor<2>, Bilinear>>("bilinear, 3/2", {1, 4, 138}, 1);
        on<Upsample<3, Divisor<2>, Bilinear, AlignCorners>>("bilinear between corners, 3/2", {2, 4, 70}, 2);
        on<Upsample<4, Divisor<3>, Bicubic>>("bicubic, 4/3", {2, 6, 51}, 2);
        on<Upsample<2, Divisor<3>, Bilinear>>("bilinear, 2/3", {2, 6, 51}, 2);
        on<Upsample<1, Divisor<2>>>("1/2", {2, 6, 34}, 2);
    }

    void convolutions() const {
        on_sizes<Conv<3, 6>>("3 to 6", 3);
        on_sizes<Conv<1, 1>>("one channel", 1);
        on_sizes<Conv<5, 7, 3, NoBias>>("primes, no bias", 5);
        on_sizes<Conv<4, 13, 1>>("1x1", 4);
        on_sizes<Conv<2, 3, 5>>("5x5", 2);
        on_sizes<Conv<2, 2, 9>>("9x9", 2);
        on_sizes<Conv<16, 21>>("by Winograd", 16);
        on<Conv<2, 3>>("many pixels", {2, 37, 41}, 1);
    }

    void convolutions_with_options() const {
        on_sizes<Conv<3, 8, 3, Stride<2>>>("stride 2", 3);
        on<Conv<32, 36, 3, Stride<2>>>("stride 2 by Winograd", {32, 9, 21}, 2);
        on<Conv<33, 40, 3, Stride<2>, Padding<1, 0>, NoBias>>("the same, no padding after", {33, 6, 10}, 1);
        on_sizes<Conv<2, 4, 4, Stride<2>, Padding<1>>>("4x4, stride 2", 2);
        on_sizes<Conv<2, 3, 3, Stride<3>>>("stride 3", 2);
        on<Conv<2, 3, 8, Stride<8>, Padding<0>>>("patches of 8x8", {2, 16, 136}, 2);
        on_sizes<Conv<3, 4, 2, Padding<0, 1>>>("Keras's same for 2x2", 3);
        on_sizes<Conv<16, 18, 2, Padding<0, 1>>>("the same by Winograd", 16);
        on_sizes<Conv<3, 4, 4, Padding<1, 2>>>("Keras's same for 4x4", 3);
        on_sizes<Conv<3, 4, 3, Padding<0>>>("no padding", 3);
    }

    void grouped_convolutions() const {
        on_sizes<Conv<4, 6, 3, Groups<2>>>("two groups", 4);
        on_sizes<Conv<6, 9, 1, Groups<3>, NoBias>>("1x1 in three groups", 6);
        on_sizes<Conv<20, 36, 3, Groups<2>, Stride<2>>>("groups of several blocks, stride 2", 20);
        on_sizes<Conv<5, 5, 3, Groups<5>>>("depthwise", 5);
        on_sizes<Conv<3, 3, 3, Groups<3>, Stride<2>>>("depthwise, stride 2", 3);
        on_sizes<Conv<2, 2, 3, Groups<2>, Stride<3>, NoBias>>("depthwise, stride 3", 2);
        on_sizes<Conv<3, 3, 5, Groups<3>>>("depthwise 5x5", 3);
        on_sizes<Conv<2, 2, 5, Groups<2>, Stride<2>, Padding<1, 2>>>("depthwise 5x5, stride 2", 2);
        on_sizes<Conv<2, 2, 7, Groups<2>>>("depthwise 7x7", 2);
        on<Conv<3, 3, 3, Groups<3>, Padding<0>>>("depthwise, no padding", {3, 9, 20}, 2);
        on_sizes<Conv<3, 6, 3, Groups<3>>>("two of each channel", 3);
        on_sizes<Conv<2, 2, 4, Groups<2>>>("depthwise 4x4", 2);
        on_sizes<Conv<2, 2, 3, Groups<2>, Padding<3>>>("depthwise, padded more than it needs", 2);
    }

    void dilated_and_rectangular_convolutions() const {
        on_sizes<Conv<3, 5, 3, Dilation<2>>>("dilation 2", 3);
        on<Conv<16, 16, 3, Dilation<4>>>("dilation 4", {16, 9, 21}, 2);
        on_sizes<Conv<2, 3, 3, Dilation<2>, Stride<2>>>("dilation 2, stride 2", 2);
        on_sizes<Conv<2, 3, 3, Dilation<3>, Stride<2>, Padding<2>>>("dilation 3, stride 2", 2);
        on_sizes<Conv<2, 2, 2, Dilation<3>>>("2x2, dilation 3", 2);
        on_sizes<Conv<4, 4, 3, Groups<4>, Dilation<2>>>("depthwise, dilation 2", 4);
        on_sizes<Conv<3, 4, 7, KernelSize<1, 7>>>("1x7", 3);
        on_sizes<Conv<3, 4, 7, KernelSize<7, 1>, NoBias>>("7x1", 3);
        on_sizes<Conv<2, 9, 4, KernelSize<4, 2>, Stride<2>>>("4x2, stride 2", 2);
        on_sizes<Conv<4, 4, 3, KernelSize<3, 1>, Groups<2>, Dilation<2>, Stride<3>>>("all of these", 4);
        on_sizes<Conv<3, 4, 3, KernelSize<3, 3>, Groups<1>, Dilation<1>>>("none of these", 3);
        on<Conv<2, 3, 3, KernelSize<2, 3>, Padding<2>>>("2x3, the same padding for both", {2, 6, 18}, 1);
    }

    void transposed_convolutions() const {
        on_sizes<ConvTranspose<6, 3, 2, Stride<2>>>("doubling", 6);
        on_sizes<ConvTranspose<3, 5, 2, Stride<2>, NoBias>>("doubling, no bias", 3);
        on_sizes<ConvTranspose<2, 1, 3, Stride<3>>>("tripling", 2);
        on_sizes<ConvTranspose<4, 3, 3, Stride<2>, Padding<1>, OutputPadding<1>>>("3x3, stride 2", 4);
        on<ConvTranspose<36, 32, 3, Stride<2>, Padding<1>, OutputPadding<1>>>("by Winograd", {36, 5, 9}, 2);
        on<ConvTranspose<36, 32, 3, Stride<2>, Padding<1>>>("by Winograd, to odd sizes", {36, 4, 7}, 1);
        on_sizes<ConvTranspose<2, 3, 3, Stride<2>>>("3x3, stride 2, no padding", 2);
        on_sizes<ConvTranspose<2, 3, 4, Stride<2>, Padding<1>>>("4x4, stride 2", 2);
        on_sizes<ConvTranspose<2, 4, 3, Padding<1>>>("stride 1", 2);
        on_sizes<ConvTranspose<2, 2, 3, Stride<3>>>("stride 3", 2);
        on_sizes<ConvTranspose<2, 2, 5, Stride<3>, Padding<1>, OutputPadding<2>>>("5x5, stride 3", 2);
        on_sizes<ConvTranspose<2, 3, 2, Stride<3>, OutputPadding<1>>>("pixels that no stamp reaches", 2);
    }

    void grouped_transposed_convolutions() const {
        on_sizes<ConvTranspose<4, 6, 3, Groups<2>>>("two groups", 4);
        on_sizes<ConvTranspose<4, 4, 4, Groups<4>, Stride<2>, Padding<1>, NoBias>>("depthwise, stride 2", 4);
        on_sizes<ConvTranspose<3, 2, 3, Dilation<2>>>("dilation 2", 3);
        on_sizes<ConvTranspose<18, 20, 3, Groups<2>, Stride<2>, Padding<1>, OutputPadding<1>>>("several blocks", 18);
        on_sizes<ConvTranspose<2, 3, 3, Dilation<3>, Stride<2>, Padding<2>, OutputPadding<1>>>("dilation, stride", 2);
        on_sizes<ConvTranspose<3, 2, 5, KernelSize<1, 5>>>("1x5", 3);
        on_sizes<ConvTranspose<4, 2, 3, KernelSize<3, 2>, Groups<2>, Dilation<2>, Stride<3>, Padding<1>>>("all", 4);
    }

  private:
    template <class L>
    void on(const char* form, Shape shape, int images) const {
        check_.template operator()<L>(std::string(L::name) + " " + form, shape, images);
    }
    /// Widths below, at and above a vector's and a warp's; odd sizes; one picture and three.
    template <class L>
    void on_sizes(const char* form, int channels) const {
        on<L>(form, {channels, 6, 5}, 1);
        on<L>(form, {channels, 4, 16}, 3);
        on<L>(form, {channels, 7, 33}, 2);
    }

    const Check& check_;
};

}  // namespace depix_test
