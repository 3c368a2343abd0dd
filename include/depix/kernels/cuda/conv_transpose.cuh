// The transposed convolution on the GPU. It is a convolution's input gradient, and its own input gradient is a
// convolution.
#pragma once

#include "depix/kernels/cuda/conv.cuh"

namespace depix {

template <class Precision, int In, int Out, int K, class... Options>
struct kernels::Kernel<CudaWith<Precision>, ConvTranspose<In, Out, K, Options...>>
    : cuda::ConvLayerKernel<Precision, ConvTranspose<In, Out, K, Options...>> {};

}  // namespace depix
