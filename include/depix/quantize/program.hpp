// Program: a quantized network as integer backends run it: steps with integers, and the encoding of every map.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "depix/layers/conv.hpp"
#include "depix/quantize/plan.hpp"

namespace depix::integers {

/// One step of integer_plan<Network>, as plain numbers.
struct Step {
    Operation operation = Operation::Float;
    int input = -1, other = -1, output = -1;  ///< tensors of the plan
    ConvGeometry geometry{};
    PoolGeometry pool{};
    int factor = 1;          ///< of a PixelShuffle or an Upsample
    int first_channel = 0;   ///< of a Slice
    bool rectified = false;  ///< a ReLU is fused

    // What a file holds of a convolution: weights as in Model, their scales by output channel, biases in units of
    // input scale * weight scale, and slopes of a leaky rectifier (none, one, or one for each channel).
    std::vector<std::int8_t> weight;
    std::vector<float> weight_scale;
    std::vector<std::int32_t> bias;
    std::vector<float> slope;
    Encoding inner{};                ///< of what a table is applied to
    std::vector<std::int8_t> table;  ///< of an activation, 256 entries

    // What follows from it.
    std::vector<std::int32_t> multiplier, negative_multiplier, shift;
    int zero_point = 0, low = lowest;
    Addition addition{};

    Epilogue epilogue() const {
        return {bias.data(),
                multiplier.data(),
                negative_multiplier.empty() ? nullptr : negative_multiplier.data(),
                shift.data(),
                zero_point,
                low,
                table.empty() ? nullptr : table.data()};
    }
    bool is_convolution() const {
        return operation == Operation::Convolution || operation == Operation::TransposedConvolution;
    }
};

struct Program {
    std::vector<Step> steps;
    std::vector<Encoding> encodings;  ///< of every tensor of the plan

    const Encoding& encoding(int tensor) const { return encodings[static_cast<std::size_t>(tensor)]; }
};

/// number = scale * integer for the largest number of each output channel, so that weights use -127..127. A channel
/// whose bias would not fit into 30 bits gets a larger scale.
inline double weight_scale(double largest_weight, double bias, double input_scale) {
    constexpr double largest_bias = 536870912;  // 2^29, so that sums stay below 2^31
    const double scale = (std::max)(largest_weight / 127, std::abs(bias) / (input_scale * largest_bias));
    return scale > 0 ? (std::max)(scale, 1e-30) : 1;
}

/// The factor by which a sum of the convolution becomes an integer of its output, for channel o.
inline double factor_of(const Step& step, const Program& program, std::size_t o) {
    const Encoding& to = step.table.empty() ? program.encoding(step.output) : step.inner;
    return static_cast<double>(program.encoding(step.input).scale) * static_cast<double>(step.weight_scale[o]) /
           static_cast<double>(to.scale);
}

/// Fills in what follows from weights, scales and encodings.
inline void finish(Step& step, const Program& program) {
    const Encoding& to = step.table.empty() ? program.encoding(step.output) : step.inner;
    step.low = step.rectified ? to.zero_point : lowest;
    step.zero_point = to.zero_point;
    if (step.operation == Operation::Add)
        step.addition = make_addition(program.encoding(step.input), program.encoding(step.other), to, step.rectified);
    if (!step.is_convolution()) return;
    const std::size_t channels = step.weight_scale.size();
    step.multiplier.resize(channels);
    step.shift.resize(channels);
    step.negative_multiplier.resize(step.slope.empty() ? 0 : channels);
    for (std::size_t o = 0; o < channels; ++o) {
        const double factor = factor_of(step, program, o);
        const double slope = step.slope.empty() ? 0 : static_cast<double>(step.slope[step.slope.size() == 1 ? 0 : o]);
        step.shift[o] = shift_of((std::max)(factor, std::abs(factor * slope)));
        step.multiplier[o] = multiplier_of(factor, step.shift[o]);
        if (!step.slope.empty()) step.negative_multiplier[o] = multiplier_of(factor * slope, step.shift[o]);
    }
}

/// Whether integers can express what the step computes; otherwise it stays float.
inline bool fits(const Step& step, const Program& program) {
    if (step.operation == Operation::Add) {
        const float to = program.encoding(step.output).scale;
        return program.encoding(step.input).scale / to < static_cast<float>(largest_ratio) &&
               program.encoding(step.other).scale / to < static_cast<float>(largest_ratio);
    }
    if (!step.is_convolution()) return true;
    const std::int64_t products =
        std::int64_t{step.geometry.group_in()} * step.geometry.kernel * step.geometry.kernel_width;
    if (products > 32768) return false;  // a sum of so many products might not fit into 31 bits
    if (step.geometry.taps() > 1024 || (step.operation == Operation::TransposedConvolution && step.geometry.stride > 8))
        return false;  // kernels/cpu/int8/conv.hpp has no room for more
    for (std::size_t o = 0; o < step.weight_scale.size(); ++o) {
        const double slope =
            step.slope.empty() ? 0 : std::abs(static_cast<double>(step.slope[step.slope.size() == 1 ? 0 : o]));
        if (factor_of(step, program, o) * (std::max)(slope, 1.0) >= largest_factor) return false;
    }
    return true;
}

}  // namespace depix::integers
