// How the weights of a convolution become 8-bit integers. quantize() stores them; training with rounded weights
// (train/quantization_aware.hpp) takes the numbers that they stand for.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "depix/kernels/fold_batch_norm.hpp"
#include "depix/model.hpp"
#include "depix/quantize/calibration.hpp"
#include "depix/quantize/steps.hpp"

namespace depix::detail {

/// The weights of one convolution of integer_plan<Network>, (Out, In, KH, KW) or, if it is transposed, (In, Out, KH,
/// KW). Each output channel has a scale of its own:
///
///     integer = round(weight * folded.scale / scale), in -127..127
///
/// where folded.scale is the factor of the batch norm after the convolution.
class WeightCoding {
  public:
    /// `parameters` and `statistics` are the model's; `input_scale` is that of the map that the convolution reads.
    template <Module Network>
    static WeightCoding of(const Model<Network>& model, int index, const integers::Step& step, float input_scale) {
        const PlanStep& from = integer_plan<Network>.step(index);
        const float *parameters = model.parameters().data(), *statistics = model.statistics().data();
        return {step, parameters + from.layer.parameters,
                fold_batch_norm<Network>(from, step.geometry, parameters, statistics), input_scale};
    }

    std::size_t size() const { return geometry_.weight_count(); }
    /// The output channel of weight number i.
    std::size_t channel(std::size_t i) const {
        const auto inputs = static_cast<std::size_t>(geometry_.group_in()), row = i / taps_;
        if (!transposed_) return row / inputs;
        const auto outputs = static_cast<std::size_t>(geometry_.group_out());
        return row / outputs / inputs * outputs + row % outputs;
    }
    /// Weight number i with its batch norm.
    double folded_weight(std::size_t i) const {
        return static_cast<double>(weight_[i]) * static_cast<double>(folded.scale[channel(i)]);
    }
    std::int8_t integer(std::size_t i) const {
        const double unit = static_cast<double>(scale[channel(i)]);
        return static_cast<std::int8_t>(std::clamp(std::round(folded_weight(i) / unit), -127.0, 127.0));
    }
    /// What the integer stands for, without the batch norm.
    float rounded_weight(std::size_t i) const {
        const std::size_t o = channel(i);
        const double factor = static_cast<double>(folded.scale[o]);
        if (factor == 0) return weight_[i];  // the output is the same for any weight
        return static_cast<float>(integer(i) * static_cast<double>(scale[o]) / factor);
    }
    /// The bias with its batch norm, in units of the sums: input scale * weight scale.
    std::int32_t integer_bias(std::size_t o) const {
        return static_cast<std::int32_t>(
            std::lround(static_cast<double>(folded.bias[o]) / (input_scale_ * static_cast<double>(scale[o]))));
    }

    FoldedBatchNorm folded;
    std::vector<float> scale;  ///< of each output channel

  private:
    WeightCoding(const integers::Step& step, const float* weight, FoldedBatchNorm norm, float input_scale)
        : folded(std::move(norm)),
          geometry_(step.geometry),
          weight_(weight),
          input_scale_(static_cast<double>(input_scale)),
          transposed_(step.operation == integers::Operation::TransposedConvolution),
          taps_(static_cast<std::size_t>(step.geometry.taps())) {
        std::vector<double> largest(folded.scale.size());
        for (std::size_t i = 0; i < size(); ++i)
            largest[channel(i)] = (std::max)(largest[channel(i)], std::abs(folded_weight(i)));
        for (std::size_t o = 0; o < largest.size(); ++o)
            scale.push_back(static_cast<float>(
                integers::weight_scale(largest[o], static_cast<double>(folded.bias[o]), input_scale_)));
    }

    ConvGeometry geometry_;
    const float* weight_;
    double input_scale_;
    bool transposed_;
    std::size_t taps_;
};

/// Fills in the weights, biases and slopes of a convolution. Returns the decibels of signal to rounding error of the
/// weights.
template <Module Network>
double quantize_weights(const Model<Network>& model, int index, const StepInfo& info, const integers::Encoding& input,
                        integers::Step& step) {
    const WeightCoding coding = WeightCoding::of(model, index, step, input.scale);
    step.weight_scale = coding.scale;
    step.bias.clear();
    step.weight.clear();
    for (std::size_t o = 0; o < coding.scale.size(); ++o) step.bias.push_back(coding.integer_bias(o));
    CodingError all;
    for (std::size_t i = 0; i < coding.size(); ++i) {
        step.weight.push_back(coding.integer(i));
        const double exact = coding.folded_weight(i);
        const double error = exact - step.weight[i] * static_cast<double>(coding.scale[coding.channel(i)]);
        all.signal += exact * exact;
        all.error += error * error;
    }
    if (info.rectifier) {
        const PlanLayer& rectifier = integer_plan<Network>.step(index).activation;
        const Traits& traits = rectifier.info->traits;
        const float* learned = model.parameters().data() + rectifier.parameters;
        step.slope = traits.learned_slope ? std::vector<float>(learned, learned + rectifier.info->parameter_count)
                                          : std::vector<float>{traits.negative_slope};
    }
    return all.decibels();
}

}  // namespace depix::detail
