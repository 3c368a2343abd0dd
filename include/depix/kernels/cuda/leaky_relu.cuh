// The leaky rectifier on the GPU.
#pragma once

#include "depix/kernels/cuda/relu.cuh"
#include "depix/layers/leaky_relu.hpp"

namespace depix {

template <class Precision, class Slope>
struct kernels::Kernel<CudaWith<Precision>, LeakyReLU<Slope>> {
    static constexpr float slope = static_cast<float>(ratio_value<Slope>);

    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output, cuda::RectifierForward<T>{a.input, slope, a.output});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data)
            cuda::elementwise(
                stream, a.input_gradient,
                cuda::RectifierBackward<T>{a.output, slope, a.output_gradient, a.input_gradient, a.accumulate});
    }
};

}  // namespace depix
