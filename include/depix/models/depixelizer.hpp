// The depixelizer: a convolutional autoencoder of 5,103 parameters that restores pixelated text.
#pragma once

#include "depix/layers/batch_norm.hpp"
#include "depix/layers/conv.hpp"
#include "depix/layers/conv_transpose.hpp"
#include "depix/layers/max_pool.hpp"
#include "depix/layers/relu.hpp"
#include "depix/layers/sigmoid.hpp"
#include "depix/network/skip.hpp"

namespace depix {

// clang-format off
/// Three convolutions that are each followed by a halving of the size, then three transposed convolutions that double
/// it. From RGB to RGB, for any size that is a multiple of 8; published for 3x64x256. Width scales the channels, so
/// that firmware can use a narrower network; InOut is 1 for grey.
template <int Width = 6, int InOut = 3>
using DepixelizerOfWidth = Sequential<
    Named<"encoder",
        Conv<InOut, Width>,         BatchNorm<Width>,     ReLU, MaxPool<2>,
        Conv<Width, 2 * Width>,     BatchNorm<2 * Width>, ReLU, MaxPool<2>,
        Conv<2 * Width, 4 * Width>, BatchNorm<4 * Width>, ReLU, MaxPool<2>>,
    Named<"decoder",
        ConvTranspose<4 * Width, 2 * Width, 2, Stride<2>>, BatchNorm<2 * Width>, ReLU,
        ConvTranspose<2 * Width, Width, 2, Stride<2>>,     BatchNorm<Width>,     ReLU,
        ConvTranspose<Width, InOut, 2, Stride<2>>,         BatchNorm<InOut>>>;
// clang-format on

using Depixelizer = DepixelizerOfWidth<>;

// clang-format off
/// The network of the original's notebook, to which the weights belong that were published with it: the depixelizer
/// without batch norms, and with a sigmoid at the end. 4,977 parameters.
using NotebookDepixelizer = Sequential<
    Named<"encoder",
        Conv<3, 6>,   ReLU, MaxPool<2>,
        Conv<6, 12>,  ReLU, MaxPool<2>,
        Conv<12, 24>, ReLU, MaxPool<2>>,
    Named<"decoder",
        ConvTranspose<24, 12, 2, Stride<2>>, ReLU,
        ConvTranspose<12, 6, 2, Stride<2>>,  ReLU,
        ConvTranspose<6, 3, 2, Stride<2>>,   Sigmoid>>;
// clang-format on

static_assert(NotebookDepixelizer::parameter_count == 4977);

}  // namespace depix
