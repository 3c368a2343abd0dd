// A network of integers as layers of which each is computed in one way, with the conversions between them.
#pragma once

#include "embedded_int8.hpp"

namespace tool {

struct MixedNetwork {
    EmbeddedNetwork network;
    depix::integers::Program program;  // with the encodings of the conversions' maps too
};

/// As depix::detail::mix_steps: a float step reads the floats that another float step gives, and of the picture too.
/// What is fused into a step of integers is no layer any more.
MixedNetwork mix_integers(const EmbeddedInt8& from);

}  // namespace tool
