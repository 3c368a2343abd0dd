// Two discriminators for enlarged pictures: SRGAN's, and the fully convolutional one that DeepDepixelate uses with
// ESRGAN.
#pragma once

#include "depix/layers/batch_norm.hpp"
#include "depix/layers/conv.hpp"
#include "depix/layers/dense.hpp"
#include "depix/layers/leaky_relu.hpp"
#include "depix/layers/sigmoid.hpp"
#include "depix/network/sequential.hpp"

namespace depix {

namespace detail {

using SrganRectifier = LeakyReLU<std::ratio<1, 5>>;

// clang-format off
/// The eight convolutions that both discriminators have, from 3xHxW to 8F x H/16 x W/16, and the layers after them,
/// under one name. Every second convolution halves the size; a batch norm follows each but the first.
template <FixedString Name, int F, Module... After>
using SrganFeatures = Named<Name,
    Conv<3, F>,                                         SrganRectifier,
    Conv<F, F, 3, Stride<2>>,         BatchNorm<F>,     SrganRectifier,
    Conv<F, 2 * F>,                   BatchNorm<2 * F>, SrganRectifier,
    Conv<2 * F, 2 * F, 3, Stride<2>>, BatchNorm<2 * F>, SrganRectifier,
    Conv<2 * F, 4 * F>,               BatchNorm<4 * F>, SrganRectifier,
    Conv<4 * F, 4 * F, 3, Stride<2>>, BatchNorm<4 * F>, SrganRectifier,
    Conv<4 * F, 8 * F>,               BatchNorm<8 * F>, SrganRectifier,
    Conv<8 * F, 8 * F, 3, Stride<2>>, BatchNorm<8 * F>, SrganRectifier,
    After...>;
// clang-format on

}  // namespace detail

// clang-format off
/// DeepDepixelate's discriminator (PyTorch-GAN's for ESRGAN), from 3xHxW to 1 x H/16 x W/16 for sizes that are
/// multiples of 16. Each output pixel judges the part of the picture around it (the "PatchGAN" of Isola et al. 2017).
/// There is no sigmoid, because the loss is a mean squared error, as in DeepDepixelate, or a loss on logits. Parameters
/// are named as in the PyTorch module model.
template <int Filters = 64>
using PatchDiscriminator = Sequential<detail::SrganFeatures<"model", Filters, Conv<8 * Filters, 1>>>;

/// SRGAN's discriminator (Ledig et al. 2017), from 3 x Side x Side to 1x1x1: the probability, 0..1, that the picture is
/// a real one. It takes pictures of only this size, and Side must be a multiple of 16. Hidden is the width of the dense
/// layer. Parameters are named as in the PyTorch modules features, fc1 and fc2.
template <int Filters = 64, int Hidden = 1024, int Side = 96>
    requires(Side % 16 == 0)
using SrganDiscriminator = Sequential<
    detail::SrganFeatures<"features", Filters>,
    Named<"fc1", Dense<8 * Filters, Hidden, Size<Side / 16, Side / 16>>>, detail::SrganRectifier,
    Named<"fc2", Dense<Hidden, 1>>, Sigmoid>;
// clang-format on

}  // namespace depix
