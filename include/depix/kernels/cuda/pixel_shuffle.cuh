// The pixel shuffle on the GPU.
#pragma once

#include "depix/kernels/cuda/elementwise.cuh"
#include "depix/layers/pixel_shuffle.hpp"

namespace depix::cuda {

/// y[c][i * r + k][j * r + l] = x[c * r^2 + k * r + l][i][j]; x is (N, C * r^2, H, W), y (N, C, H * r, W * r).
template <class T, int Factor>
struct PixelShuffleForward {
    View<const T> x;
    View<T> y;

    __device__ void operator()(int n, int c, int i, int j) const {
        y(n, c, i, j) = x(n, (c * Factor + i % Factor) * Factor + j % Factor, i / Factor, j / Factor);
    }
};

/// Every gradient moves back to the place of its pixel in x. It overwrites dx, or is added to it if `accumulate`.
template <class T, int Factor>
struct PixelShuffleBackward {
    View<const T> dy;
    View<T> dx;
    bool accumulate;

    __device__ void operator()(int n, int c, int i, int j) const {
        const int k = c / Factor % Factor, l = c % Factor;
        put(dx(n, c, i, j), to_float(dy(n, c / (Factor * Factor), i * Factor + k, j * Factor + l)), accumulate);
    }
};

}  // namespace depix::cuda

namespace depix {

template <class Precision, int Factor>
struct kernels::Kernel<CudaWith<Precision>, PixelShuffle<Factor>> {
    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output, cuda::PixelShuffleForward<T, Factor>{a.input, a.output});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data)
            cuda::elementwise(stream, a.input_gradient,
                              cuda::PixelShuffleBackward<T, Factor>{a.output_gradient, a.input_gradient, a.accumulate});
    }
};

}  // namespace depix
