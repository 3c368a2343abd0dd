// Enlargement by the nearest neighbour on the GPU.
#pragma once

#include "depix/kernels/cuda/elementwise.cuh"
#include "depix/layers/upsample.hpp"

namespace depix::cuda {

/// y[c][i][j] = x[c][i / r][j / r]; x is (N, C, H, W), y (N, C, H * r, W * r).
template <class T, int Factor>
struct UpsampleForward {
    View<const T> x;
    View<T> y;

    __device__ void operator()(int n, int c, int i, int j) const { y(n, c, i, j) = x(n, c, i / Factor, j / Factor); }
};

/// Every pixel gets the sum of the gradients of its r x r copies. It overwrites dx, or is added to it if `accumulate`.
template <class T, int Factor>
struct UpsampleBackward {
    View<const T> dy;
    View<T> dx;
    bool accumulate;

    __device__ void operator()(int n, int c, int i, int j) const {
        float sum = 0;
        for (int k = 0; k < Factor; ++k)
            for (int l = 0; l < Factor; ++l) sum += to_float(dy(n, c, i * Factor + k, j * Factor + l));
        put(dx(n, c, i, j), sum, accumulate);
    }
};

}  // namespace depix::cuda

namespace depix {

template <class Precision, int Factor>
struct kernels::Kernel<CudaWith<Precision>, Upsample<Factor>> {
    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output, cuda::UpsampleForward<T, Factor>{a.input, a.output});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data)
            cuda::elementwise(stream, a.input_gradient,
                              cuda::UpsampleBackward<T, Factor>{a.output_gradient, a.input_gradient, a.accumulate});
    }
};

}  // namespace depix
