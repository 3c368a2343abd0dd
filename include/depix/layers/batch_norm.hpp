// BatchNorm: normalises each channel.
#pragma once

#include "depix/layers/layer.hpp"
#include "depix/layers/options.hpp"

namespace depix {

/// y = (x - mean) / sqrt(variance + epsilon) * weight + bias, for each channel
///
/// PyTorch's nn.BatchNorm2d (Ioffe and Szegedy 2015). In training, mean and (biased) variance are those of the batch,
/// over pictures, rows and columns. The running statistics move towards them: running = (1 - momentum) * running +
/// momentum * batch, where the running variance uses the unbiased variance. In inference the running statistics are
/// used, and the plan folds the layer into the convolution before it.
///
/// Parameters: weight (Channels), bias (Channels), or with NoAffine none, as with PyTorch's affine=False (weight is
/// then 1 and bias 0); statistics: running_mean, running_var (Channels). Options: Momentum<std::ratio> (1/10, PyTorch's
/// meaning), Epsilon<std::ratio> (1/100000), NoAffine.
template <int Channels, class... Options>
struct BatchNorm : LayerBase<BatchNorm<Channels, Options...>> {
    static_assert(Channels >= 1, "depix: BatchNorm<Channels> takes a positive number");
    static_assert(AllowedOptions<option_kind::Momentum, option_kind::Epsilon,
                                 option_kind::Affine>::check<BatchNorm, Options...>());

    static constexpr double momentum =
        ratio_value<typename find_option<option_kind::Momentum, Momentum<std::ratio<1, 10>>, Options...>::value>;
    static constexpr double epsilon =
        ratio_value<typename find_option<option_kind::Epsilon, Epsilon<std::ratio<1, 100000>>, Options...>::value>;

    static constexpr bool affine = find_option<option_kind::Affine, Affine<true>, Options...>::value;

    static constexpr const char* name = "BatchNorm2d";
    static constexpr int in_channels = Channels;
    static constexpr int out_channels(int) { return Channels; }
    static constexpr std::size_t multiply_adds(Shape input) { return input.size(); }

    static constexpr auto tensors = [] {
        const TensorInfo mean{"running_mean", {Channels}, 1, Initial::Zeros, 1, false};
        const TensorInfo variance{"running_var", {Channels}, 1, Initial::Ones, 1, false};
        const TensorInfo weight{"weight", {Channels}, 1, Initial::Ones, 1, true};
        const TensorInfo offset{"bias", {Channels}, 1, Initial::Zeros, 1, true};
        if constexpr (affine)
            return std::array{weight, offset, mean, variance};
        else
            return std::array{mean, variance};
    }();

    /// The batch's mean and 1 / sqrt(variance + epsilon), for the backward pass.
    static constexpr std::size_t saved_size(int /*batch*/, Shape input) {
        return 2 * static_cast<std::size_t>(input.channels);
    }

    static constexpr Traits traits{.role = Role::BatchNorm, .elementwise = true};
};

}  // namespace depix
