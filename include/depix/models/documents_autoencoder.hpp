// The documents autoencoder: a convolutional autoencoder of 9,569 parameters that cleans scanned pages.
#pragma once

#include "depix/layers/conv.hpp"
#include "depix/layers/conv_transpose.hpp"
#include "depix/layers/relu.hpp"
#include "depix/layers/sigmoid.hpp"
#include "depix/network/sequential.hpp"

namespace depix {

// clang-format off
/// Two strided convolutions that halve the size, then two transposed convolutions that double it. From grey to grey,
/// for any size that is a multiple of 4; published for 1x420x540 pages (Kaggle's "Denoising Dirty Documents").
using DocumentsAutoencoder = Sequential<
    Named<"encoder",
        Conv<1, 16, 3, Stride<2>>,  ReLU,
        Conv<16, 32, 3, Stride<2>>, ReLU>,
    Named<"decoder",
        ConvTranspose<32, 16, 3, Stride<2>, Padding<1>, OutputPadding<1>>, ReLU,
        ConvTranspose<16, 1, 3, Stride<2>, Padding<1>, OutputPadding<1>>,  Sigmoid>>;
// clang-format on

}  // namespace depix
