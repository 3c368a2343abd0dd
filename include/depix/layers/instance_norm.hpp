// InstanceNorm: normalises each channel of each picture.
#pragma once

#include "depix/layers/group_norm.hpp"

namespace depix {

/// y = (x - mean) / sqrt(variance + epsilon), where mean and (biased) variance are those of one channel of one picture
///
/// PyTorch's nn.InstanceNorm2d (Ulyanov et al. 2016), without running statistics, which is its default. It is a
/// GroupNorm with as many groups as channels, but as in PyTorch without weight and bias, unless the option Affine<true>
/// is given. Every pixel depends on the whole picture, so a network with this layer is not restored in tiles of the
/// exact halo. (PyTorch refuses a picture of one pixel in training; here its result is bias.)
///
/// Parameters: none, or with Affine<true> weight (Channels), bias (Channels).
/// Options: Epsilon<std::ratio> (1/100000), Affine<true>.
template <int Channels, class... Options>
struct InstanceNorm : detail::NormOfGroups<InstanceNorm<Channels, Options...>, Channels, Channels, false, Options...> {
    static_assert(Channels >= 1, "depix: InstanceNorm<Channels> takes a positive number");
    static constexpr const char* name = "InstanceNorm2d";
};

}  // namespace depix
