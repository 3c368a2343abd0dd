// What the type of a network says about its integer steps, before there are weights.
#pragma once

#include <string>
#include <vector>

#include "depix/plan/layer_names.hpp"
#include "depix/quantize/program.hpp"

namespace depix::detail {

using Formula = float (*)(float);

/// A step of integer_plan<Network>, with what quantizing needs to know besides.
struct StepInfo {
    std::string name;                 ///< of its first layer, in layer_names
    std::vector<std::string> layers;  ///< the names of all
    const char* kind = "";
    int last_layer = 0;         ///< in flatten<Network>()
    int inner_tensor = -1;      ///< of flatten<Network>(): what a fused formula is applied to
    Formula formula = nullptr;  ///< of a Table, or of a fused activation that is no rectifier
    bool rectifier = false;     ///< a leaky rectifier is fused
    std::vector<int> weight_shape;
};

/// The steps without numbers, and what is known of them. Both have the order of integer_plan<Network>.
struct DescribedSteps {
    std::vector<integers::Step> steps;
    std::vector<StepInfo> infos;
};

template <Module Network>
DescribedSteps describe_steps() {
    constexpr auto& plan = integer_plan<Network>;
    static constexpr auto layers = flatten<Network>();
    const std::vector<std::string> names = layer_names<Network>();
    DescribedSteps all;
    for (int i = 0; i < plan.step_count; ++i) {
        const PlanStep& step = plan.step(i);
        integers::Step made;
        StepInfo info;
        made.input = step.input;
        made.other = step.other;
        made.output = step.output;
        // In flatten's plan, layer number k writes tensor number k + 1. So a step's layers are found from its output.
        info.last_layer = step.output - 1;
        int first = info.last_layer;
        info.layers = {names[static_cast<std::size_t>(first)]};
        for (int k = 1; k < step.layers(); ++k) {
            first = layers.step(first).input - 1;
            info.layers.push_back(names[static_cast<std::size_t>(first)]);
        }
        info.name = names[static_cast<std::size_t>(first)];
        info.kind = step.layer.info->name;
        with_layer<Network>(step.layer.info, [&]<class L>() {
            made.operation = operation_of<L>();
            if constexpr (IntegerConvolution<L>) {
                made.geometry = geometry_of<L>();
                info.weight_shape.assign(L::tensors[0].shape.begin(), L::tensors[0].shape.begin() + L::tensors[0].rank);
            }
            if constexpr (is_max_pool<L>) made.pool = {L::window, L::stride, L::before};
            if constexpr (requires { L::factor; }) made.factor = L::factor;
            if constexpr (operation_of<L>() == integers::Operation::Table) info.formula = &L::template value<float>;
            made.first_channel = L::traits.first_channel;
        });
        if (step.activation) {
            const Traits& traits = step.activation.info->traits;
            made.rectified = traits.role == Role::Rectifier && !traits.learned_slope && traits.negative_slope == 0;
            info.rectifier = !made.rectified && (traits.role == Role::Rectifier || traits.learned_slope);
            if (traits.role == Role::Activation)
                with_layer<Network>(step.activation.info, [&]<class L>() {
                    if constexpr (ElementwiseLayer<L>) info.formula = &L::template value<float>;
                });
            if (info.formula) info.inner_tensor = layers.step(info.last_layer).input;
        }
        all.steps.push_back(std::move(made));
        all.infos.push_back(std::move(info));
    }
    return all;
}

/// For every tensor of the plan, a number that is equal for those that share an encoding: what is only moved keeps its
/// integers, and so do the halves of a concatenation.
inline std::vector<int> encoding_groups(const std::vector<integers::Step>& steps, std::size_t tensors) {
    std::vector<int> group(tensors);
    for (std::size_t i = 0; i < tensors; ++i) group[i] = static_cast<int>(i);
    const auto join = [&](int a, int b) {
        const int from = group[static_cast<std::size_t>(b)], to = group[static_cast<std::size_t>(a)];
        std::replace(group.begin(), group.end(), from, to);
    };
    for (const integers::Step& step : steps) {
        if (!integers::keeps_encoding(step.operation)) continue;
        join(step.input, step.output);
        if (step.other >= 0) join(step.other, step.output);
    }
    return group;
}

/// Fills in the table of a formula from one encoding to another.
inline void fill_table(std::vector<std::int8_t>& table, Formula formula, const integers::Encoding& from,
                       const integers::Encoding& to) {
    table.resize(256);
    for (int q = integers::lowest; q <= integers::highest; ++q)
        table[static_cast<std::size_t>(q - integers::lowest)] =
            integers::encode(formula(integers::decode(q, from)), to);
}

}  // namespace depix::detail
