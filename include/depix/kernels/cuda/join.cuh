// Sums and concatenations on the GPU.
#pragma once

#include "depix/kernels/cuda/elementwise.cuh"
#include "depix/network/join.hpp"

namespace depix::cuda {

/// y = a + b. All are (N, C, H, W), and any of them may be the same.
template <class T>
struct AddForward {
    View<const T> a;
    View<const T> b;
    View<T> y;

    __device__ void operator()(int n, int c, int i, int j) const {
        y(n, c, i, j) = from_float<T>(to_float(a(n, c, i, j)) + to_float(b(n, c, i, j)));
    }
};

}  // namespace depix::cuda

namespace depix {

/// y = a + b. The gradient goes to both.
template <class Precision>
struct kernels::Kernel<CudaWith<Precision>, Add> {
    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output, cuda::AddForward<T>{a.input, a.other, a.output});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data) cuda::copy(stream, a.output_gradient, a.input_gradient, a.accumulate);
        if (a.other_gradient.data) cuda::copy(stream, a.output_gradient, a.other_gradient, a.accumulate_other);
    }
};

/// y = [a, b]. Each half gets its part of the gradient.
template <class Precision>
struct kernels::Kernel<CudaWith<Precision>, Concatenate> {
    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::copy(stream, a.input, a.output.slice(0, a.input.channels));
        cuda::copy(stream, a.other, a.output.slice(a.input.channels, a.other.channels));
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        const View<const T>& dy = a.output_gradient;
        const int first = dy.channels - a.other_gradient.channels;
        if (a.input_gradient.data) cuda::copy(stream, dy.slice(0, first), a.input_gradient, a.accumulate);
        if (a.other_gradient.data)
            cuda::copy(stream, dy.slice(first, a.other_gradient.channels), a.other_gradient, a.accumulate_other);
    }
};

}  // namespace depix
