// Enlargement by weighted sums of 2 x 2 or 4 x 4 pixels, on the GPU.
#pragma once

#include "depix/kernels/cuda/elementwise.cuh"
#include "depix/layers/upsample.hpp"

namespace depix::cuda {

/// y = the weighted sums of x. x is (N, C, H, W), y (N, C, H * Factor, W * Factor).
template <class T, class L>
struct InterpolateForward {
    View<const T> x;
    View<T> y;

    __device__ void operator()(int n, int c, int i, int j) const {
        using interpolation = typename L::interpolation;
        const auto rows = interpolation::template taps_of<float>(i, x.height);
        const auto columns = interpolation::template taps_of<float>(j, x.width);
        float sum = 0;
        for (int k = 0; k < interpolation::taps; ++k) {
            float row = 0;
            for (int l = 0; l < interpolation::taps; ++l)
                row += columns.weight[l] * to_float(x(n, c, interpolation::inside(rows.first + k, x.height),
                                                      interpolation::inside(columns.first + l, x.width)));
            sum += rows.weight[k] * row;
        }
        y(n, c, i, j) = from_float<T>(sum);
    }
};

/// dx = the weighted sums of dy over the pixels that were computed from this one, or dx += it if `accumulate`.
template <class T, class L>
struct InterpolateBackward {
    View<const T> dy;
    View<T> dx;
    bool accumulate;

    __device__ void operator()(int n, int c, int r, int s) const {
        using interpolation = typename L::interpolation;
        const RowRange rows = interpolation::reached(r, dx.height), columns = interpolation::reached(s, dx.width);
        float sum = 0;
        for (int i = rows.first; i <= rows.last; ++i) {
            const float weight = interpolation::template weight_of<float>(i, r, dx.height);
            if (weight == 0) continue;
            for (int j = columns.first; j <= columns.last; ++j)
                sum += weight * interpolation::template weight_of<float>(j, s, dx.width) * to_float(dy(n, c, i, j));
        }
        put(dx(n, c, r, s), sum, accumulate);
    }
};

}  // namespace depix::cuda

// g++ 12 takes kernels::Kernel<..., L> outside of this namespace for another constrained specialisation.
namespace depix::kernels {

template <class Precision, detail::InterpolationLayer L>
struct Kernel<CudaWith<Precision>, L> {
    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output, cuda::InterpolateForward<T, L>{a.input, a.output});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data)
            cuda::elementwise(stream, a.input_gradient,
                              cuda::InterpolateBackward<T, L>{a.output_gradient, a.input_gradient, a.accumulate});
    }
};

}  // namespace depix::kernels
