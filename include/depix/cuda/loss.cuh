// Losses of single elements, on the device.
#pragma once

#include "depix/kernels/cuda/reduce.cuh"
#include "depix/kernels/cuda/step_state.cuh"
#include "depix/train/loss.hpp"

namespace depix::cuda {

/// sum = the loss of y and t, both (N, C, H, W); factor * scale times its gradient is written to dy, or added to it. If
/// `t` has no data, every target is `label`.
template <class Loss, class S>
struct LossAndGradient {
    Loss loss;
    View<const S> y;
    View<const float> t;
    float label;
    View<S> dy;
    float factor;
    bool accumulate;
    const StepState* state;

    __device__ void operator()(int n, int c, int i, int j, float (&sum)[1]) const {
        const float prediction = to_float(y(n, c, i, j)), target = t.data ? t(n, c, i, j) : label;
        sum[0] += loss.value(prediction, target);
        put(dy(n, c, i, j), factor * state->scale * loss.gradient(prediction, target), accumulate);
    }
};
struct KeepChannelLoss {
    double* channel_losses;
    __device__ void operator()(int c, const double (&sum)[1]) const { channel_losses[c] = sum[0]; }
};

/// Sets *loss to weight times the mean, or adds that to it. state->finite becomes false if *loss is not finite. Runs on
/// one thread.
template <class Loss>
__global__ void add_up_loss(const double* channel_losses, int channels, double count, double weight, bool add,
                            double* loss, StepState* state) {
    double sum = 0;
    for (int c = 0; c < channels; ++c) sum += channel_losses[c];
    *loss = (add ? *loss : 0) + weight * (sum / count);
    state->finite = state->finite && isfinite(*loss);
}

/// Runs before the first loss of a step.
template <class Precision>
__global__ void begin_losses(StepState* state) {
    state->losses[0] = state->losses[1] = 0;
    state->finite = 1;
    state->clip_factor = 1;
    state->applied_scale = state->scale;
}

/// Floats of scratch that a loss of pictures of this shape needs.
constexpr std::size_t loss_scratch(int batch, Shape shape) {
    return reduce_scratch(batch, shape, 1) + 2 * static_cast<std::size_t>(shape.channels);
}

/// A loss to compute, and where its results are written: dy = weight / count times its gradient, and *loss =
/// loss_weight times its mean.
template <class S>
struct LossCall {
    View<const S> y;
    View<const float> t;  ///< if it has no data, the target is `label` everywhere
    View<S> dy;
    float label = 0;
    double weight = 1;
    double loss_weight = 1;
    bool accumulate = false;   ///< add to dy
    bool add_loss = false;     ///< add to *loss
    float* scratch = nullptr;  ///< loss_scratch floats, at a multiple of 8 bytes
    double* loss = nullptr;    ///< on the device
    StepState* state = nullptr;
};

template <ElementwiseLoss Loss, class S>
void run_loss(cudaStream_t stream, const Loss& loss, const LossCall<S>& a) {
    auto* const channel_losses = reinterpret_cast<double*>(a.scratch);
    const double count = static_cast<double>(a.y.batch) * static_cast<double>(a.y.shape().size());
    reduce_channels<1>(stream, a.y,
                       LossAndGradient<Loss, S>{loss, a.y, a.t, a.label, a.dy, static_cast<float>(a.weight / count),
                                                a.accumulate, a.state},
                       KeepChannelLoss{channel_losses}, a.scratch + 2 * a.y.channels);
    launch(stream, add_up_loss<Loss>, dim3(1), dim3(1), 0, static_cast<const double*>(channel_losses), a.y.channels,
           count, a.loss_weight, a.add_loss, a.loss, a.state);
}

}  // namespace depix::cuda
