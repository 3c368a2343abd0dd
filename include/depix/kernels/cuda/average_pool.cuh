// Average pooling on the GPU.
#pragma once

#include "depix/kernels/cuda/max_pool.cuh"
#include "depix/layers/average_pool.hpp"

namespace depix::cuda {

/// y = the mean of each window of x. x is (N, C, H, W), y (N, C, H', W').
template <class T, int Window, int Stride>
struct AveragePoolForward {
    View<const T> x;
    View<T> y;

    __device__ void operator()(int n, int c, int i, int j) const {
        float sum = 0;
        for (int k = 0; k < Window; ++k)
            for (int l = 0; l < Window; ++l) sum += to_float(x(n, c, i * Stride + k, j * Stride + l));
        y(n, c, i, j) = from_float<T>(sum / static_cast<float>(Window * Window));
    }
};

/// dx = the sum of dy over the windows that contain this element, divided by a window's area; or dx += it if
/// `accumulate`.
template <class T, int Window, int Stride>
struct AveragePoolBackward {
    View<const T> dy;
    View<T> dx;
    bool accumulate;

    __device__ void operator()(int n, int c, int i, int j) const {
        const RowRange rows = windows_around<Window, Stride>(i, dy.height);
        const RowRange columns = windows_around<Window, Stride>(j, dy.width);
        float sum = 0;
        for (int p = rows.first; p <= rows.last; ++p)
            for (int q = columns.first; q <= columns.last; ++q) sum += to_float(dy(n, c, p, q));
        put(dx(n, c, i, j), sum / static_cast<float>(Window * Window), accumulate);
    }
};

}  // namespace depix::cuda

namespace depix {

template <class Precision, int Window, class... Options>
struct kernels::Kernel<CudaWith<Precision>, AveragePool<Window, Options...>> {
    static constexpr int stride = AveragePool<Window, Options...>::stride;

    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output, cuda::AveragePoolForward<T, Window, stride>{a.input, a.output});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data)
            cuda::elementwise(
                stream, a.input_gradient,
                cuda::AveragePoolBackward<T, Window, stride>{a.output_gradient, a.input_gradient, a.accumulate});
    }
};

}  // namespace depix
