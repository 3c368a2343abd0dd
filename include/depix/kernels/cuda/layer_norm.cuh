// Normalisation of the channels of each pixel, on the GPU: one thread for each pixel.
#pragma once

#include "depix/kernels/cuda/reduce.cuh"
#include "depix/layers/layer_norm.hpp"

namespace depix::cuda {

/// y = (x - mean) * inverse * weight + bias for each pixel, inverse = 1 / sqrt(variance + epsilon). x and y are
/// (N, C, H, W), weight and bias (C). saved is (2, N, H, W) and gets mean and inverse, unless it is nullptr. It is
/// called for channel 0.
template <class T>
struct LayerNormForward {
    View<const T> x;
    float epsilon;
    const float* weight;
    const float* bias;
    View<T> y;
    float* saved;

    __device__ void operator()(int n, int, int i, int j) const {
        const float count = static_cast<float>(x.channels);
        float sum = 0, squares = 0;
        for (int c = 0; c < x.channels; ++c) sum += to_float(x(n, c, i, j));
        const float mean = sum / count;
        for (int c = 0; c < x.channels; ++c) {
            const float distance = to_float(x(n, c, i, j)) - mean;
            squares += distance * distance;
        }
        const float inverse = 1.f / sqrtf(squares / count + epsilon);
        for (int c = 0; c < x.channels; ++c)
            y(n, c, i, j) = from_float<T>((to_float(x(n, c, i, j)) - mean) * inverse * weight[c] + bias[c]);
        if (!saved) return;
        const View<float> means(saved, x.batch, {1, x.height, x.width});
        means(n, 0, i, j) = mean;
        means(x.batch + n, 0, i, j) = inverse;
    }
};

/// The sums of dy x^ and dy over the pixels of a channel, added to the parameters' gradients (2, C).
template <class T>
struct LayerNormGradients {
    View<const T> x;
    View<const T> dy;
    View<const float> saved;  ///< (2 N, 1, H, W)
    __device__ void operator()(int n, int c, int i, int j, float (&sum)[2]) const {
        const float gradient = to_float(dy(n, c, i, j));
        sum[0] += gradient * (to_float(x(n, c, i, j)) - saved(n, 0, i, j)) * saved(x.batch + n, 0, i, j);
        sum[1] += gradient;
    }
};
struct LayerNormAddGradients {
    int channels;
    float* gradients;
    __device__ void operator()(int c, const double (&sum)[2]) const {
        gradients[c] += static_cast<float>(sum[0]);
        gradients[channels + c] += static_cast<float>(sum[1]);
    }
};

/// dx = inverse * (g - mean(g) - x^ * mean(g x^)), g = dy * weight, or dx += it if `accumulate`; called for channel 0.
template <class T>
struct LayerNormBackward {
    View<const T> x;
    View<const T> dy;
    const float* weight;
    View<const float> saved;  ///< (2 N, 1, H, W)
    View<T> dx;
    bool accumulate;

    __device__ void operator()(int n, int, int i, int j) const {
        const float mean = saved(n, 0, i, j), inverse = saved(x.batch + n, 0, i, j);
        const float share = 1.f / static_cast<float>(x.channels);
        float sum = 0, product = 0;
        for (int c = 0; c < x.channels; ++c) {
            const float weighted = to_float(dy(n, c, i, j)) * weight[c];
            sum += weighted;
            product += weighted * (to_float(x(n, c, i, j)) - mean) * inverse;
        }
        for (int c = 0; c < x.channels; ++c) {
            const float normalised = (to_float(x(n, c, i, j)) - mean) * inverse;
            const float weighted = to_float(dy(n, c, i, j)) * weight[c];
            put(dx(n, c, i, j), inverse * (weighted - sum * share - normalised * product * share), accumulate);
        }
    }
};

}  // namespace depix::cuda

namespace depix {

template <class Precision, int C, class... Options>
struct kernels::Kernel<CudaWith<Precision>, LayerNorm2d<C, Options...>> {
    static constexpr std::size_t scratch_size(int batch, Shape input) { return cuda::reduce_scratch(batch, input, 2); }

    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        constexpr float epsilon = static_cast<float>(LayerNorm2d<C, Options...>::epsilon);
        cuda::elementwise(
            stream, a.output.slice(0, 1),
            cuda::LayerNormForward<T>{a.input, epsilon, a.parameters, a.parameters + C, a.output, a.saved});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        const View<const float> saved(a.saved, 2 * a.input.batch, {1, a.input.height, a.input.width});
        if (a.parameter_gradients)
            cuda::reduce_channels<2>(stream, a.input, cuda::LayerNormGradients<T>{a.input, a.output_gradient, saved},
                                     cuda::LayerNormAddGradients{C, a.parameter_gradients}, a.scratch);
        if (a.input_gradient.data)
            cuda::elementwise(stream, a.input_gradient.slice(0, 1),
                              cuda::LayerNormBackward<T>{a.input, a.output_gradient, a.parameters, saved,
                                                         a.input_gradient, a.accumulate});
    }
};

}  // namespace depix
