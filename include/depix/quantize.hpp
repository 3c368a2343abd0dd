// Quantized networks: 8-bit integers instead of floats. It is not part of depix.hpp, because few programs need it and
// the compiler takes a second for it.
#pragma once

#include "depix/quantize/cpu.hpp"
#include "depix/quantize/equalize.hpp"
#include "depix/quantize/faster.hpp"
#include "depix/quantize/file.hpp"
