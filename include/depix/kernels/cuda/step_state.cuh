// The state of a training step, which is kept on the device: its losses, whether all numbers are finite, and the loss's
// scale. So the device can leave out a step without asking the host.
#pragma once

#include <cmath>
#include <type_traits>

#include "depix/kernels/cuda/precision.cuh"
#include "depix/kernels/cuda/runtime.cuh"

namespace depix::cuda {

/// Losses are multiplied by `scale` before the backward pass, and gradients are divided by it afterwards, because in
/// float16 gradients below 2^-24 would be lost. As in torch.cuda.amp.GradScaler, a step with a gradient that is not
/// finite is left out and halves the scale, and `steps_to_grow` steps without such a gradient double it.
struct StepState {
    double losses[2] = {};  ///< a trainer computes at most two for a network
    float scale = 1;
    float applied_scale = 1;  ///< the scale of the last step's gradients
    float clip_factor = 1;    ///< what the gradients of an update are multiplied by
    int finite = 1;           ///< 1: the losses are finite, and if they are scaled, so are the gradients
    int good_steps = 0;       ///< since the scale last changed
    int skipped = 0;          ///< steps that were left out
};

/// PyTorch's values.
inline constexpr float first_scale = 65536.f;
inline constexpr int steps_to_grow = 2000;

/// Whether losses are scaled. Only float16 needs this, because its exponents are too short for gradients.
template <class Precision>
inline constexpr bool scales_loss = std::is_same_v<Precision, precision::Float16>;

template <class Precision>
StepState start_state() {
    StepState state;
    if (scales_loss<Precision>) state.scale = first_scale;
    return state;
}

/// state->finite = 0 if one of the `count` gradients is not finite. All threads that write it write the same value.
template <class T>
__global__ void find_bad_gradients(const T* gradients, std::size_t count, StepState* state) {
    const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
    for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step)
        if (!isfinite(gradients[i])) state->finite = 0;
}

/// Sets the scale of the next step. Runs in one thread.
template <class Precision>
__global__ void adapt_scale(StepState* state) {
    if (state->finite) {
        if (++state->good_steps < steps_to_grow) return;
        state->scale *= 2;
    } else {
        ++state->skipped;
        state->scale /= 2;
    }
    state->good_steps = 0;
}

/// to = from, unless the step is left out.
template <class T>
__global__ void keep_if_finite(const T* from, T* to, std::size_t count, const StepState* state) {
    if (!state->finite) return;
    const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
    for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step)
        to[i] = from[i];
}

/// A grid for `count` numbers, with 256 threads per block and at most 1024 blocks.
inline dim3 grid_for(std::size_t count) {
    const std::size_t blocks = (count + 255) / 256;
    return dim3(static_cast<unsigned>(blocks < 1024 ? blocks : 1024));
}

}  // namespace depix::cuda
