// A quantized network that is small enough to be read and run thousands of times a second.
#pragma once

#include "depix/depix.hpp"
#include "depix/quantize.hpp"

namespace depix_fuzz {

using TinyQuantized =
    depix::Sequential<depix::Conv<1, 2>, depix::LeakyReLU<>, depix::MaxPool<2>, depix::Residual<depix::Conv<2, 2>>,
                      depix::ConvTranspose<2, 1, 2, depix::Stride<2>>, depix::Sigmoid>;

}  // namespace depix_fuzz
