// The mean over a whole channel on the GPU.
#pragma once

#include "depix/kernels/cuda/reduce.cuh"
#include "depix/layers/global_average_pool.hpp"

namespace depix::cuda {

/// y = the mean of each channel of x. x is (N, C, H, W), y (N, C, 1, 1). grid (N * C)
template <class T>
__global__ void global_average_pool(View<const T> x, View<T> y) {
    const int plane = static_cast<int>(blockIdx.x), area = x.height * x.width;
    const int n = plane / x.channels, c = plane % x.channels;
    float sum = 0;
    for (int pixel = static_cast<int>(threadIdx.x); pixel < area; pixel += static_cast<int>(blockDim.x))
        sum += to_float(x(n, c, pixel / x.width, pixel % x.width));
    sum = block_sum(sum, shared_memory<float>());
    if (threadIdx.x == 0) y(n, c, 0, 0) = from_float<T>(sum / static_cast<float>(area));
}

/// Every pixel gets an equal part of the gradient. It overwrites dx, or is added to it if `accumulate`.
template <class T>
struct GlobalAveragePoolBackward {
    View<const T> dy;
    View<T> dx;
    bool accumulate;

    __device__ void operator()(int n, int c, int i, int j) const {
        put(dx(n, c, i, j), to_float(dy(n, c, 0, 0)) / static_cast<float>(dx.height * dx.width), accumulate);
    }
};

}  // namespace depix::cuda

namespace depix {

template <class Precision>
struct kernels::Kernel<CudaWith<Precision>, GlobalAveragePool> {
    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        // The map that a network pools at its end mostly has few pixels, so one warp is enough.
        const unsigned threads = a.input.height * a.input.width < 1024 ? 32 : 256;
        cuda::launch(stream, cuda::global_average_pool<T>,
                     dim3(static_cast<unsigned>(a.input.batch * a.input.channels)), dim3(threads),
                     threads / 32 * sizeof(float), a.input, a.output);
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data)
            cuda::elementwise(stream, a.input_gradient,
                              cuda::GlobalAveragePoolBackward<T>{a.output_gradient, a.input_gradient, a.accumulate});
    }
};

}  // namespace depix
