// Crop on the GPU.
#pragma once

#include "depix/kernels/cuda/elementwise.cuh"
#include "depix/layers/crop.hpp"

namespace depix::cuda {

/// y[i][j] = x[i + before][j + before]. x is (N, C, H, W), y (N, C, H - before - after, W - before - after).
template <class T>
struct CropForward {
    View<const T> x;
    View<T> y;
    int before;

    __device__ void operator()(int n, int c, int i, int j) const { y(n, c, i, j) = x(n, c, i + before, j + before); }
};

/// dx[i][j] = dy[i - before][j - before], and 0 at the edges; or dx += it if `accumulate`.
template <class T>
struct CropBackward {
    View<const T> dy;
    View<T> dx;
    int before;
    bool accumulate;

    __device__ void operator()(int n, int c, int i, int j) const {
        const int row = i - before, column = j - before;
        const bool inside = row >= 0 && row < dy.height && column >= 0 && column < dy.width;
        put(dx(n, c, i, j), inside ? to_float(dy(n, c, row, column)) : 0.f, accumulate);
    }
};

}  // namespace depix::cuda

namespace depix {

template <class Precision, int Before, int After>
struct kernels::Kernel<CudaWith<Precision>, Crop<Before, After>> {
    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output, cuda::CropForward<T>{a.input, a.output, Before});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data)
            cuda::elementwise(stream, a.input_gradient,
                              cuda::CropBackward<T>{a.output_gradient, a.input_gradient, Before, a.accumulate});
    }
};

}  // namespace depix
