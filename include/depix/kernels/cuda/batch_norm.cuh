// Batch normalisation on the GPU.
#pragma once

#include "depix/kernels/cuda/reduce.cuh"
#include "depix/layers/batch_norm.hpp"

namespace depix::cuda {

/// y = (x - mean) * inverse * weight + bias, for each channel. x and y are (N, C, H, W) and may be the same; all others
/// are (C). weight and bias may be nullptr, here and below, which means 1 and 0. If the running variance is given
/// instead of inverse, inverse = 1 / sqrt(variance + epsilon).
template <class T>
struct BatchNormForward {
    View<const T> x;
    const float* mean;
    const float* inverse;
    const float* variance;  // or nullptr
    float epsilon;
    const float* weight;
    const float* bias;
    View<T> y;

    __device__ void operator()(int n, int c, int i, int j) const {
        const float scale = variance ? 1.f / sqrtf(variance[c] + epsilon) : inverse[c];
        const float normalised = (to_float(x(n, c, i, j)) - mean[c]) * scale;
        y(n, c, i, j) = from_float<T>(weight ? normalised * weight[c] + bias[c] : normalised);
    }
};

/// sum = the sum of x; batch_mean = sum / count.
template <class T>
struct BatchNormMean {
    View<const T> x;
    __device__ void operator()(int n, int c, int i, int j, float (&sum)[1]) const { sum[0] += to_float(x(n, c, i, j)); }
};
struct BatchNormKeepMean {
    double count;
    float* batch_mean;
    __device__ void operator()(int c, const double (&sum)[1]) const {
        batch_mean[c] = static_cast<float>(sum[0] / count);
    }
};

/// The sum of (x - mean)^2, and what is computed from it: the inverse deviation and the running statistics. These move
/// towards those of the batch by `momentum`; the running variance moves towards the unbiased variance.
template <class T>
struct BatchNormVariance {
    View<const T> x;
    const float* batch_mean;
    __device__ void operator()(int n, int c, int i, int j, float (&sum)[1]) const {
        const float distance = to_float(x(n, c, i, j)) - batch_mean[c];
        sum[0] += distance * distance;
    }
};
struct BatchNormKeepVariance {
    double count;
    double epsilon;
    double momentum;
    const float* batch_mean;
    float* inverse;
    float* running_mean;
    float* running_var;

    __device__ void operator()(int c, const double (&sum)[1]) const {
        inverse[c] = static_cast<float>(1 / sqrt(sum[0] / count + epsilon));
        const double unbiased = sum[0] / (count > 1 ? count - 1 : 1);
        running_mean[c] = static_cast<float>((1 - momentum) * static_cast<double>(running_mean[c]) +
                                             momentum * static_cast<double>(batch_mean[c]));
        running_var[c] = static_cast<float>((1 - momentum) * static_cast<double>(running_var[c]) + momentum * unbiased);
    }
};

/// The sums of dy and of dy x^, with x^ = (x - mean) * inverse. They are stored in sums (2, C), and added to the
/// parameters' gradients if those are wanted.
template <class T>
struct BatchNormGradients {
    View<const T> x;
    View<const T> dy;
    const float* batch_mean;
    const float* inverse;
    __device__ void operator()(int n, int c, int i, int j, float (&sum)[2]) const {
        const float gradient = to_float(dy(n, c, i, j));
        sum[0] += gradient;
        sum[1] += gradient * (to_float(x(n, c, i, j)) - batch_mean[c]) * inverse[c];
    }
};
struct BatchNormKeepGradients {
    int channels;
    float* sums;
    float* d_weight;  // or nullptr
    float* d_bias;
    __device__ void operator()(int c, const double (&sum)[2]) const {
        sums[c] = static_cast<float>(sum[0]);
        sums[channels + c] = static_cast<float>(sum[1]);
        if (!d_weight) return;
        d_bias[c] += sums[c];
        d_weight[c] += sums[channels + c];
    }
};

/// dx = weight * inverse * (dy - sum(dy) / m - x^ * sum(dy x^) / m), with m pixels in a channel, or dx += it if
/// `accumulate`.
template <class T>
struct BatchNormBackward {
    View<const T> x;
    View<const T> dy;
    const float* weight;
    const float* batch_mean;
    const float* inverse;
    const float* sums;
    float count;
    View<T> dx;
    bool accumulate;

    __device__ void operator()(int n, int c, int i, int j) const {
        const float normalised = (to_float(x(n, c, i, j)) - batch_mean[c]) * inverse[c];
        const float gradient = to_float(dy(n, c, i, j)) - sums[c] / count - normalised * sums[x.channels + c] / count;
        put(dx(n, c, i, j), (weight ? weight[c] * inverse[c] : inverse[c]) * gradient, accumulate);
    }
};

}  // namespace depix::cuda

namespace depix {

template <class Precision, int C, class... Options>
struct kernels::Kernel<CudaWith<Precision>, BatchNorm<C, Options...>> {
    using L = BatchNorm<C, Options...>;

    /// Floats of scratch: the parts of two sums per channel, and the two sums themselves.
    static constexpr std::size_t scratch_size(int batch, Shape input) {
        return cuda::reduce_scratch(batch, input, 2) + 2 * static_cast<std::size_t>(C);
    }

    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        const float* mean = a.statistics;
        const float* variance = a.statistics + C;
        const float* inverse = nullptr;
        if (a.training()) {
            const double count = static_cast<double>(a.input.batch) * a.input.height * a.input.width;
            mean = a.saved;
            inverse = a.saved + C;
            variance = nullptr;
            cuda::reduce_channels<1>(stream, a.input, cuda::BatchNormMean<T>{a.input},
                                     cuda::BatchNormKeepMean{count, a.saved}, a.scratch);
            cuda::reduce_channels<1>(stream, a.input, cuda::BatchNormVariance<T>{a.input, a.saved},
                                     cuda::BatchNormKeepVariance{count, L::epsilon, L::momentum, a.saved, a.saved + C,
                                                                 a.new_statistics, a.new_statistics + C},
                                     a.scratch);
        }
        cuda::elementwise(stream, a.output,
                          cuda::BatchNormForward<T>{a.input, mean, inverse, variance, static_cast<float>(L::epsilon),
                                                    L::affine ? a.parameters : nullptr,
                                                    L::affine ? a.parameters + C : nullptr, a.output});
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        float* sums = a.scratch;
        float* d_weight = L::affine ? a.parameter_gradients : nullptr;
        cuda::reduce_channels<2>(
            stream, a.input, cuda::BatchNormGradients<T>{a.input, a.output_gradient, a.saved, a.saved + C},
            cuda::BatchNormKeepGradients{C, sums, d_weight, d_weight ? d_weight + C : nullptr}, a.scratch + 2 * C);
        if (!a.input_gradient.data) return;
        const float count =
            static_cast<float>(a.input.batch) * static_cast<float>(a.input.height) * static_cast<float>(a.input.width);
        cuda::elementwise(
            stream, a.input_gradient,
            cuda::BatchNormBackward<T>{a.input, a.output_gradient, L::affine ? a.parameters : nullptr, a.saved,
                                       a.saved + C, sums, count, a.input_gradient, a.accumulate});
    }
};

}  // namespace depix
