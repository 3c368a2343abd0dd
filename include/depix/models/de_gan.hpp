// DE-GAN: a U-Net that cleans degraded documents, and the discriminator that it is trained with.
#pragma once

#include "depix/layers/batch_norm.hpp"
#include "depix/layers/conv.hpp"
#include "depix/layers/dropout.hpp"
#include "depix/layers/leaky_relu.hpp"
#include "depix/layers/max_pool.hpp"
#include "depix/layers/relu.hpp"
#include "depix/layers/sigmoid.hpp"
#include "depix/layers/upsample.hpp"
#include "depix/network/skip.hpp"

namespace depix {

namespace detail {

// clang-format off
template <FixedString Name, int In, int Out>
using DeGanPair = Named<Name, Conv<In, Out>, ReLU, Conv<Out, Out>, ReLU>;

/// Doubles the size and, by default, halves the channels. The padding is Keras's "same" for an even kernel: right and
/// bottom.
template <FixedString Name, int In, int Out = In / 2>
using DeGanUp = Named<"", Upsample<2>, Named<Name, Conv<In, Out, 2, Padding<0, 1>>>, ReLU>;

/// A 4x4 convolution that halves the size. For even sizes Keras's "same" is one pixel on every side.
template <FixedString Name, int In, int Out>
using DeGanDown = Named<"", Named<Name, Conv<In, Out, 4, Stride<2>, Padding<1>>>, LeakyReLU<std::ratio<1, 5>>>;

/// A batch norm with Keras's default epsilon, and with the momentum of 0.8 that DE-GAN sets in Keras.
template <FixedString Name, int Channels>
using DeGanNorm = Named<Name, BatchNorm<Channels, Momentum<std::ratio<1, 5>>, Epsilon<std::ratio<1, 1000>>>>;
// clang-format on

}  // namespace detail

// clang-format off
/// DE-GAN's generator (Souibgui and Kessentini 2020, "DE-GAN: A Conditional Generative Adversarial Network for Document
/// Enhancement"): a U-Net from 1xHxW to 1xHxW for sizes that are multiples of 16, with grey values in 0..1. It was
/// published for 256x256 pieces of a page and 64 Filters: 64, 128, 256 and 512 channels on the way down, and 1024 at
/// the bottom. Dropped is the share of elements that dropout sets to zero on the two lowest levels. Widest is the
/// number of channels at the bottom, and twice that of the level above it. The authors' weights against watermarks have
/// 512 there, and their other weights 1024 (biggest_layer in github.com/dali92002/DE-GAN).
///
/// Parameters are named as in the PyTorch modules conv1 .. conv9, up6 .. up9, conv9b and conv10. Initialise the weights
/// He-normal (like Keras's he_normal, which draws from a truncated normal distribution):
/// Model<DeGanGenerator<>>{seed, Initialisation::HeNormal}.
template <int Filters = 64, class Dropped = std::ratio<1, 2>, int Widest = 16 * Filters>
using DeGanGenerator = Sequential<
    detail::DeGanPair<"conv1", 1, Filters>,
    Named<"", SkipConcat<
        MaxPool<2>, detail::DeGanPair<"conv2", Filters, 2 * Filters>,
        Named<"", SkipConcat<
            MaxPool<2>, detail::DeGanPair<"conv3", 2 * Filters, 4 * Filters>,
            Named<"", SkipConcat<
                MaxPool<2>, detail::DeGanPair<"conv4", 4 * Filters, Widest / 2>, Dropout<Dropped>,
                Named<"", SkipConcat<
                    MaxPool<2>, detail::DeGanPair<"conv5", Widest / 2, Widest>, Dropout<Dropped>,
                    detail::DeGanUp<"up6", Widest, 8 * Filters>>>,
                detail::DeGanPair<"conv6", Widest / 2 + 8 * Filters, 8 * Filters>,
                detail::DeGanUp<"up7", 8 * Filters>>>,
            detail::DeGanPair<"conv7", 8 * Filters, 4 * Filters>, detail::DeGanUp<"up8", 4 * Filters>>>,
        detail::DeGanPair<"conv8", 4 * Filters, 2 * Filters>, detail::DeGanUp<"up9", 2 * Filters>>>,
    detail::DeGanPair<"conv9", 2 * Filters, Filters>,
    Named<"conv9b", Conv<Filters, 2>>, ReLU,
    Named<"conv10", Conv<2, 1, 1>>, Sigmoid>;

/// DE-GAN's discriminator, from 2xHxW to 1 x H/16 x W/16 for sizes that are multiples of 16. The input's channels are a
/// candidate, and then the degraded page that it should belong to. Each output pixel says how sure the network is,
/// 0..1, that the candidate is the clean page in the region around it (the "PatchGAN" of Isola et al. 2017). The batch
/// norms come after the rectifiers.
///
/// Parameters are named as in the PyTorch modules d, bn and validity.
template <int Filters = 64>
using DeGanDiscriminator = Sequential<
    detail::DeGanDown<"d.0", 2, Filters>,
    detail::DeGanDown<"d.1", Filters, 2 * Filters>,     detail::DeGanNorm<"bn.0", 2 * Filters>,
    detail::DeGanDown<"d.2", 2 * Filters, 4 * Filters>, detail::DeGanNorm<"bn.1", 4 * Filters>,
    detail::DeGanDown<"d.3", 4 * Filters, 4 * Filters>, detail::DeGanNorm<"bn.2", 4 * Filters>,
    Named<"validity", Conv<4 * Filters, 1, 4, Padding<1, 2>>>, Sigmoid>;
// clang-format on

}  // namespace depix
