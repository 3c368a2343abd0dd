// EmbeddedInt8: a network in 8-bit integers as a value, from which `depix embed` writes files for firmware.
#pragma once

#include <span>
#include <string>

#include "depix/quantize/pack.hpp"
#include "depix/tensor.hpp"
#include "embedded_network.hpp"

namespace tool {

struct EmbeddedInt8 {
    depix::PackedInt8 packed;
    std::string report;                // which layers stay float, and why
    EmbeddedNetwork network;           // in float
    depix::integers::Program program;  // its maps have the numbers of the network's
};

}  // namespace tool
