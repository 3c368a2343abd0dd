// Dropout on the GPU. It drops the same elements as the textbook, bit for bit.
//
// The host draws the number that decides what is dropped, and puts it into `saved` before the forward pass. Kernels
// draw nothing, so that every run of a captured graph can drop different elements.
#pragma once

#include "depix/kernels/cuda/elementwise.cuh"
#include "depix/kernels/reference/dropout.hpp"

namespace depix::cuda {

/// y = x * factor, or y += x * factor, where the factor is 0 with probability `rate`, else 1 / (1 - rate). x and y are
/// (N, C, H, W) and may be the same; draw points at one number.
template <class T>
struct Drop {
    View<const T> x;
    const float* draw;
    double rate;
    View<T> y;
    bool accumulate;

    __device__ void operator()(int n, int c, int i, int j) const {
        const float factor = reference::dropout_factor(draw[0], rate, n, c, i, j);
        put(y(n, c, i, j), to_float(x(n, c, i, j)) * factor, accumulate);
    }
};

}  // namespace depix::cuda

namespace depix {

template <class Precision, class Rate>
struct kernels::Kernel<CudaWith<Precision>, Dropout<Rate>> {
    static constexpr double rate = ratio_value<Rate>;

    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        if (!a.training()) return cuda::copy(stream, a.input, a.output);
        cuda::elementwise(stream, a.output, cuda::Drop<T>{a.input, a.saved, rate, a.output, false});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data)
            cuda::elementwise(stream, a.input_gradient,
                              cuda::Drop<T>{a.output_gradient, a.saved, rate, a.input_gradient, a.accumulate});
    }
};

}  // namespace depix
