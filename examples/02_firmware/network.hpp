// The network of this example: one type, which the firmware, the host and the exporter of the weights share.
#pragma once

#include <depix/models/depixelizer.hpp>
#include <depix/static_inference.hpp>

/// The depixelizer's layers, narrower and grey: 2,255 parameters.
using Tiny = depix::DepixelizerOfWidth<4, 1>;

/// It restores pictures of this size, and no other.
inline constexpr depix::Shape image_shape{1, 32, 64};

using Restore = depix::StaticInference<Tiny, image_shape>;
