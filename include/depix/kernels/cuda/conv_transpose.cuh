// The transposed convolution on the GPU: a convolution's way back, and that's way back a convolution.
#pragma once

#include "depix/kernels/cuda/conv_forward.cuh"
#include "depix/kernels/cuda/conv_weight_gradient.cuh"

namespace depix {

template <class Precision, int In, int Out, int K, class... Options>
struct Kernel<CudaWith<Precision>, ConvTranspose<In, Out, K, Options...>> {
    using L = ConvTranspose<In, Out, K, Options...>;
    /// The convolution, from L's output to its input, whose way back L is; the weights are the same.
    static constexpr ConvGeometry geometry = cuda::swapped(L::geometry);

    /// Floats, for the backward pass: parts of the weights' gradients, and then of the biases'.
    static constexpr std::size_t scratch_size(int batch, Shape input) {
        const std::size_t weights =
            cuda::weight_gradient_scratch(geometry, static_cast<long long>(batch) * input.height * input.width);
        const std::size_t biases = L::bias ? cuda::reduce_scratch(batch, L::output(input), 1) : 0;
        return weights > biases ? weights : biases;
    }

    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        cuda::ConvEpilogue epilogue;
        if (L::bias) epilogue.bias = a.parameters + geometry.weight_count();
        cuda::convolve<Precision, L>(stream, a.input, a.parameters, epilogue, a.output);
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if (a.parameter_gradients) {
            // The convolution's input and its output's gradient are L's output's gradient and its input.
            cuda::add_weight_gradient<Precision, In>(stream, geometry, a.output_gradient, a.input,
                                                     a.parameter_gradients, a.scratch);
            if (L::bias)
                cuda::add_bias_gradient(stream, a.output_gradient, a.parameter_gradients + geometry.weight_count(),
                                        a.scratch);
        }
        if (a.input_gradient.data)
            cuda::convolve_back<Precision, L>(stream, a.output_gradient, a.parameters, a.input_gradient, a.accumulate);
    }
};

}  // namespace depix
