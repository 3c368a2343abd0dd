// Makes an EmbeddedInt8 of a network's type and weights.
#pragma once

#include "depix/io/safetensors.hpp"
#include "describe.hpp"
#include "embedded_int8.hpp"

namespace tool::inline DEPIX_TOOL_LEVEL {

/// The pictures are like those that the network will be given, with sides that it takes. Throws depix::FileError if the
/// weights are another network's, depix::Error if there is no picture or a layer's output is not finite.
template <class Network>
EmbeddedInt8 quantize_network(const depix::TensorFile& weights, std::span<const depix::Image> pictures) {
    depix::Model<Network> model;
    depix::load(model, weights);
    const depix::Quantized<Network> network = depix::quantize(model, pictures);
    return {depix::pack(network), network.report(), embed_network<Network>(weights), network.program};
}

}  // namespace tool::inline DEPIX_TOOL_LEVEL
