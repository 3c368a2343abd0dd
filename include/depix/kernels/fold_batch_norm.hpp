// Folds a batch norm into the convolution that precedes it. All fast backends do this before they restore pictures.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "depix/kernels/dispatch.hpp"
#include "depix/layers/conv.hpp"

namespace depix {

/// For each output channel, the factor that the convolution's weights are multiplied by, and the bias after folding.
struct FoldedBatchNorm {
    std::vector<float> scale;
    std::vector<float> bias;
};

/// Batch norm is y = (x - mean) * s + shift with s = weight / sqrt(variance + epsilon). So the convolution's weights
/// become w * s, and its biases become (b - mean) * s + shift.
///
/// weight holds the convolution's weights, followed by its own biases if it has any. statistics holds the batch norm's
/// running mean and variance (2, Out); it is nullptr if there is no batch norm. norm holds the batch norm's weight and
/// bias (2, Out); it is nullptr if there are none (NoAffine).
inline FoldedBatchNorm fold_batch_norm(const ConvGeometry& geometry, const float* weight, const float* norm,
                                       const float* statistics, double epsilon) {
    const auto out = static_cast<std::size_t>(geometry.out_channels);
    const float* own_bias = weight + geometry.weight_count();
    FoldedBatchNorm folded{std::vector<float>(out, 1.f), std::vector<float>(out, 0.f)};
    if (geometry.bias) folded.bias.assign(own_bias, own_bias + out);
    for (std::size_t c = 0; statistics && c < out; ++c) {
        const double mean = static_cast<double>(statistics[c]), variance = static_cast<double>(statistics[out + c]);
        const double own_weight = norm ? static_cast<double>(norm[c]) : 1;
        const double shift = norm ? static_cast<double>(norm[out + c]) : 0;
        const double s = own_weight / std::sqrt(variance + epsilon);
        folded.scale[c] = static_cast<float>(s);
        folded.bias[c] = static_cast<float>((static_cast<double>(folded.bias[c]) - mean) * s + shift);
    }
    return folded;
}

/// The same for a factor of each channel: the weights become w * factor, and the biases b * factor.
inline FoldedBatchNorm fold_channel_scale(const ConvGeometry& geometry, const float* weight, const float* factors) {
    const auto out = static_cast<std::size_t>(geometry.out_channels);
    FoldedBatchNorm folded{std::vector<float>(factors, factors + out), std::vector<float>(out, 0.f)};
    for (std::size_t c = 0; geometry.bias && c < out; ++c)
        folded.bias[c] = weight[geometry.weight_count() + c] * factors[c];
    return folded;
}

/// The same for a step of a plan that begins with the convolution g; parameters and statistics are the model's.
template <Module Network>
FoldedBatchNorm fold_batch_norm(const PlanStep& step, const ConvGeometry& g, const float* parameters,
                                const float* statistics) {
    double epsilon = 0;
    const float* norm = nullptr;
    if (step.batch_norm && step.batch_norm.info->traits.role == Role::ChannelScale)
        return fold_channel_scale(g, parameters + step.layer.parameters, parameters + step.batch_norm.parameters);
    with_layer<Network>(step.batch_norm.info, [&]<class L>() {
        if constexpr (L::traits.role == Role::BatchNorm) {
            epsilon = L::epsilon;
            if (L::affine) norm = parameters + step.batch_norm.parameters;
        }
    });
    const float* running = step.batch_norm ? statistics + step.batch_norm.statistics : nullptr;
    return fold_batch_norm(g, parameters + step.layer.parameters, norm, running, epsilon);
}

/// The rectifier that was fused into a step, if it has one.
inline kernels::Rectifier find_rectifier(const PlanStep& step, const float* parameters) {
    if (!step.has_rectifier()) return {};
    const Traits& traits = step.activation.info->traits;
    return {traits.learned_slope ? parameters[step.activation.parameters] : traits.negative_slope};
}

}  // namespace depix
