// The calls of a network in C: one for each layer.
#pragma once

#include <string>

#include "c_file.hpp"
#include "c_maps.hpp"
#include "depix/quantize/program.hpp"
#include "embedded_network.hpp"

namespace tool {

/// The call that computes a layer of floats. Its weights and its function become part of `file`. Throws depix::Error
/// for a layer that is not written in C.
std::string float_call(const EmbeddedLayer& layer, const CMaps& maps, CFile& file);

/// The same for a layer with an integer_step of `program`, and for Encode and Decode. Empty if there is nothing to do.
std::string integer_call(const EmbeddedLayer& layer, const depix::integers::Program& program, const CMaps& maps,
                         CFile& file);

}  // namespace tool
