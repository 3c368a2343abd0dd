// The convolution on the GPU, and what it shares with the transposed one.
#pragma once

#include "depix/kernels/cuda/conv_forward.cuh"
#include "depix/kernels/cuda/conv_weight_gradient.cuh"

namespace depix::cuda {

/// A transposed convolution is the input gradient of a convolution that has the same weights and goes from L's output
/// to L's input. So the gradient of its weights is that convolution's, with x and dy exchanged.
template <class Precision, Layer L>
struct ConvLayerKernel {
    static constexpr bool transposed = L::traits.role == Role::TransposedConvolution;
    static constexpr ConvGeometry geometry = transposed ? swapped(L::geometry) : L::geometry;

    /// Floats of scratch for the backward pass: for parts of the weights' gradients, and later for those of the
    /// biases'.
    static constexpr std::size_t scratch_size(int batch, Shape input) {
        const Shape output = L::output(input), small = transposed ? input : output;
        std::size_t largest = L::bias ? reduce_scratch(batch, output, 1) : 0;
        if constexpr (geometry.plain()) {
            const std::size_t weights =
                weight_gradient_scratch(geometry, static_cast<long long>(batch) * small.height * small.width);
            if (weights > largest) largest = weights;
        }
        return largest;
    }

    template <class T>
    static void forward(const kernels::Forward<T, float>& a, cudaStream_t stream) {
        ConvEpilogue epilogue;
        if (L::bias) epilogue.bias = a.parameters + geometry.weight_count();
        convolve<Precision, L>(stream, a.input, a.parameters, epilogue, a.output);
    }
    template <class T>
    static void backward(const kernels::Backward<T, float>& a, cudaStream_t stream) {
        if (a.parameter_gradients) {
            const View<const T>& large = transposed ? a.output_gradient : a.input;
            const View<const T>& small = transposed ? a.input : a.output_gradient;
            if constexpr (geometry.plain())
                add_weight_gradient<Precision, geometry.out_channels>(stream, geometry, large, small,
                                                                      a.parameter_gradients, a.scratch);
            else
                add_grouped_weight_gradient(stream, geometry, large, small, a.parameter_gradients);
            if (L::bias)
                add_bias_gradient(stream, a.output_gradient, a.parameter_gradients + geometry.weight_count(),
                                  a.scratch);
        }
        if (a.input_gradient.data)
            convolve_back<Precision, L>(stream, a.output_gradient, a.parameters, a.input_gradient, a.accumulate);
    }
};

}  // namespace depix::cuda

namespace depix {

template <class Precision, int In, int Out, int K, class... Options>
struct kernels::Kernel<CudaWith<Precision>, Conv<In, Out, K, Options...>>
    : cuda::ConvLayerKernel<Precision, Conv<In, Out, K, Options...>> {};

}  // namespace depix
