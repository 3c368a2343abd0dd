// The constant factor on the GPU.
#pragma once

#include "depix/kernels/cuda/elementwise.cuh"
#include "depix/layers/scale.hpp"

namespace depix::cuda {

/// y = factor * x, or y += factor * x. Both are (N, C, H, W) and may be the same.
template <class T>
struct Multiply {
    View<const T> x;
    float factor;
    View<T> y;
    bool accumulate;

    __device__ void operator()(int n, int c, int i, int j) const {
        put(y(n, c, i, j), factor * to_float(x(n, c, i, j)), accumulate);
    }
};

}  // namespace depix::cuda

namespace depix {

/// The gradient is scaled as the values are.
template <class Precision, class Ratio>
struct kernels::Kernel<CudaWith<Precision>, Scale<Ratio>> {
    static constexpr float factor = static_cast<float>(ratio_value<Ratio>);

    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output, cuda::Multiply<T>{a.input, factor, a.output, false});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data)
            cuda::elementwise(stream, a.input_gradient,
                              cuda::Multiply<T>{a.output_gradient, factor, a.input_gradient, a.accumulate});
    }
};

}  // namespace depix
