// Optimizers on the device. The formulas are those of train/optimizer.hpp; values that change from step to step are in
// the device's memory, so that a step can be a graph.
#pragma once

#include <cmath>
#include <cstdint>

#include "depix/kernels/cuda/reduce.cuh"
#include "depix/kernels/cuda/step_state.cuh"
#include "depix/train/optimizer.hpp"

namespace depix::cuda {

inline constexpr int max_settings = 8;

/// An optimizer on the device. The host computes `numbers` for each step. `update` changes one weight and its values in
/// the optimizer's arrays, which are OptimizerState's, one after the other.
template <class Optimizer>
struct OnDevice {
    static_assert(sizeof(Optimizer) == 0, "depix: Cuda does not know this optimizer");
};

template <>
struct OnDevice<Adam> {
    static void numbers(const Adam& adam, std::int64_t step, float* numbers) {
        const auto t = static_cast<double>(step);
        numbers[0] = static_cast<float>(adam.learning_rate / (1 - std::pow(adam.beta1, t)));
        numbers[1] = static_cast<float>(std::sqrt(1 - std::pow(adam.beta2, t)));
        numbers[2] = static_cast<float>(adam.beta1);
        numbers[3] = static_cast<float>(1 - adam.beta1);
        numbers[4] = static_cast<float>(adam.beta2);
        numbers[5] = static_cast<float>(1 - adam.beta2);
        numbers[6] = static_cast<float>(adam.epsilon);
    }
    __device__ static void update(const float* numbers, float gradient, float& weight, float* array,
                                  std::size_t count) {
        float& m = array[0];
        float& v = array[count];
        m = numbers[2] * m + numbers[3] * gradient;
        v = numbers[4] * v + numbers[5] * gradient * gradient;
        weight -= numbers[0] * m / (sqrtf(v) / numbers[1] + numbers[6]);
    }
};

template <>
struct OnDevice<AdamW> {
    static void numbers(const AdamW& adamw, std::int64_t step, float* numbers) {
        OnDevice<Adam>::numbers(adamw.adam(), step, numbers);
        numbers[7] = static_cast<float>(1 - adamw.learning_rate * adamw.weight_decay);
    }
    __device__ static void update(const float* numbers, float gradient, float& weight, float* array,
                                  std::size_t count) {
        weight *= numbers[7];
        OnDevice<Adam>::update(numbers, gradient, weight, array, count);
    }
};

template <>
struct OnDevice<SGD> {
    static void numbers(const SGD& sgd, std::int64_t /*step*/, float* numbers) {
        numbers[0] = static_cast<float>(sgd.learning_rate);
        numbers[1] = static_cast<float>(sgd.momentum);
    }
    __device__ static void update(const float* numbers, float gradient, float& weight, float* array, std::size_t) {
        float& m = array[0];
        m = numbers[1] * m + gradient;
        weight -= numbers[0] * m;
    }
};

/// Copies the numbers of a step, which are passed as an argument, to where `optimizer_step` reads them. Runs on one
/// thread.
template <class Numbers>
__global__ void keep_numbers(Numbers numbers, float* place) {
    for (std::size_t i = 0; i < numbers.size(); ++i) place[i] = numbers[i];
}

/// average = decay average + (1 - decay) weights. Does nothing if the step is skipped.
template <class T>
__global__ void move_average(const T* weights, T* average, std::size_t count, T decay, const StepState* state) {
    if (!state->finite) return;
    const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
    for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step)
        average[i] = decay * average[i] + (T(1) - decay) * weights[i];
}

/// accumulated += share * gradients, which are those of the loss times its scale. Does nothing if the batch is skipped.
template <class T>
__global__ void accumulate_gradients(const T* gradients, T* accumulated, std::size_t count, T share,
                                     const StepState* state) {
    if (!state->finite) return;
    const float factor = share / state->scale;
    const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
    for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step)
        accumulated[i] += factor * gradients[i];
}

/// Clears the accumulated gradients after an update, also after one that was skipped because float16 gradients
/// overflowed. After a loss that is not finite they stay, because the host takes the batch back.
template <class T>
__global__ void clear_accumulated(T* accumulated, std::size_t count, const StepState* state) {
    if (!isfinite(state->losses[0] + state->losses[1])) return;
    const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
    for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step)
        accumulated[i] = 0;
}

inline constexpr unsigned norm_parts = 128;

/// parts[block] = the sum of g^2 over the block's share of the gradients, in double and in a fixed order.
template <class T>
__global__ void sum_squares(const T* gradients, std::size_t count, double* parts) {
    double sum = 0;
    const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
    for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step)
        sum += static_cast<double>(gradients[i]) * static_cast<double>(gradients[i]);
    const double total = block_sum(sum, shared_memory<double>());
    if (threadIdx.x == 0) parts[blockIdx.x] = total;
}

/// state->clip_factor = min(1, max_norm / (norm + 1e-6)). Runs on one thread. If `scaled`, the gradients are those of
/// the loss times its scale.
template <class Sum>
__global__ void find_clip_factor(const Sum* parts, double max_norm, bool scaled, StepState* state) {
    double sum = 0;
    for (unsigned part = 0; part < norm_parts; ++part) sum += parts[part];
    const double norm = sqrt(sum) / (scaled ? static_cast<double>(state->scale) : 1.0);
    const double factor = max_norm / (norm + 1e-6);
    state->clip_factor = factor >= 1 ? 1.f : static_cast<float>(factor);
}

/// One step of the optimizer for `count` weights. Does nothing if the step is skipped. If `scaled`, the gradients are
/// those of the loss times its scale.
template <class Optimizer>
__global__ void optimizer_step(const float* numbers, const float* gradients, float* weights, float* arrays,
                               std::size_t count, bool scaled, const StepState* state) {
    if (!state->finite) return;
    const float unscale = state->clip_factor / (scaled ? state->scale : 1.f);
    const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
    for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step)
        OnDevice<Optimizer>::update(numbers, gradients[i] * unscale, weights[i], arrays + i, count);
}

}  // namespace depix::cuda
