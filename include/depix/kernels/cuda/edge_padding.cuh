// Padding by reflection and replication, on the GPU.
#pragma once

#include "depix/kernels/cuda/elementwise.cuh"
#include "depix/layers/edge_padding.hpp"

namespace depix::cuda {

/// y[i][j] = x[source(i)][source(j)]. x is (N, C, H, W), y (N, C, H', W').
template <class T, class L>
struct EdgePaddingForward {
    View<const T> x;
    View<T> y;

    __device__ void operator()(int n, int c, int i, int j) const {
        y(n, c, i, j) = x(n, c, L::source(i, x.height), L::source(j, x.width));
    }
};

/// dx = the sum of dy over all copies of this element, or dx += it if `accumulate`.
template <class T, class L>
struct EdgePaddingBackward {
    View<const T> dy;
    View<T> dx;
    bool accumulate;

    /// Calls body(p) for every output row (or column) that is a copy of row i of `size`.
    template <class Body>
    __device__ static void for_copies(int i, int size, const Body& body) {
        for (int p = 0; p < L::before; ++p)
            if (L::source(p, size) == i) body(p);
        body(i + L::before);
        for (int p = L::before + size; p < L::before + size + L::after; ++p)
            if (L::source(p, size) == i) body(p);
    }
    __device__ void operator()(int n, int c, int i, int j) const {
        float sum = 0;
        for_copies(i, dx.height,
                   [&](int p) { for_copies(j, dx.width, [&](int q) { sum += to_float(dy(n, c, p, q)); }); });
        put(dx(n, c, i, j), sum, accumulate);
    }
};

}  // namespace depix::cuda

// g++ 12 takes kernels::Kernel<..., L> outside of this namespace for another constrained specialisation.
namespace depix::kernels {

template <class Precision, detail::EdgePaddingLayer L>
struct Kernel<CudaWith<Precision>, L> {
    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output, cuda::EdgePaddingForward<T, L>{a.input, a.output});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data)
            cuda::elementwise(stream, a.input_gradient,
                              cuda::EdgePaddingBackward<T, L>{a.output_gradient, a.input_gradient, a.accumulate});
    }
};

}  // namespace depix::kernels
