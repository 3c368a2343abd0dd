// The product of both halves of the channels on the GPU.
#pragma once

#include "depix/kernels/cuda/elementwise.cuh"
#include "depix/layers/simple_gate.hpp"

namespace depix::cuda {

/// y[c] = x[c] * x[C + c]. x is (N, 2 C, H, W), y (N, C, H, W).
template <class T>
struct SimpleGateForward {
    View<const T> x;
    View<T> y;

    __device__ void operator()(int n, int c, int i, int j) const {
        y(n, c, i, j) = from_float<T>(to_float(x(n, c, i, j)) * to_float(x(n, y.channels + c, i, j)));
    }
};

/// dx[c] = dy[c] * x[C + c], dx[C + c] = dy[c] * x[c]; or dx += it if `accumulate`.
template <class T>
struct SimpleGateBackward {
    View<const T> x;
    View<const T> dy;
    View<T> dx;
    bool accumulate;

    __device__ void operator()(int n, int c, int i, int j) const {
        const int half = dy.channels, other = c < half ? c + half : c - half;
        put(dx(n, c, i, j), to_float(dy(n, c < half ? c : other, i, j)) * to_float(x(n, other, i, j)), accumulate);
    }
};

}  // namespace depix::cuda

namespace depix {

template <class Precision>
struct kernels::Kernel<CudaWith<Precision>, SimpleGate> {
    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output, cuda::SimpleGateForward<T>{a.input, a.output});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data)
            cuda::elementwise(stream, a.input_gradient,
                              cuda::SimpleGateBackward<T>{a.input, a.output_gradient, a.input_gradient, a.accumulate});
    }
};

}  // namespace depix
