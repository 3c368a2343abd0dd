// The logistic function on the GPU.
#pragma once

#include "depix/kernels/cuda/elementwise.cuh"
#include "depix/layers/sigmoid.hpp"

namespace depix::cuda {

/// 1 / (1 + exp(-x)). The exponential of what is not positive never overflows; for x < 0 it is exp(x) / (1 + exp(x)).
__device__ inline float sigmoid(float x) {
    const float power = expf(-fabsf(x));
    return (x < 0 ? power : 1.f) / (1.f + power);
}

/// y = sigmoid(x). x and y are (N, C, H, W) and may be the same.
template <class T>
struct SigmoidForward {
    View<const T> x;
    View<T> y;

    __device__ void operator()(int n, int c, int i, int j) const {
        y(n, c, i, j) = from_float<T>(sigmoid(to_float(x(n, c, i, j))));
    }
};

/// dx = dy * y * (1 - y). dx is added to if `accumulate`.
template <class T>
struct SigmoidBackward {
    View<const T> y;
    View<const T> dy;
    View<T> dx;
    bool accumulate;

    __device__ void operator()(int n, int c, int i, int j) const {
        const float value = to_float(y(n, c, i, j));
        put(dx(n, c, i, j), to_float(dy(n, c, i, j)) * value * (1.f - value), accumulate);
    }
};

}  // namespace depix::cuda

namespace depix {

template <class Precision>
struct kernels::Kernel<CudaWith<Precision>, Sigmoid> {
    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output, cuda::SigmoidForward<T>{a.input, a.output});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data)
            cuda::elementwise(stream, a.input_gradient,
                              cuda::SigmoidBackward<T>{a.output, a.output_gradient, a.input_gradient, a.accumulate});
    }
};

}  // namespace depix
