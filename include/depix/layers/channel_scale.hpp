// ChannelScale: a learned factor for each channel.
#pragma once

#include "depix/layers/layer.hpp"

namespace depix {

/// y[c] = weight[c] * x[c]. In PyTorch it is x * self.NAME with NAME = nn.Parameter(torch.ones(1, C, 1, 1)): the beta
/// and gamma of NAFNet (Chen et al. 2022), which begin at 0, and the layer scale of CaiT (Touvron et al. 2021). Start
/// is the value at which the weights begin: Initial::Ones (the default), Zeros or Quarter.
///
/// Parameters: one, of shape (1, Channels, 1, 1). As PyTorch's has no module of its own, it is called as the layer is:
/// Named<"beta", ChannelScale<C>> has the parameter "beta", and not "beta.weight".
template <int Channels, Initial Start = Initial::Ones>
struct ChannelScale : LayerBase<ChannelScale<Channels, Start>> {
    static_assert(Channels >= 1, "depix: ChannelScale<Channels> takes a positive number");
    static_assert(Start != Initial::Uniform, "depix: ChannelScale's weights begin at Ones, Zeros or Quarter");

    static constexpr const char* name = "ChannelScale";
    static constexpr int in_channels = Channels;
    static constexpr int out_channels(int) { return Channels; }
    static constexpr std::size_t multiply_adds(Shape input) { return input.size(); }
    static constexpr std::array<TensorInfo, 1> tensors{{{"", {1, Channels, 1, 1}, 4, Start, 1, true}}};
    static constexpr Traits traits{.role = Role::ChannelScale, .elementwise = true};
};

}  // namespace depix
