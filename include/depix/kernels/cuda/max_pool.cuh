// Max pooling on the GPU.
#pragma once

#include "depix/kernels/cuda/elementwise.cuh"
#include "depix/layers/max_pool.hpp"

namespace depix::cuda {

/// Which of `count` windows along an axis contain this place. If the last is smaller than the first, none does.
template <int Window, int Stride>
__device__ constexpr RowRange windows_around(int place, int count) {
    const int first = place < Window ? 0 : (place - Window) / Stride + 1, last = place / Stride;
    return {first, last < count ? last : count - 1};
}

/// y = the largest of each window of x; NaN is passed on, as in PyTorch. x is (N, C, H, W), y (N, C, H', W').
template <class T, int Window, int Stride>
struct MaxPoolForward {
    View<const T> x;
    View<T> y;

    __device__ void operator()(int n, int c, int i, int j) const {
        float largest = to_float(x(n, c, i * Stride, j * Stride));
        for (int k = 0; k < Window; ++k)
            for (int l = 0; l < Window; ++l) {
                const float value = to_float(x(n, c, i * Stride + k, j * Stride + l));
                if (value > largest || value != value) largest = value;
            }
        y(n, c, i, j) = from_float<T>(largest);
    }
};

/// dx = the sum of dy over the windows whose gradient goes to this element, or dx += it if `accumulate`. A window's
/// gradient goes to its first element, in reading order, that equals the largest. If the largest is NaN, which equals
/// nothing, the gradient goes to the window's first element.
template <class T, int Window, int Stride>
struct MaxPoolBackward {
    View<const T> x;
    View<const T> y;
    View<const T> dy;
    View<T> dx;
    bool accumulate;

    /// Whether (k, l) is the element of window (p, q) that the gradient goes to.
    __device__ bool chosen(int n, int c, int p, int q, int k, int l) const {
        const float largest = to_float(y(n, c, p, q));
        const auto equals = [&](int row, int column) {
            return to_float(x(n, c, p * Stride + row, q * Stride + column)) == largest;
        };
        const int place = k * Window + l;
        if (place == 0 && largest != largest) return true;
        if (!equals(k, l)) return false;
        for (int earlier = 0; earlier < place; ++earlier)
            if (equals(earlier / Window, earlier % Window)) return false;
        return true;
    }
    __device__ void operator()(int n, int c, int i, int j) const {
        const RowRange rows = windows_around<Window, Stride>(i, dy.height);
        const RowRange columns = windows_around<Window, Stride>(j, dy.width);
        float sum = 0;
        for (int p = rows.first; p <= rows.last; ++p)
            for (int q = columns.first; q <= columns.last; ++q)
                if (chosen(n, c, p, q, i - p * Stride, j - q * Stride)) sum += to_float(dy(n, c, p, q));
        put(dx(n, c, i, j), sum, accumulate);
    }
};

}  // namespace depix::cuda

namespace depix {

template <class Precision, int Window, class... Options>
struct kernels::Kernel<CudaWith<Precision>, MaxPool<Window, Options...>> {
    static constexpr int stride = MaxPool<Window, Options...>::stride;

    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output, cuda::MaxPoolForward<T, Window, stride>{a.input, a.output});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data)
            cuda::elementwise(stream, a.input_gradient,
                              cuda::MaxPoolBackward<T, Window, stride>{a.input, a.output, a.output_gradient,
                                                                       a.input_gradient, a.accumulate});
    }
};

}  // namespace depix
