// A batch norm becomes part of the convolution in front of it: what all fast backends do before they restore pictures.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "depix/kernels/dispatch.hpp"
#include "depix/layers/conv.hpp"

namespace depix {

/// What a convolution's weights are multiplied by, for each output channel, and its biases afterwards.
struct FoldedBatchNorm {
    std::vector<float> scale;
    std::vector<float> bias;
};

/// Batch norm is y = (x - mean) * s + shift with s = weight / sqrt(variance + epsilon): the convolution's weights
/// become w * s and its biases (b - mean) * s + shift.
///
/// weight: the convolution's, its own biases after them if it has any. norm: the batch norm's weight and bias (2,
/// Out), statistics: its running mean and variance (2, Out); norm == nullptr: there is none.
inline FoldedBatchNorm fold_batch_norm(const ConvGeometry& geometry, const float* weight, const float* norm,
                                       const float* statistics, double epsilon) {
    const auto out = static_cast<std::size_t>(geometry.out_channels);
    const float* own_bias = weight + geometry.weight_count();
    FoldedBatchNorm folded{std::vector<float>(out, 1.f), std::vector<float>(out, 0.f)};
    if (geometry.bias) folded.bias.assign(own_bias, own_bias + out);
    for (std::size_t c = 0; norm && c < out; ++c) {
        const double mean = static_cast<double>(statistics[c]), variance = static_cast<double>(statistics[out + c]);
        const double s = static_cast<double>(norm[c]) / std::sqrt(variance + epsilon);
        folded.scale[c] = static_cast<float>(s);
        folded.bias[c] =
            static_cast<float>((static_cast<double>(folded.bias[c]) - mean) * s + static_cast<double>(norm[out + c]));
    }
    return folded;
}

/// The same for a step of a plan that begins with the convolution g; parameters and statistics are the model's.
template <Module Network>
FoldedBatchNorm fold_batch_norm(const PlanStep& step, const ConvGeometry& g, const float* parameters,
                                const float* statistics) {
    double epsilon = 0;
    with_layer<Network>(step.batch_norm.info, [&]<class L>() {
        if constexpr (L::traits.role == Role::BatchNorm) epsilon = L::epsilon;
    });
    const float* norm = step.batch_norm ? parameters + step.batch_norm.parameters : nullptr;
    return fold_batch_norm(g, parameters + step.layer.parameters, norm, statistics + step.batch_norm.statistics,
                           epsilon);
}

/// The rectifier that was fused into a step, if it has one.
inline kernels::Rectifier find_rectifier(const PlanStep& step, const float* parameters) {
    if (!step.has_rectifier()) return {};
    const Traits& traits = step.activation.info->traits;
    return {traits.learned_slope ? parameters[step.activation.parameters] : traits.negative_slope};
}

}  // namespace depix
