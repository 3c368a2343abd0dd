// DE-GAN in PyTorch: the networks of another implementation, which differ from those of DE-GAN's authors (de_gan.hpp).
#pragma once

#include "depix/layers/batch_norm.hpp"
#include "depix/layers/conv.hpp"
#include "depix/layers/conv_transpose.hpp"
#include "depix/layers/leaky_relu.hpp"
#include "depix/layers/max_pool.hpp"
#include "depix/layers/relu.hpp"
#include "depix/network/skip.hpp"

namespace depix {

namespace detail {

// clang-format off
template <FixedString Name, int In, int Out>
using DeGanDoubleConv = Named<Name, Conv<In, Out, 3, NoBias>,  BatchNorm<Out>, ReLU,
                                    Conv<Out, Out, 3, NoBias>, BatchNorm<Out>, ReLU>;

/// Doubles the size and halves the channels.
template <FixedString Name, int In>
using DeGanUpConv = Named<Name, ConvTranspose<In, In / 2, 2, Stride<2>>>;
// clang-format on

}  // namespace detail

// clang-format off
/// The generator of github.com/vashiegaran/DE-GAN-Implementation-Using-PyTorch: a U-Net (Ronneberger et al. 2015) from
/// 1xHxW to 1xHxW for sizes that are multiples of 16. It was published for 64 Filters and 256x256 pieces of a page. The
/// channels are F, 2F, 4F and 8F on the way down, and 16F at the bottom. Grey values are in -1..1 in the input and in
/// the output, where no activation limits them.
///
/// Parameters are named as in the PyTorch modules downs, bottleneck, ups and final_conv. PyTorch's own initialisation
/// is the published one: Model<DeGanPyTorchGenerator<>>{seed}.
template <int Filters = 64>
using DeGanPyTorchGenerator = Sequential<
    detail::DeGanDoubleConv<"downs.0.conv", 1, Filters>,
    Named<"", SkipConcat<
        MaxPool<2>, detail::DeGanDoubleConv<"downs.1.conv", Filters, 2 * Filters>,
        Named<"", SkipConcat<
            MaxPool<2>, detail::DeGanDoubleConv<"downs.2.conv", 2 * Filters, 4 * Filters>,
            Named<"", SkipConcat<
                MaxPool<2>, detail::DeGanDoubleConv<"downs.3.conv", 4 * Filters, 8 * Filters>,
                Named<"", SkipConcat<
                    MaxPool<2>, detail::DeGanDoubleConv<"bottleneck.conv", 8 * Filters, 16 * Filters>,
                    detail::DeGanUpConv<"ups.0", 16 * Filters>>>,
                detail::DeGanDoubleConv<"ups.1.conv", 16 * Filters, 8 * Filters>,
                detail::DeGanUpConv<"ups.2", 8 * Filters>>>,
            detail::DeGanDoubleConv<"ups.3.conv", 8 * Filters, 4 * Filters>,
            detail::DeGanUpConv<"ups.4", 4 * Filters>>>,
        detail::DeGanDoubleConv<"ups.5.conv", 4 * Filters, 2 * Filters>,
        detail::DeGanUpConv<"ups.6", 2 * Filters>>>,
    detail::DeGanDoubleConv<"ups.7.conv", 2 * Filters, Filters>,
    Named<"final_conv", Conv<Filters, 1, 1>>>;
static_assert(DeGanPyTorchGenerator<>::parameter_count == 31'036'481);

/// The discriminator of the same implementation, from 2xHxW to 1 x H/16 x W/16 for sizes that are multiples of 16. The
/// input's channels are a candidate, and then the degraded page that it should belong to. The output is not limited to
/// 0..1, because the published loss is least squares: 1 for a clean page, 0 for one of the generator's. The batch norms
/// come after the rectifiers, from the third convolution on.
///
/// Parameters are named as in the PyTorch module disc.
template <int Filters = 64>
using DeGanPyTorchDiscriminator = Sequential<Named<"disc",
    Conv<2, Filters>,               LeakyReLU<>,                         MaxPool<2>,
    Conv<Filters, 2 * Filters>,     LeakyReLU<>,                         MaxPool<2>,
    Conv<2 * Filters, 4 * Filters>, LeakyReLU<>, BatchNorm<4 * Filters>, MaxPool<2>,
    Conv<4 * Filters, 4 * Filters>, LeakyReLU<>, BatchNorm<4 * Filters>, MaxPool<2>,
    Conv<4 * Filters, 4 * Filters>, LeakyReLU<>, BatchNorm<4 * Filters>,
    Conv<4 * Filters, 1>>>;
static_assert(DeGanPyTorchDiscriminator<>::parameter_count == 1'554'241);
// clang-format on

}  // namespace depix
