// A network of other authors: the generator of github.com/leftthomas/SRGAN, written after its PyTorch source.
//
// To use weights that depix did not train, you only need a type with the same layers, in which every part has the name
// that it has there. `load` then finds each tensor by name, and says which tensor is missing, left over or of another
// shape. The PyTorch class ends with (tanh(x) + 1) / 2; here the network ends with Tanh, and the program that shows the
// picture does the rest, as for any network whose pictures are in -1..1.
#pragma once

#include "depix/layers/batch_norm.hpp"
#include "depix/layers/conv.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/layers/prelu.hpp"
#include "depix/layers/tanh.hpp"
#include "depix/network/skip.hpp"

namespace example {

using namespace depix;

// clang-format off
using ForeignBlock = Residual<
    Named<"conv1", Conv<64, 64>>, Named<"bn1", BatchNorm<64>>, Named<"prelu", PReLU<>>,
    Named<"conv2", Conv<64, 64>>, Named<"bn2", BatchNorm<64>>>;

using ForeignUpsampling = Sequential<Named<"conv", Conv<64, 256>>, PixelShuffle<2>, Named<"prelu", PReLU<>>>;

using ForeignSrgan = Sequential<
    Named<"block1", Conv<3, 64, 9>, PReLU<>>,
    Named<"", Residual<
        Named<"block2", ForeignBlock>, Named<"block3", ForeignBlock>, Named<"block4", ForeignBlock>,
        Named<"block5", ForeignBlock>, Named<"block6", ForeignBlock>,
        Named<"block7", Conv<64, 64>, PReLU<>>>>,
    Named<"block8", ForeignUpsampling, ForeignUpsampling, Conv<64, 3, 9>>,
    Tanh>;
// clang-format on

}  // namespace example
