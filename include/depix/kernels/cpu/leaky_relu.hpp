// The leaky rectifier with SIMD and threads.
#pragma once

#include "depix/kernels/cpu/relu.hpp"
#include "depix/layers/leaky_relu.hpp"

namespace depix {

template <class Slope>
struct kernels::Kernel<Cpu, LeakyReLU<Slope>> : cpu::RectifierKernel<LeakyReLU<Slope>> {};

}  // namespace depix
