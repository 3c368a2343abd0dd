// Average pooling on the GPU.
#pragma once

#include "depix/kernels/cuda/max_pool.cuh"
#include "depix/layers/average_pool.hpp"

namespace depix::cuda {

/// y = the mean of each window of x. x is (N, C, H, W), y (N, C, H', W').
template <class T, class L>
struct AveragePoolForward {
    View<const T> x;
    View<T> y;

    __device__ void operator()(int n, int c, int i, int j) const {
        const RowRange rows = L::clip(i, x.height), columns = L::clip(j, x.width);
        float sum = 0;
        for (int k = rows.first; k <= rows.last; ++k)
            for (int l = columns.first; l <= columns.last; ++l) sum += to_float(x(n, c, k, l));
        y(n, c, i, j) =
            from_float<T>(sum / static_cast<float>(L::padded_rows(i, x.height) * L::padded_rows(j, x.width)));
    }
};

/// dx = the sum over the windows that contain this element of dy, divided by a window's area; or dx += it if
/// `accumulate`.
template <class T, class L>
struct AveragePoolBackward {
    View<const T> dy;
    View<T> dx;
    bool accumulate;

    __device__ void operator()(int n, int c, int i, int j) const {
        const RowRange rows = windows_around<L>(i, dy.height), columns = windows_around<L>(j, dy.width);
        float sum = 0;
        for (int p = rows.first; p <= rows.last; ++p)
            for (int q = columns.first; q <= columns.last; ++q)
                sum += to_float(dy(n, c, p, q)) /
                       static_cast<float>(L::padded_rows(p, dx.height) * L::padded_rows(q, dx.width));
        put(dx(n, c, i, j), sum, accumulate);
    }
};

}  // namespace depix::cuda

namespace depix {

template <class Precision, int Window, class... Options>
struct kernels::Kernel<CudaWith<Precision>, AveragePool<Window, Options...>> {
    using L = AveragePool<Window, Options...>;

    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output, cuda::AveragePoolForward<T, L>{a.input, a.output});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data)
            cuda::elementwise(stream, a.input_gradient,
                              cuda::AveragePoolBackward<T, L>{a.output_gradient, a.input_gradient, a.accumulate});
    }
};

}  // namespace depix
