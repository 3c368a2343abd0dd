// The hyperbolic tangent on the GPU.
#pragma once

#include "depix/kernels/cuda/elementwise.cuh"
#include "depix/layers/tanh.hpp"

namespace depix::cuda {

/// y = tanh(x). x and y are (N, C, H, W) and may be the same.
template <class T>
struct TanhForward {
    View<const T> x;
    View<T> y;

    __device__ void operator()(int n, int c, int i, int j) const {
        y(n, c, i, j) = from_float<T>(tanhf(to_float(x(n, c, i, j))));
    }
};

/// dx = dy * (1 - y * y). dx is added to if `accumulate`.
template <class T>
struct TanhBackward {
    View<const T> y;
    View<const T> dy;
    View<T> dx;
    bool accumulate;

    __device__ void operator()(int n, int c, int i, int j) const {
        const float value = to_float(y(n, c, i, j));
        put(dx(n, c, i, j), to_float(dy(n, c, i, j)) * (1.f - value * value), accumulate);
    }
};

}  // namespace depix::cuda

namespace depix {

template <class Precision>
struct kernels::Kernel<CudaWith<Precision>, Tanh> {
    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output, cuda::TanhForward<T>{a.input, a.output});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data)
            cuda::elementwise(stream, a.input_gradient,
                              cuda::TanhBackward<T>{a.output, a.output_gradient, a.input_gradient, a.accumulate});
    }
};

}  // namespace depix
