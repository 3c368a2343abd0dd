// pack: the arrays of a quantized network that firmware reads (Int8Arrays).
#pragma once

#include <vector>

#include "depix/quantize/quantized.hpp"
#include "depix/quantize/static_steps.hpp"

namespace depix {

/// A quantized network for StaticInference and StreamingInference with StaticInt8<float_steps...>.
///
/// In the order of the steps, `weights` holds of a convolution its weights, in the order that conv_by_patches reads,
/// and its table of 256 entries, if it has one; of a Table its table. `numbers` holds of a convolution the zero point
/// of its input, that of its output and the lower limit, then the biases, multipliers, shifts and multipliers of
/// negative sums, if there are any; of an Add the seven numbers of an Addition. Of a step that stays float,
/// `parameters` and `statistics` hold what Model holds of its layers. Where floats become integers or integers floats,
/// the scale is in `parameters` and the zero point in `numbers`.
struct PackedInt8 {
    std::vector<std::int8_t> weights;
    std::vector<std::int32_t> numbers;
    std::vector<float> parameters, statistics;
    std::vector<int> float_steps;  ///< their numbers
    integers::Encoding input{}, output{};
    bool float_input = false, float_output = false;  ///< the picture, or the result, is float

    Int8Arrays arrays() const { return {weights.data(), numbers.data(), parameters.data(), statistics.data()}; }
    std::size_t bytes() const { return weights.size() + 4 * (numbers.size() + parameters.size() + statistics.size()); }
};

namespace detail {

inline void append_convolution(PackedInt8& packed, const integers::Step& step, int input_zero) {
    const ConvGeometry& g = step.geometry;
    const bool transposed = step.operation == integers::Operation::TransposedConvolution;
    const auto weight = [&](int o, int c, int k, int l) {  // c: a channel of o's group
        const int inputs = g.group_in(), outputs = g.group_out();
        const int first = transposed ? (o / outputs * inputs + c) * outputs + o % outputs : o * inputs + c;
        return step.weight[static_cast<std::size_t>((first * g.kernel + k) * g.kernel_width + l)];
    };
    for (int p = 0; p < integers::count_phases(g, transposed); ++p)
        for (int q = 0; q < integers::count_phases(g, transposed); ++q) {
            const integers::Taps rows = integers::row_taps(g, transposed, g.padding_before, p);
            const integers::Taps columns = integers::column_taps(g, transposed, q);
            const int count = g.group_in() * rows.count * columns.count;
            for (int o = 0; o < g.out_channels; ++o) {
                const std::size_t begin = packed.weights.size();
                packed.weights.resize(begin + static_cast<std::size_t>(count));
                int i = 0;
                for (int c = 0; c < g.group_in(); ++c)
                    for (int k = 0; k < rows.count; ++k)
                        for (int l = 0; l < columns.count; ++l, ++i)
                            packed.weights[begin + static_cast<std::size_t>(integers::place_in_fours(i, count))] =
                                weight(o, c, rows.kernel_first + k * rows.kernel_step,
                                       columns.kernel_first + l * columns.kernel_step);
            }
        }
    packed.numbers.insert(packed.numbers.end(), {input_zero, step.zero_point, step.low});
    for (const auto* values : {&step.bias, &step.multiplier, &step.shift, &step.negative_multiplier})
        packed.numbers.insert(packed.numbers.end(), values->begin(), values->end());
}

}  // namespace detail

template <Module Network>
PackedInt8 pack(const Quantized<Network>& network) {
    constexpr auto& plan = integer_plan<Network>;
    PackedInt8 packed;
    detail::StepMask<Network> is_float{};
    for (std::size_t i = 0; i < network.program.steps.size(); ++i) {
        is_float[i] = network.program.steps[i].operation == integers::Operation::Float;
        if (is_float[i]) packed.float_steps.push_back(static_cast<int>(i));
    }
    const auto mixed = detail::mix_steps<Network>(is_float);
    const auto append = [](auto& to, const auto& from, std::size_t first, std::size_t count) {
        to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(first),
                  from.begin() + static_cast<std::ptrdiff_t>(first + count));
    };
    for (int i = 0; i < mixed.plan.step_count; ++i) {
        const PlanStep& planned = mixed.plan.step(i);
        const int number = mixed.number[static_cast<std::size_t>(i)];
        if (number < 0) {
            const integers::Encoding& encoding =
                network.program.encoding(mixed.origin[static_cast<std::size_t>(planned.output)]);
            packed.parameters.push_back(encoding.scale);
            packed.numbers.push_back(encoding.zero_point);
            continue;
        }
        const integers::Step& step = network.program.steps[static_cast<std::size_t>(number)];
        if (step.operation == integers::Operation::Float) {
            for (const PlanLayer* layer : {&planned.layer, &planned.batch_norm, &planned.activation}) {
                if (!*layer) continue;
                append(packed.parameters, network.parameters, layer->parameters, layer->info->parameter_count);
                append(packed.statistics, network.statistics, layer->statistics, layer->info->statistic_count);
            }
            continue;
        }
        if (step.is_convolution())
            detail::append_convolution(packed, step, network.program.encoding(step.input).zero_point);
        if (step.operation == integers::Operation::Add) {
            const integers::Addition& a = step.addition;
            packed.numbers.insert(packed.numbers.end(),
                                  {a.a_zero, a.b_zero, a.a_factor, a.b_factor, a.shift, a.zero_point, a.low});
        }
        packed.weights.insert(packed.weights.end(), step.table.begin(), step.table.end());
    }
    packed.input = network.program.encoding(plan.input);
    packed.output = network.program.encoding(plan.output);
    packed.float_input = mixed.is_float[static_cast<std::size_t>(mixed.plan.input)];
    packed.float_output = mixed.is_float[static_cast<std::size_t>(mixed.plan.output)];
    return packed;
}

}  // namespace depix
