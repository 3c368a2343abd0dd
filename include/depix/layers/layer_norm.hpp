// LayerNorm2d: normalises the channels of each pixel.
#pragma once

#include "depix/layers/layer.hpp"
#include "depix/layers/options.hpp"

namespace depix {

/// y[c] = (x[c] - mean) / sqrt(variance + epsilon) * weight[c] + bias[c], where mean and (biased) variance are those of
/// the channels of the same pixel
///
/// NAFNet's LayerNorm2d (Chen et al. 2022), whose names and epsilon these are; PyTorch's nn.LayerNorm(C, eps=1e-6) on a
/// map whose channels are moved to the end (Ba et al. 2016). The same in training and in inference.
///
/// Parameters: weight (Channels), bias (Channels). Option: Epsilon<std::ratio> (1/1000000).
template <int Channels, class... Options>
struct LayerNorm2d : LayerBase<LayerNorm2d<Channels, Options...>> {
    static_assert(Channels >= 1, "depix: LayerNorm2d<Channels> takes a positive number");
    static_assert(AllowedOptions<option_kind::Epsilon>::check<LayerNorm2d, Options...>());

    static constexpr double epsilon =
        ratio_value<typename find_option<option_kind::Epsilon, Epsilon<std::ratio<1, 1000000>>, Options...>::value>;

    static constexpr const char* name = "LayerNorm2d";
    static constexpr int in_channels = Channels;
    static constexpr int out_channels(int) { return Channels; }
    static constexpr std::size_t multiply_adds(Shape input) { return input.size(); }

    static constexpr std::array<TensorInfo, 2> tensors{{
        {"weight", {Channels}, 1, Initial::Ones, 1, true},
        {"bias", {Channels}, 1, Initial::Zeros, 1, true},
    }};

    /// (2, N, H, W): every pixel's mean and 1 / sqrt(variance + epsilon), for the backward pass.
    static constexpr std::size_t saved_size(int batch, Shape input) {
        return 2 * static_cast<std::size_t>(batch) * input.area();
    }

    static constexpr Traits traits{.role = Role::PixelNorm, .elementwise = true};
};

}  // namespace depix
