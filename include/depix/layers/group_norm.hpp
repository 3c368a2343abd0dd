// GroupNorm: normalises groups of channels, each over the whole picture.
#pragma once

#include "depix/layers/layer.hpp"
#include "depix/layers/options.hpp"

namespace depix {

namespace detail {

/// What GroupNorm and InstanceNorm have in common. NormLayer is the derived class.
template <class NormLayer, int Groups, int Channels, bool DefaultAffine, class... Options>
struct NormOfGroups : LayerBase<NormLayer> {
    static_assert(AllowedOptions<option_kind::Epsilon, option_kind::Affine>::check<NormLayer, Options...>());

    static constexpr bool normalises_groups = true;
    static constexpr int groups = Groups;
    static constexpr bool affine = find_option<option_kind::Affine, Affine<DefaultAffine>, Options...>::value;
    static constexpr double epsilon =
        ratio_value<typename find_option<option_kind::Epsilon, Epsilon<std::ratio<1, 100000>>, Options...>::value>;

    static constexpr int in_channels = Channels;
    static constexpr int out_channels(int) { return Channels; }
    static constexpr std::size_t multiply_adds(Shape input) { return input.size(); }
    static constexpr RowRange needs(RowRange /*rows*/) { return every_row; }

    static constexpr auto tensors = [] {
        const TensorInfo weight{"weight", {Channels}, 1, Initial::Ones, 1, true};
        const TensorInfo offset{"bias", {Channels}, 1, Initial::Zeros, 1, true};
        if constexpr (affine)
            return std::array{weight, offset};
        else
            return std::array<TensorInfo, 0>{};
    }();

    /// (N, Groups, 2): every group's mean and 1 / sqrt(variance + epsilon), for the backward pass.
    static constexpr std::size_t saved_size(int batch, Shape /*input*/) {
        return 2 * static_cast<std::size_t>(batch) * static_cast<std::size_t>(Groups);
    }

    static constexpr Traits traits{.elementwise = true, .global = true};
};

}  // namespace detail

/// y = (x - mean) / sqrt(variance + epsilon) * weight[c] + bias[c], where mean and (biased) variance are those of a
/// group of Channels / Groups neighbouring channels of one picture, over all of its rows and columns
///
/// PyTorch's nn.GroupNorm(Groups, Channels) (Wu and He 2018). It is the same in training and in inference. Every pixel
/// depends on the whole picture, so a network with this layer is not restored in tiles of the exact halo.
///
/// Parameters: weight (Channels), bias (Channels), or with NoAffine none, as with PyTorch's affine=False.
/// Options: Epsilon<std::ratio> (1/100000), NoAffine.
template <int Groups, int Channels, class... Options>
struct GroupNorm : detail::NormOfGroups<GroupNorm<Groups, Channels, Options...>, Groups, Channels, true, Options...> {
    static_assert(Groups >= 1 && Channels >= 1 && Channels % Groups == 0,
                  "depix: GroupNorm<Groups, Channels> takes a number of channels that the number of groups divides");
    static constexpr const char* name = "GroupNorm";
};

namespace detail {

/// A layer of this kind, for its kernels.
template <class L>
concept GroupNormLayer = Layer<L> && requires {
    requires L::normalises_groups;
};

}  // namespace detail

}  // namespace depix
