// The leaky rectifier with SIMD and threads.
#pragma once

#include "depix/kernels/cpu/relu.hpp"
#include "depix/layers/leaky_relu.hpp"

namespace depix {

template <class Slope>
struct Kernel<Cpu, LeakyReLU<Slope>> : RectifierKernel<LeakyReLU<Slope>> {};

}  // namespace depix
