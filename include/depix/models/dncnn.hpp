// DnCNN: a chain of convolutions that computes the noise.
#pragma once

#include "depix/layers/conv.hpp"
#include "depix/layers/relu.hpp"
#include "depix/layers/scale.hpp"
#include "depix/network/skip.hpp"

namespace depix {

// clang-format off
/// x - F(x), where F estimates the noise by Convolutions layers with Features channels (K. Zhang et al. 2017, "Beyond a
/// Gaussian denoiser"). This is the form without batch norms, in which KAIR's files (dncnn_25.pth, dncnn_color_blind.pth)
/// are, with 17 layers for one strength and 20 for all. Pictures are in 0..1. Parameters are named as there: model.0.weight,
/// model.2.weight, ...
template <int Channels = 1, int Convolutions = 17, int Features = 64>
using DnCNN = Residual<
    Named<"model",
        Conv<Channels, Features>, ReLU,
        Series<Convolutions - 2, Conv<Features, Features>, ReLU>,
        Conv<Features, Channels>>,
    Scale<std::ratio<-1>>>;
// clang-format on

static_assert(DnCNN<>::parameter_count == 555137);

}  // namespace depix
