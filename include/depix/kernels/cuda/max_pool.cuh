// Max pooling on the GPU.
#pragma once

#include "depix/kernels/cuda/elementwise.cuh"
#include "depix/layers/max_pool.hpp"

namespace depix::cuda {

/// Which of `count` windows of the pooling L along an axis contain this place. If the last is smaller than the first,
/// none does.
template <class L>
__device__ constexpr RowRange windows_around(int place, int count) {
    const int padded = place + L::before;
    const int first = padded < L::window ? 0 : (padded - L::window) / L::stride + 1, last = padded / L::stride;
    return {first, last < count ? last : count - 1};
}

/// y = the largest of each window of x; NaN is passed on, as in PyTorch. x is (N, C, H, W), y (N, C, H', W').
template <class T, class L>
struct MaxPoolForward {
    View<const T> x;
    View<T> y;

    __device__ void operator()(int n, int c, int i, int j) const {
        const RowRange rows = L::clip(i, x.height), columns = L::clip(j, x.width);
        float largest = to_float(x(n, c, rows.first, columns.first));
        for (int k = rows.first; k <= rows.last; ++k)
            for (int l = columns.first; l <= columns.last; ++l) {
                const float value = to_float(x(n, c, k, l));
                if (value > largest || value != value) largest = value;
            }
        y(n, c, i, j) = from_float<T>(largest);
    }
};

/// dx = the sum of dy over the windows whose gradient goes to this element, or dx += it if `accumulate`. A window's
/// gradient goes to its first element, in reading order, that equals the largest. If the largest is NaN, which equals
/// nothing, the gradient goes to the window's first element.
template <class T, class L>
struct MaxPoolBackward {
    View<const T> x;
    View<const T> y;
    View<const T> dy;
    View<T> dx;
    bool accumulate;

    /// Whether (i, j) is the element of window (p, q) that the gradient goes to.
    __device__ bool chosen(int n, int c, int p, int q, int i, int j) const {
        const RowRange rows = L::clip(p, x.height), columns = L::clip(q, x.width);
        const float largest = to_float(y(n, c, p, q));
        if (largest != largest) return i == rows.first && j == columns.first;
        if (to_float(x(n, c, i, j)) != largest) return false;
        for (int k = rows.first; k <= i; ++k)
            for (int l = columns.first; l <= columns.last && (k < i || l < j); ++l)
                if (to_float(x(n, c, k, l)) == largest) return false;
        return true;
    }
    __device__ void operator()(int n, int c, int i, int j) const {
        const RowRange rows = windows_around<L>(i, dy.height), columns = windows_around<L>(j, dy.width);
        float sum = 0;
        for (int p = rows.first; p <= rows.last; ++p)
            for (int q = columns.first; q <= columns.last; ++q)
                if (chosen(n, c, p, q, i, j)) sum += to_float(dy(n, c, p, q));
        put(dx(n, c, i, j), sum, accumulate);
    }
};

}  // namespace depix::cuda

namespace depix {

template <class Precision, int Window, class... Options>
struct kernels::Kernel<CudaWith<Precision>, MaxPool<Window, Options...>> {
    using L = MaxPool<Window, Options...>;

    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output, cuda::MaxPoolForward<T, L>{a.input, a.output});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data)
            cuda::elementwise(
                stream, a.input_gradient,
                cuda::MaxPoolBackward<T, L>{a.input, a.output, a.output_gradient, a.input_gradient, a.accumulate});
    }
};

}  // namespace depix
