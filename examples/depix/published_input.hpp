// What published networks take for a picture.
#pragma once

#include "depix/tensor.hpp"

namespace tool {

/// What a published network takes for a picture in 0..1.
enum class PublishedInput {
    Picture,
    NoiseMap,  ///< one more channel, the standard deviation of the noise
    Centred,   ///< (picture - mean colour of DIV2K) * 255: SPAN
    Bytes      ///< picture * 255: EDSR, RCAN
};

/// How many pixels around them the tiles of a published network see at most: as far as depix::restore continues a
/// picture beyond its edges. RRDBNet with 23 blocks depends on pixels ten times as far away, which change next to
/// nothing.
constexpr int published_reach = 32;

/// `noise` is the standard deviation, of pictures in 0..1.
depix::Image published_input(depix::Image image, PublishedInput input, float noise);

}  // namespace tool
