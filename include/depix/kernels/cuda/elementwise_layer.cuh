// The kernels of every layer that is one formula, on the GPU. Formulas are computed in float, whatever type the maps
// are stored in.
#pragma once

#include "depix/kernels/cuda/elementwise.cuh"
#include "depix/layers/elementwise.hpp"

namespace depix::cuda {

/// y = L::value(x). x and y are (N, C, H, W) and may be the same.
template <ElementwiseLayer L, class T>
struct ElementwiseForward {
    View<const T> x;
    View<T> y;

    __device__ void operator()(int n, int c, int i, int j) const {
        y(n, c, i, j) = from_float<T>(L::value(to_float(x(n, c, i, j))));
    }
};

/// dx = L::gradient(dy, x, y), or dx += it if `accumulate`. The formula gets 0 for x or y where the layer does not need
/// them.
template <ElementwiseLayer L, class T>
struct ElementwiseBackward {
    View<const T> x;
    View<const T> y;
    View<const T> dy;
    View<T> dx;
    bool accumulate;

    __device__ void operator()(int n, int c, int i, int j) const {
        float input = 0, output = 0;
        if constexpr (L::traits.needs_input) input = to_float(x(n, c, i, j));
        if constexpr (L::traits.needs_output) output = to_float(y(n, c, i, j));
        put(dx(n, c, i, j), L::gradient(to_float(dy(n, c, i, j)), input, output), accumulate);
    }
};

}  // namespace depix::cuda

// g++ 12 takes kernels::Kernel<..., L> outside of this namespace for another constrained specialisation.
namespace depix::kernels {

template <class Precision, ElementwiseLayer L>
struct Kernel<CudaWith<Precision>, L> {
    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::elementwise(stream, a.output, cuda::ElementwiseForward<L, T>{a.input, a.output});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.input_gradient.data)
            cuda::elementwise(
                stream, a.input_gradient,
                cuda::ElementwiseBackward<L, T>{a.input, a.output, a.output_gradient, a.input_gradient, a.accumulate});
    }
};

}  // namespace depix::kernels
