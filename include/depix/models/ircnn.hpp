// IRCNN: a denoiser with dilated convolutions.
#pragma once

#include "depix/layers/conv.hpp"
#include "depix/layers/relu.hpp"
#include "depix/layers/scale.hpp"
#include "depix/network/skip.hpp"

namespace depix {

// clang-format off
/// x - F(x), where F estimates the noise by seven convolutions with Features channels, whose taps are 1, 2, 3, 4, 3, 2 and 1
/// pixels apart (K. Zhang et al. 2017, "Learning deep CNN denoiser prior for image restoration"). Pictures are in 0..1.
/// Parameters are named as in KAIR's files (ircnn_color.pth): model.0.weight, model.2.weight, ...
template <int Channels = 1, int Features = 64>
using IRCNN = Residual<
    Named<"model",
        Conv<Channels, Features>,                 ReLU,
        Conv<Features, Features, 3, Dilation<2>>, ReLU,
        Conv<Features, Features, 3, Dilation<3>>, ReLU,
        Conv<Features, Features, 3, Dilation<4>>, ReLU,
        Conv<Features, Features, 3, Dilation<3>>, ReLU,
        Conv<Features, Features, 3, Dilation<2>>, ReLU,
        Conv<Features, Channels>>,
    Scale<std::ratio<-1>>>;
// clang-format on

static_assert(IRCNN<>::parameter_count == 185857);
static_assert(IRCNN<3>::parameter_count == 188163);

}  // namespace depix
