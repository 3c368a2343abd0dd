// The four reference networks of MLPerf Tiny, which microcontrollers are compared with.
#pragma once

#include "depix/layers/average_pool.hpp"
#include "depix/layers/batch_norm.hpp"
#include "depix/layers/conv.hpp"
#include "depix/layers/dense.hpp"
#include "depix/layers/global_average_pool.hpp"
#include "depix/layers/relu.hpp"
#include "depix/layers/softmax.hpp"
#include "depix/network/branches.hpp"

namespace depix {

namespace detail {

// Keras's epsilon, and its padding of a convolution with stride 2 at an even size.
template <int C>
using KerasNorm = BatchNorm<C, Epsilon<std::ratio<1, 1000>>>;
using KerasHalving = Padding<0, 1>;

// clang-format off
template <int In, int Out, class... Options>
using TinyConv = Sequential<Conv<In, Out, 3, Options...>, KerasNorm<Out>, ReLU>;

/// A depthwise convolution and one of 1x1.
template <int In, int Out, class... Options>
using TinySeparable = Sequential<
    Conv<In, In, 3, Groups<In>, Options...>, KerasNorm<In>, ReLU, Conv<In, Out, 1>, KerasNorm<Out>, ReLU>;

template <int In, int Out>
using TinyDense = Sequential<Dense<In, Out>, KerasNorm<Out>, ReLU>;

/// ReLU(shortcut(x) + F(x)) at half the size.
template <int In, int Out>
using TinyHalving = Sequential<
    Sum<Conv<In, Out, 1, Stride<2>>,
        Sequential<TinyConv<In, Out, Stride<2>, KerasHalving>, Conv<Out, Out>, KerasNorm<Out>>>,
    ReLU>;
// clang-format on

}  // namespace detail

// clang-format off
/// MLPerf Tiny (C. Banbury et al. 2021, "MLPerf Tiny benchmark"), as its reference implementations in Keras have them.
/// Layers are named by their numbers. (The published counts of parameters, 269,992, 78,666, 24,908 and 221,794, include the
/// running statistics.)
///
/// Anomaly detection: from 640 numbers, which are 5 spectra of 128, to 640, through 8. An autoencoder of dense layers.
using TinyAnomalyDetection = Sequential<
    detail::TinyDense<640, 128>, detail::TinyDense<128, 128>, detail::TinyDense<128, 128>, detail::TinyDense<128, 128>,
    detail::TinyDense<128, 8>,
    detail::TinyDense<8, 128>, detail::TinyDense<128, 128>, detail::TinyDense<128, 128>, detail::TinyDense<128, 128>,
    Dense<128, 640>>;

/// Image classification: from a picture of 3x32x32 to the probabilities of 10 classes. ResNet-8.
using TinyResNet = Sequential<
    detail::TinyConv<3, 16>,
    Sequential<Sum<Identity, Sequential<detail::TinyConv<16, 16>, Conv<16, 16>, detail::KerasNorm<16>>>, ReLU>,
    detail::TinyHalving<16, 32>, detail::TinyHalving<32, 64>,
    GlobalAveragePool, Dense<64, 10>, Softmax>;

/// Keyword spotting: from 49 times 10 cepstral coefficients and a row of zeros, 1x50x10, to the probabilities of 12 words.
/// DS-CNN. (The zeros are the first row that Keras pads with below, because height and width are multiples of 2 here.)
using TinyKeywords = Sequential<
    Conv<1, 64, 10, KernelSize<10, 4>, Stride<2>>, detail::KerasNorm<64>, ReLU,
    detail::TinySeparable<64, 64>, detail::TinySeparable<64, 64>,
    detail::TinySeparable<64, 64>, detail::TinySeparable<64, 64>,
    GlobalAveragePool, Dense<64, 12>, Softmax>;

/// Visual wake words: from a picture of 3x96x96 to the probabilities that a person is in it or not. MobileNetV1 with a
/// quarter of its channels.
using TinyMobileNet = Sequential<
    detail::TinyConv<3, 8, Stride<2>, detail::KerasHalving>,
    detail::TinySeparable<8, 16>,
    detail::TinySeparable<16, 32, Stride<2>, detail::KerasHalving>,  detail::TinySeparable<32, 32>,
    detail::TinySeparable<32, 64, Stride<2>, detail::KerasHalving>,  detail::TinySeparable<64, 64>,
    detail::TinySeparable<64, 128, Stride<2>, detail::KerasHalving>,
    detail::TinySeparable<128, 128>, detail::TinySeparable<128, 128>, detail::TinySeparable<128, 128>,
    detail::TinySeparable<128, 128>, detail::TinySeparable<128, 128>,
    detail::TinySeparable<128, 256, Stride<2>, detail::KerasHalving>, detail::TinySeparable<256, 256>,
    GlobalAveragePool, Dense<256, 2>, Softmax>;
// clang-format on

static_assert(TinyAnomalyDetection::parameter_count == 267928);
static_assert(TinyResNet::parameter_count == 78666 - 480);
static_assert(TinyKeywords::parameter_count == 24908 - 1152);
static_assert(TinyMobileNet::parameter_count == 221794 - 5472);
static_assert(TinyResNet::output({3, 32, 32}) == Shape{10, 1, 1});
static_assert(TinyKeywords::output({1, 50, 10}) == Shape{12, 1, 1});
static_assert(TinyMobileNet::output({3, 96, 96}) == Shape{2, 1, 1});

}  // namespace depix
