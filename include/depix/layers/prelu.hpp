// PReLU: a leaky rectifier whose slope for negative values is a parameter.
#pragma once

#include "depix/layers/layer.hpp"

namespace depix {

/// y = x where x > 0, weight * x elsewhere; weight is learned (He et al. 2015). PyTorch's nn.PReLU: PReLU<> has one
/// weight for all channels, whatever their number; PReLU<C> takes C channels and has one for each. The weights begin at
/// 1/4. The gradient with respect to x at 0 is the weight, as in PyTorch.
///
/// Parameters: weight (Slopes). The plan fuses PReLU<> into the convolution before it, like any rectifier.
template <int Slopes = 1>
struct PReLU : LayerBase<PReLU<Slopes>> {
    static_assert(Slopes >= 1, "depix: PReLU<Slopes> takes a positive number: 1, or the channels");

    static constexpr const char* name = "PReLU";
    static constexpr int in_channels = Slopes == 1 ? 0 : Slopes;
    static constexpr std::array<TensorInfo, 1> tensors{{{"weight", {Slopes}, 1, Initial::Quarter, 1, true}}};
    static constexpr Traits traits{
        .role = Slopes == 1 ? Role::Rectifier : Role::Other, .elementwise = true, .learned_slope = true};
};

}  // namespace depix
