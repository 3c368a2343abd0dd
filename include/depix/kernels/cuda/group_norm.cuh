// Normalisation of groups of channels on the GPU: one block for each group of each picture.
#pragma once

#include "depix/kernels/cuda/reduce.cuh"
#include "depix/layers/group_norm.hpp"

namespace depix::cuda {

inline constexpr int group_norm_threads = 256;

/// The sum of a block's values, for all of its threads. `shared` has room for one number per warp and one more.
__device__ inline float block_total(float value, float* shared) {
    const unsigned warps = (blockDim.x + 31) / 32;
    value = block_sum(value, shared);
    if (threadIdx.x == 0) shared[warps] = value;
    __syncthreads();
    return shared[warps];
}

/// Calls body(c, i, j) for the thread's share of a group's pixels.
template <class T, class Body>
__device__ void for_group(const View<T>& x, int groups, int group, const Body& body) {
    const int channels = x.channels / groups, area = x.height * x.width;
    for (int c = group * channels; c < (group + 1) * channels; ++c)
        for (int pixel = static_cast<int>(threadIdx.x); pixel < area; pixel += static_cast<int>(blockDim.x))
            body(c, pixel / x.width, pixel % x.width);
}

/// y = (x - mean) * inverse * weight + bias, inverse = 1 / sqrt(variance + epsilon). x and y are (N, C, H, W); weight
/// and bias are (C), or nullptr. saved is (N, groups, 2) and gets mean and inverse, unless it is nullptr. grid (N *
/// groups)
template <class T>
__global__ void group_norm_forward(View<const T> x, int groups, float epsilon, const float* weight, const float* bias,
                                   View<T> y, float* saved) {
    const int block = static_cast<int>(blockIdx.x), n = block / groups, g = block % groups;
    const float count = static_cast<float>(x.channels / groups) * static_cast<float>(x.height * x.width);
    float* shared = shared_memory<float>();
    float sum = 0, squares = 0;
    for_group(x, groups, g, [&](int c, int i, int j) { sum += to_float(x(n, c, i, j)); });
    const float mean = block_total(sum, shared) / count;
    for_group(x, groups, g, [&](int c, int i, int j) {
        const float distance = to_float(x(n, c, i, j)) - mean;
        squares += distance * distance;
    });
    const float inverse = 1.f / sqrtf(block_total(squares, shared) / count + epsilon);
    for_group(x, groups, g, [&](int c, int i, int j) {
        const float normalised = (to_float(x(n, c, i, j)) - mean) * inverse;
        y(n, c, i, j) = from_float<T>(weight ? normalised * weight[c] + bias[c] : normalised);
    });
    if (!saved || threadIdx.x > 0) return;
    saved[2 * block] = mean;
    saved[2 * block + 1] = inverse;
}

/// dx = inverse * (g - mean(g) - x^ * mean(g x^)), g = dy * weight, or dx += it if `accumulate`. weight is (C) or
/// nullptr, saved (N, groups, 2). grid (N * groups)
template <class T>
__global__ void group_norm_backward(View<const T> x, int groups, const float* weight, const float* saved,
                                    View<const T> dy, View<T> dx, bool accumulate) {
    const int block = static_cast<int>(blockIdx.x), n = block / groups, g = block % groups;
    const float count = static_cast<float>(x.channels / groups) * static_cast<float>(x.height * x.width);
    const float mean = saved[2 * block], inverse = saved[2 * block + 1];
    float* shared = shared_memory<float>();
    float sum = 0, product = 0;
    for_group(x, groups, g, [&](int c, int i, int j) {
        const float weighted = to_float(dy(n, c, i, j)) * (weight ? weight[c] : 1.f);
        sum += weighted;
        product += weighted * (to_float(x(n, c, i, j)) - mean) * inverse;
    });
    const float mean_gradient = block_total(sum, shared) / count;
    const float mean_product = block_total(product, shared) / count;
    for_group(x, groups, g, [&](int c, int i, int j) {
        const float normalised = (to_float(x(n, c, i, j)) - mean) * inverse;
        const float weighted = to_float(dy(n, c, i, j)) * (weight ? weight[c] : 1.f);
        put(dx(n, c, i, j), inverse * (weighted - mean_gradient - normalised * mean_product), accumulate);
    });
}

/// The sums of dy x^ and dy over the pixels of a channel, added to the parameters' gradients (2, C).
template <class T>
struct GroupNormGradients {
    View<const T> x;
    View<const T> dy;
    const float* saved;
    int groups;
    __device__ void operator()(int n, int c, int i, int j, float (&sum)[2]) const {
        const float* own = saved + 2 * (n * groups + c / (x.channels / groups));
        const float gradient = to_float(dy(n, c, i, j));
        sum[0] += gradient * (to_float(x(n, c, i, j)) - own[0]) * own[1];
        sum[1] += gradient;
    }
};
struct GroupNormAddGradients {
    int channels;
    float* gradients;
    __device__ void operator()(int c, const double (&sum)[2]) const {
        gradients[c] += static_cast<float>(sum[0]);
        gradients[channels + c] += static_cast<float>(sum[1]);
    }
};

}  // namespace depix::cuda

// g++ 12 takes kernels::Kernel<..., L> outside of this namespace for another constrained specialisation.
namespace depix::kernels {

template <class Precision, detail::GroupNormLayer L>
struct Kernel<CudaWith<Precision>, L> {
    static constexpr std::size_t scratch_size(int batch, Shape input) {
        return L::affine ? cuda::reduce_scratch(batch, input, 2) : 0;
    }

    template <class T>
    static void forward(const Forward<T, float>& a, cudaStream_t stream) {
        const float* weight = L::affine ? a.parameters : nullptr;
        const float* bias = L::affine ? a.parameters + L::in_channels : nullptr;
        cuda::launch(stream, cuda::group_norm_forward<T>, grid(a.input.batch), dim3(cuda::group_norm_threads), shared,
                     a.input, L::groups, static_cast<float>(L::epsilon), weight, bias, a.output, a.saved);
    }
    template <class T>
    static void backward(const Backward<T, float>& a, cudaStream_t stream) {
        if constexpr (L::affine)
            if (a.parameter_gradients)
                cuda::reduce_channels<2>(stream, a.input,
                                         cuda::GroupNormGradients<T>{a.input, a.output_gradient, a.saved, L::groups},
                                         cuda::GroupNormAddGradients{L::in_channels, a.parameter_gradients}, a.scratch);
        const float* weight = L::affine ? a.parameters : nullptr;
        if (a.input_gradient.data)
            cuda::launch(stream, cuda::group_norm_backward<T>, grid(a.input.batch), dim3(cuda::group_norm_threads),
                         shared, a.input, L::groups, weight, a.saved, a.output_gradient, a.input_gradient,
                         a.accumulate);
    }

  private:
    static constexpr std::size_t shared = (cuda::group_norm_threads / 32 + 1) * sizeof(float);
    static dim3 grid(int batch) { return dim3(static_cast<unsigned>(batch * L::groups)); }
};

}  // namespace depix::kernels
