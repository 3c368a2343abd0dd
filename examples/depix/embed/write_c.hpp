// A whole network as one C99 file.
#pragma once

#include <string>

#include "embedded_network.hpp"

namespace tool {

struct EmbeddedInt8;

/// A file with one function, void NAME_run(const float *input, float *output), for pictures of this size. Its maps lie
/// in a static array, and of the C library it uses at most expf and tanhf; compiled with DEPIX_OWN_EXP, no expf. Sums
/// have the order of the textbook's, so the result has its bits if neither compiler fuses multiplications with
/// additions. Throws depix::Error, with the layer's name, for a layer that it does not write in C.
std::string network_as_c(EmbeddedNetwork network, const std::string& name, int height, int width,
                         const std::string& about);

/// The same of a network in 8-bit integers. Pictures and results are int8_t, in encodings that the file defines as
/// NAME_input_scale, NAME_input_zero_point and so on, or float where a step that stays float reads or gives them. The
/// result has the bits of depix::Inference<Network, depix::Int8<depix::Reference>>. Steps of integers need nothing of
/// the C library.
std::string network_as_c(const EmbeddedInt8& network, const std::string& name, int height, int width,
                         const std::string& about);

}  // namespace tool
