// Dense layers on the GPU.
//
// Reading the weights from memory takes most of the time, so each weight is read once for up to eight pictures of a
// batch.
#pragma once

#include "depix/kernels/cuda/reduce.cuh"
#include "depix/layers/dense.hpp"

namespace depix::cuda {

/// Pictures that share a load of the weights.
inline constexpr int dense_images = 8;

/// Input k of picture n: x[n][c][i][j] with k = (c * Height + i) * Width + j.
template <class T, int Height, int Width>
__device__ T& dense_input(const View<T>& x, int n, int k) {
    return x(n, k / (Height * Width), k / Width % Height, k % Width);
}

/// y = weight * x + bias. x is (N, In, Height, Width), weight (Out, K) with K = In * Height * Width, bias (Out) or
/// nullptr, y (N, Out, 1, 1). grid (Out, N / dense_images), rounded up
template <class T, int Height, int Width>
__global__ void dense_forward(View<const T> x, const float* weight, const float* bias, View<T> y) {
    const int o = static_cast<int>(blockIdx.x), first = static_cast<int>(blockIdx.y) * dense_images;
    const int inputs = x.channels * Height * Width;
    const float* row = weight + static_cast<std::size_t>(o) * static_cast<std::size_t>(inputs);
    float sum[dense_images] = {};
    for (int k = static_cast<int>(threadIdx.x); k < inputs; k += static_cast<int>(blockDim.x)) {
        const float w = row[k];
        for (int p = 0; p < dense_images; ++p)
            if (first + p < x.batch) sum[p] += w * to_float(dense_input<const T, Height, Width>(x, first + p, k));
    }
    for (int p = 0; p < dense_images; ++p) {
        if (first + p >= x.batch) return;  // all threads return together
        const float total = block_sum(sum[p], shared_memory<float>());
        if (threadIdx.x == 0) y(first + p, o, 0, 0) = from_float<T>(bias ? total + bias[o] : total);
    }
}

/// d_weight[o][k] += sum over n of dy[n][o] * x[n][k]: element (0, o, 0, k) of d_weight (1, Out, 1, K).
template <class T, int Height, int Width>
struct DenseWeightGradient {
    View<const T> x;
    View<const T> dy;
    View<float> d_weight;

    __device__ void operator()(int, int o, int, int k) const {
        float sum = 0;
        for (int n = 0; n < dy.batch; ++n)
            sum += to_float(dy(n, o, 0, 0)) * to_float(dense_input<const T, Height, Width>(x, n, k));
        d_weight(0, o, 0, k) += sum;
    }
};

/// d_bias[o] += sum over n of dy[n][o]: element (0, 0, 0, o) of d_bias (1, 1, 1, Out).
template <class T>
struct DenseBiasGradient {
    View<const T> dy;
    View<float> d_bias;

    __device__ void operator()(int, int, int, int o) const {
        float sum = 0;
        for (int n = 0; n < dy.batch; ++n) sum += to_float(dy(n, o, 0, 0));
        d_bias(0, 0, 0, o) += sum;
    }
};

/// dx[n][k] = sum over o of dy[n][o] * weight[o][k], or dx += it if `accumulate`. There is one thread for each k.
/// grid (K / blockDim, N / dense_images), rounded up
template <class T, int Height, int Width>
__global__ void dense_input_gradient(View<const T> dy, const float* weight, View<T> dx, bool accumulate) {
    const int first = static_cast<int>(blockIdx.y) * dense_images, inputs = dx.channels * Height * Width;
    const int k = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (k >= inputs) return;
    float sum[dense_images] = {};
    for (int o = 0; o < dy.channels; ++o) {
        const float w =
            weight[static_cast<std::size_t>(o) * static_cast<std::size_t>(inputs) + static_cast<std::size_t>(k)];
        for (int p = 0; p < dense_images; ++p)
            if (first + p < dy.batch) sum[p] += to_float(dy(first + p, o, 0, 0)) * w;
    }
    for (int p = 0; p < dense_images; ++p)
        if (first + p < dy.batch) put(dense_input<T, Height, Width>(dx, first + p, k), sum[p], accumulate);
}

}  // namespace depix::cuda

namespace depix {

template <class Precision, int In, int Out, class... Options>
struct kernels::Kernel<CudaWith<Precision>, Dense<In, Out, Options...>> {
    using L = Dense<In, Out, Options...>;
    static constexpr int height = L::in_height, width = L::in_width;

    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        constexpr unsigned threads = L::inputs < 2048 ? 32 : 256;
        cuda::launch(stream, cuda::dense_forward<T, height, width>, dim3(Out, groups(a.output.batch)), dim3(threads),
                     threads / 32 * sizeof(float), a.input, a.parameters,
                     L::bias ? a.parameters + L::weight_count : nullptr, a.output);
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        const View<const T>& dy = a.output_gradient;
        if (a.parameter_gradients) {
            const View<float> d_weight(a.parameter_gradients, 1, {Out, 1, L::inputs});
            cuda::elementwise(stream, d_weight, cuda::DenseWeightGradient<T, height, width>{a.input, dy, d_weight});
            const View<float> d_bias(a.parameter_gradients + L::weight_count, 1, {1, 1, Out});
            if constexpr (L::bias) cuda::elementwise(stream, d_bias, cuda::DenseBiasGradient<T>{dy, d_bias});
        }
        if (!a.input_gradient.data) return;
        constexpr unsigned threads = 128;
        cuda::launch(stream, cuda::dense_input_gradient<T, height, width>,
                     dim3((L::inputs + threads - 1) / threads, groups(dy.batch)), dim3(threads), 0, dy, a.parameters,
                     a.input_gradient, a.accumulate);
    }

  private:
    static constexpr unsigned groups(int batch) {
        return static_cast<unsigned>((batch + cuda::dense_images - 1) / cuda::dense_images);
    }
};

}  // namespace depix
