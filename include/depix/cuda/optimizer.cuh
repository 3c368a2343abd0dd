// Optimizers on the device. The formulas are those of train/optimizer.hpp; values that change from step to step are in
// the device's memory, so that a step can be a graph.
#pragma once

#include <cmath>
#include <cstdint>

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

/// average = decay average + (1 - decay) weights.
template <class T>
__global__ void move_average(const T* weights, T* average, std::size_t count, T decay) {
    const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
    for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step)
        average[i] = decay * average[i] + (T(1) - decay) * weights[i];
}

/// One step of the optimizer for `count` weights. Does nothing if the step is skipped.
template <class Optimizer>
__global__ void optimizer_step(const float* numbers, const float* gradients, float* weights, float* arrays,
                               std::size_t count, const StepState* state) {
    if (!state->finite) return;
    const float unscale = 1.f / state->scale;
    const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
    for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step)
        OnDevice<Optimizer>::update(numbers, gradients[i] * unscale, weights[i], arrays + i, count);
}

}  // namespace depix::cuda
