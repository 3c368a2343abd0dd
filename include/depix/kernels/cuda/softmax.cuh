// Softmax over the channels of each pixel, on the GPU: one thread for each pixel.
#pragma once

#include "depix/kernels/cuda/elementwise.cuh"
#include "depix/layers/softmax.hpp"

namespace depix::cuda {

/// y = exp(x - largest) / sum of these over the channels. x and y are (N, C, H, W); it is called for channel 0. exp is
/// computed twice, so that nothing but the result is rounded to T.
template <class T>
struct SoftmaxForward {
    View<const T> x;
    View<T> y;

    __device__ void operator()(int n, int, int i, int j) const {
        float largest = to_float(x(n, 0, i, j)), sum = 0;
        for (int c = 1; c < x.channels; ++c) {
            const float value = to_float(x(n, c, i, j));
            largest = value > largest ? value : largest;
        }
        for (int c = 0; c < x.channels; ++c) sum += expf(to_float(x(n, c, i, j)) - largest);
        for (int c = 0; c < x.channels; ++c)
            y(n, c, i, j) = from_float<T>(expf(to_float(x(n, c, i, j)) - largest) / sum);
    }
};

/// dx = y * (dy - sum over the channels of dy * y), or dx += it if `accumulate`; called for channel 0.
template <class T>
struct SoftmaxBackward {
    View<const T> y;
    View<const T> dy;
    View<T> dx;
    bool accumulate;

    __device__ void operator()(int n, int, int i, int j) const {
        float sum = 0;
        for (int c = 0; c < y.channels; ++c) sum += to_float(dy(n, c, i, j)) * to_float(y(n, c, i, j));
        for (int c = 0; c < y.channels; ++c)
            put(dx(n, c, i, j), to_float(y(n, c, i, j)) * (to_float(dy(n, c, i, j)) - sum), accumulate);
    }
};

}  // namespace depix::cuda

namespace depix {

template <class Precision>
struct kernels::Kernel<CudaWith<Precision>, Softmax> {
    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output.slice(0, 1), cuda::SoftmaxForward<T>{a.input, a.output});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data)
            cuda::elementwise(stream, a.input_gradient.slice(0, 1),
                              cuda::SoftmaxBackward<T>{a.output, a.output_gradient, a.input_gradient, a.accumulate});
    }
};

}  // namespace depix
