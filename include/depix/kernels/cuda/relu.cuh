// The rectifier on the GPU.
#pragma once

#include "depix/kernels/cuda/elementwise.cuh"
#include "depix/layers/relu.hpp"

namespace depix::cuda {

/// y = x where x > 0, slope * x elsewhere. x and y are (N, C, H, W) and may be the same.
template <class T>
struct RectifierForward {
    View<const T> x;
    float slope;
    View<T> y;

    __device__ void operator()(int n, int c, int i, int j) const {
        const float value = to_float(x(n, c, i, j));
        y(n, c, i, j) = from_float<T>(value > 0 ? value : slope * value);
    }
};

/// dx = dy where y > 0, slope * dy elsewhere; y > 0 says the same as x > 0. dx is added to if `accumulate`.
template <class T>
struct RectifierBackward {
    View<const T> y;
    float slope;
    View<const T> dy;
    View<T> dx;
    bool accumulate;

    __device__ void operator()(int n, int c, int i, int j) const {
        const float gradient = to_float(dy(n, c, i, j));
        put(dx(n, c, i, j), to_float(y(n, c, i, j)) > 0 ? gradient : slope * gradient, accumulate);
    }
};

}  // namespace depix::cuda

namespace depix {

template <class Precision>
struct kernels::Kernel<CudaWith<Precision>, ReLU> {
    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output, cuda::RectifierForward<T>{a.input, 0.f, a.output});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data)
            cuda::elementwise(
                stream, a.input_gradient,
                cuda::RectifierBackward<T>{a.output, 0.f, a.output_gradient, a.input_gradient, a.accumulate});
    }
};

}  // namespace depix
