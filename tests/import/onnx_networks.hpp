// Networks in which every layer occurs that export_onnx writes: EACH_ONNX_NETWORK(F) calls F(NAME, type) for each.
#pragma once

#include "depix/io/export_onnx.hpp"

#define EACH_ONNX_NETWORK(F)                                                                                           \
    F(convolutions,                                                                                                    \
      Sequential<Conv<3, 4, 5, Stride<2>, NoBias>, ReLU, Conv<4, 4, 3, Groups<4>, Dilation<2>>, LeakyReLU<>,           \
                 Conv<4, 4, 7, KernelSize<1, 7>>, PReLU<4>, ConvTranspose<4, 6, 4, Stride<2>, Padding<1>>, PReLU<>,    \
                 ConvTranspose<6, 3, 3, Stride<2>, Padding<1>, OutputPadding<1>>, ELU<>,                               \
                 Conv<3, 5, 4, Padding<0, 1>>>)                                                                        \
    F(norms,                                                                                                           \
      Sequential<Conv<3, 8>, BatchNorm<8>, ReLU6, GroupNorm<2, 8>, Sigmoid, InstanceNorm<8, Affine<true>>, Tanh,       \
                 InstanceNorm<8>, Mish, LayerNorm2d<8>, SiLU, ChannelScale<8>, GELU, Scale<std::ratio<-1, 2>>,         \
                 Hardsigmoid, GroupNorm<4, 8, NoAffine>, Hardswish, Clamp<std::ratio<-1, 3>, std::ratio<2>>, Softmax>) \
    F(sizes, Sequential<PixelUnshuffle<2, 3>, Conv<12, 8>, MaxPool<3, Stride<2>, Padding<1>>, Upsample<2, Bilinear>,   \
                        AveragePool<3, Stride<1>, Padding<1>>, PixelUnshuffle<2>, SimpleGate, Upsample<2, Bicubic>,    \
                        ReflectPadding<1, 2>, Upsample<3>, ReplicationPadding<2>, Upsample<2, Bilinear, AlignCorners>, \
                        Slice<16, 3, 8>, PixelShuffle<2>, MaxPool<2>>)                                                 \
    F(vector, Sequential<Conv<3, 8>, GlobalAveragePool, Dense<8, 5>, ReLU, Dense<5, 3, NoBias>, Softmax>)              \
    F(joins, Sequential<Conv<3, 8>, Residual<Conv<8, 8>, SiLU, Scale<std::ratio<1, 5>>>,                               \
                        Gate<GlobalAveragePool, Conv<8, 8, 1>, Hardsigmoid>, SkipConcat<Conv<8, 4>>,                   \
                        Split<Pass<4>, Conv<8, 8>>, Sum<Conv<12, 12>, Conv<12, 12, 1>, Conv<12, 12, 5>>,               \
                        Product<Conv<12, 12>, Conv<12, 1, 1>>, PixelShuffle<2>>)                                       \
    F(taps, Sequential<Residual<Conv<3, 3>, Tap<"tap1">, Conv<3, 3>>, ReLU, Concat<Identity, Use<"tap1", 3>>>)         \
    F(more_norms, Sequential<Conv<3, 8>, BatchNorm<8>, GroupNorm<2, 8>, InstanceNorm<8, Affine<true>>, Mish,           \
                             InstanceNorm<8>, GELU, ChannelScale<8>, Hardswish, Scale<std::ratio<-1, 2>>,              \
                             GroupNorm<4, 8, NoAffine>, Clamp<std::ratio<-1, 3>, std::ratio<2>>, Softmax>)             \
    F(crops,                                                                                                           \
      Sequential<Conv<3, 4>, Crop<1>, ReLU,                                                                            \
                 Sum<Crop<2>, Sequential<Conv<4, 4, 3, Padding<0>>, ReLU, Conv<4, 4, 3, Padding<0>>>>, Crop<1, 2>>)    \
    F(branches, Sum<Sequential<Conv<3, 12>, PixelShuffle<2>>, Upsample<2>>)
