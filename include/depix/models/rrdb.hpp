// RRDB: a variant of ESRGAN's generator. It makes a picture four times as high and four times as wide.
#pragma once

#include "depix/layers/conv.hpp"
#include "depix/layers/leaky_relu.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/layers/scale.hpp"
#include "depix/network/skip.hpp"

namespace depix {

namespace detail {

/// ESRGAN's residual scaling: what a branch adds is damped, which keeps a very deep network stable without batch norms.
using ResidualScale = Scale<std::ratio<1, 5>>;

// clang-format off
/// One layer of a dense block appends its own channels to those that it takes. (The layer comes with its name, because
/// nvcc 13 cannot write out an alias that has a name as its parameter.)
template <class NamedLayer>
using DenseBlockLayer = Named<"", SkipConcat<NamedLayer>>;

/// x + 1/5 of the output of five convolutions, each of which takes x and the outputs of all convolutions before it.
template <int C>
using DenseResidualBlock = Residual<
    DenseBlockLayer<Named<"b1", Conv<C, C>, LeakyReLU<>>>,     DenseBlockLayer<Named<"b2", Conv<2 * C, C>, LeakyReLU<>>>,
    DenseBlockLayer<Named<"b3", Conv<3 * C, C>, LeakyReLU<>>>, DenseBlockLayer<Named<"b4", Conv<4 * C, C>, LeakyReLU<>>>,
    Named<"b5", Sequential<Conv<5 * C, C>>>, ResidualScale>;

/// "Residual in residual dense block": x + 1/5 of the output of three dense blocks.
template <int C>
using RRDBBlock = Residual<Named<"dense_blocks", Repeat<3, DenseResidualBlock<C>>>, ResidualScale>;
// clang-format on

}  // namespace detail

// clang-format off
/// ESRGAN's generator (Wang et al. 2018, "ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks") as
/// PyTorch-GAN and DeepDepixelate write it: pixel shuffles instead of nearest neighbours, a slope of 1/100 instead of
/// 1/5, and as many channels inside a dense block as outside. It goes from Channels x H x W to Channels x 4H x 4W and
/// was published with 64 Filters and 23 Blocks. There is no activation at the end. models/rrdbnet.hpp has the generator
/// of ESRGAN's authors.
///
/// Parameters are named as in the PyTorch modules conv1, res_blocks, conv2, upsampling and conv3 (GeneratorRRDB).
template <int Filters = 64, int Blocks = 23, int Channels = 3>
using RRDB = Sequential<
    Named<"conv1", Conv<Channels, Filters>>,
    Named<"", Residual<
        Named<"res_blocks", Repeat<Blocks, detail::RRDBBlock<Filters>>>,
        Named<"conv2", Conv<Filters, Filters>>>>,
    Named<"upsampling",
        Conv<Filters, 4 * Filters>, LeakyReLU<>, PixelShuffle<2>,
        Conv<Filters, 4 * Filters>, LeakyReLU<>, PixelShuffle<2>>,
    Named<"conv3", Conv<Filters, Filters>, LeakyReLU<>, Conv<Filters, Channels>>>;
// clang-format on

}  // namespace depix
