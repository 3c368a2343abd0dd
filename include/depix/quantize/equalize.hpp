// equalize: makes the channels of a map equally large, so that they share its encoding better.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "depix/kernels/fold_batch_norm.hpp"
#include "depix/model.hpp"
#include "depix/quantize/steps.hpp"

namespace depix {

namespace detail {

/// The convolutions (as numbers of steps) between which a factor of each channel can be moved: nothing but batch norm,
/// a rectifier and pooling lies between them, and nothing else reads what lies between.
template <Module Network>
std::vector<std::pair<int, int>> equalizable_pairs(const DescribedSteps& described) {
    constexpr auto& plan = integer_plan<Network>;
    std::vector<std::pair<int, int>> pairs;
    const auto& steps = described.steps;
    for (int i = 0; i < plan.step_count; ++i) {
        const integers::Step& first = steps[static_cast<std::size_t>(i)];
        const PlanLayer& norm = plan.step(i).batch_norm;
        if (!first.is_convolution() || described.infos[static_cast<std::size_t>(i)].formula) continue;
        if (norm && norm.info->parameter_count == 0) continue;  // nothing to scale
        for (int tensor = first.output; tensor >= 0 && plan.tensor(tensor).consumers == 1 && tensor != plan.output;) {
            int next = 0;
            while (next < plan.step_count && plan.step(next).input != tensor && plan.step(next).other != tensor) ++next;
            if (next == plan.step_count) break;
            const integers::Step& second = steps[static_cast<std::size_t>(next)];
            const bool moves = second.operation == integers::Operation::MaxPool ||
                               second.operation == integers::Operation::Copy ||
                               second.operation == integers::Operation::Upsample;
            if (second.is_convolution() && second.geometry.groups == 1) pairs.emplace_back(i, next);
            tensor = moves ? second.output : -1;
        }
    }
    return pairs;
}

}  // namespace detail

/// Divides each channel that a convolution gives by a factor, and multiplies the weights that read it by the same
/// factor, so that both have equally large weights: factor = sqrt(largest weight that gives / largest weight that
/// reads). The network computes the same up to rounding, because batch norm and rectifiers pass a positive factor on.
/// Cross-layer equalisation: Nagel et al. 2019, "Data-Free Quantization Through Weight Equalization and Bias
/// Correction".
///
///     equalize(model);                                     // before quantize; it helps where channels differ a lot
///
/// Chains are equalised `rounds` times. Channels whose weights are all 0 are left alone.
template <Module Network>
void equalize(Model<Network>& model, int rounds = 10) {
    constexpr auto& plan = integer_plan<Network>;
    const detail::DescribedSteps described = detail::describe_steps<Network>();
    const auto pairs = detail::equalizable_pairs<Network>(described);
    float* parameters = model.parameters().data();
    // Calls body(weight, output channel, input channel of the group) for the weights of a convolution.
    const auto for_weights = [&](int index, auto&& body) {
        const integers::Step& step = described.steps[static_cast<std::size_t>(index)];
        const ConvGeometry& g = step.geometry;
        const bool transposed = step.operation == integers::Operation::TransposedConvolution;
        const auto taps = static_cast<std::size_t>(g.taps());
        const auto width = static_cast<std::size_t>(transposed ? g.group_out() : g.group_in());
        float* weight = parameters + plan.step(index).layer.parameters;
        for (std::size_t i = 0; i < g.weight_count(); ++i) {
            const std::size_t row = i / taps / width, column = i / taps % width;
            const std::size_t group = row / static_cast<std::size_t>(g.group_in());
            transposed ? body(weight[i], group * width + column, row) : body(weight[i], row, column);
        }
    };
    for (int round = 0; round < rounds; ++round)
        for (const auto& [first, second] : pairs) {
            const PlanStep& step = plan.step(first);
            const ConvGeometry& g = described.steps[static_cast<std::size_t>(first)].geometry;
            const auto channels = static_cast<std::size_t>(g.out_channels);
            const FoldedBatchNorm folded = fold_batch_norm<Network>(step, g, parameters, model.statistics().data());
            std::vector<float> gives(channels), reads(channels), factor(channels, 1.f);
            for_weights(first, [&](float w, std::size_t o, std::size_t) {
                gives[o] = (std::max)(gives[o], std::abs(w * folded.scale[o]));
            });
            for_weights(second,
                        [&](float w, std::size_t, std::size_t c) { reads[c] = (std::max)(reads[c], std::abs(w)); });
            for (std::size_t c = 0; c < channels; ++c)
                if (gives[c] > 0 && reads[c] > 0) factor[c] = std::sqrt(gives[c] / reads[c]);
            if (step.batch_norm) {  // weights and perhaps biases, by channel
                float* norm = parameters + step.batch_norm.parameters;
                for (std::size_t i = 0; i < step.batch_norm.info->parameter_count; ++i) norm[i] /= factor[i % channels];
            } else {
                for_weights(first, [&](float& w, std::size_t o, std::size_t) { w /= factor[o]; });
                float* bias = parameters + step.layer.parameters + g.weight_count();
                for (std::size_t o = 0; g.bias && o < channels; ++o) bias[o] /= factor[o];
            }
            for_weights(second, [&](float& w, std::size_t, std::size_t c) { w *= factor[c]; });
        }
}

}  // namespace depix
