// StaticInt8: 8-bit integers for firmware. The plan of a network in which the compiler knows which steps stay float.
#pragma once

#include "depix/kernels/int8_patches.hpp"
#include "depix/quantize/plan.hpp"

namespace depix {

/// In place of float in StaticInference and StreamingInference: 8-bit integers, but for the steps with these numbers
/// (Quantized::layers), which stay float, as do those that have no integer kernel. `depix embed --type int8` says
/// which.
///
///     static StreamingInference<DocumentsAutoencoder, 540, StaticInt8<>> network;   // see
///     quantize/static_inference.hpp
template <int... FloatSteps>
struct StaticInt8 {};

namespace detail {

// The steps between integers and floats.
struct Encode : LayerBase<Encode> {
    static constexpr const char* name = "Encode";
    static constexpr Traits traits{};
};
struct Decode : LayerBase<Decode> {
    static constexpr const char* name = "Decode";
    static constexpr Traits traits{};
};

/// A plan in which each tensor holds either integers or floats.
template <std::size_t T, std::size_t S>
struct MixedPlan {
    Plan<T, S> plan{};
    std::array<bool, T> is_float{};
    std::array<short, T> origin{};  ///< each tensor in integer_plan
    std::array<short, S> number{};  ///< each step in integer_plan; -1: Encode or Decode

    constexpr int add_tensor(int from, int channels, bool floats, int producer) {
        const int tensor = plan.tensor_count++;
        plan.tensor(tensor).channels = channels;
        plan.tensor(tensor).producer = producer;
        is_float[static_cast<std::size_t>(tensor)] = floats;
        origin[static_cast<std::size_t>(tensor)] = static_cast<short>(from);
        return tensor;
    }
    /// Appends a step whose inputs are set and whose output is that of integer_plan, and returns its output.
    constexpr int add_step(PlanStep step, int from, int channels, bool floats) {
        step.output = add_tensor(step.output, channels, floats, plan.step_count);
        ++plan.tensor(step.input).consumers;
        if (step.other >= 0) ++plan.tensor(step.other).consumers;
        number[static_cast<std::size_t>(plan.step_count)] = static_cast<short>(from);
        plan.step(plan.step_count++) = step;
        return step.output;
    }
    constexpr int convert(int tensor, bool to_float) {
        PlanStep step;
        step.layer.info = to_float ? &layer_info<Decode> : &layer_info<Encode>;
        step.layer.present = true;
        step.input = tensor;
        step.output = origin[static_cast<std::size_t>(tensor)];
        return add_step(step, -1, plan.tensor(tensor).channels, to_float);
    }
};

template <Module Network>
using StepMask = std::array<bool, integer_plan<Network>.steps.size()>;

/// The steps of integer_plan, of which some are float, with conversions where they are needed first. A float step reads
/// the floats that another float step gives, and of the picture too. The arrays have room for any such plan.
template <Module Network>
constexpr auto mix_steps(const StepMask<Network>& is_float) {
    constexpr auto& from = integer_plan<Network>;
    constexpr std::size_t tensors = from.tensors.size();
    MixedPlan<2 * tensors, from.steps.size() + tensors> to;
    int held[2][tensors]{};  // the tensor that holds each one as integers, and as floats; -1: none yet
    for (auto& all : held)
        for (int& tensor : all) tensor = -1;
    bool float_picture = false;
    for (int i = 0; i < from.step_count; ++i)
        if (is_float[static_cast<std::size_t>(i)])
            float_picture = float_picture || from.step(i).input == from.input || from.step(i).other == from.input;
    held[float_picture][from.input] = to.add_tensor(from.input, from.tensor(from.input).channels, float_picture, -1);
    const auto find = [&](int tensor, bool as_float) {
        int& found = held[as_float][tensor];
        if (found < 0) found = to.convert(held[!as_float][tensor], as_float);
        return found;
    };
    for (int i = 0; i < from.step_count; ++i) {
        PlanStep step = from.step(i);
        const bool floats = is_float[static_cast<std::size_t>(i)];
        const int output = step.output;
        step.input = find(step.input, floats);
        if (step.other >= 0) step.other = find(step.other, floats);
        held[floats][output] = to.add_step(step, i, from.tensor(output).channels, floats);
    }
    const int bytes = held[0][from.output], floats = held[1][from.output];
    to.plan.output = bytes < 0 || (floats >= 0 && floats < bytes) ? floats : bytes;  // what the last step gave
    ++to.plan.tensor(to.plan.output).consumers;
    return to;
}

/// The numbers in layers_of<Network> of the layers of a step; -1: it has no such layer. Encode and Decode have the
/// numbers that follow.
struct UsedLayers {
    short layer = -1, batch_norm = -1, activation = -1;
};

/// Those of each step of integer_plan. (They are found by numbers, because g++ does not compare the addresses of
/// LayerInfos at compile time under -fsanitize=undefined.)
template <Module Network>
inline constexpr auto used_layers = [] {
    constexpr auto& plan = integer_plan<Network>;
    constexpr auto layers = flatten<Network>();
    std::array<UsedLayers, plan.steps.size()> all{};
    for (int i = 0; i < plan.step_count; ++i) {
        const PlanStep& step = plan.step(i);
        // In flatten's plan, layer number k writes tensor number k + 1. A step's output is its last layer's.
        int last = step.output - 1;
        const auto take = [&](short& number) {
            number = layer_numbers<Network>[static_cast<std::size_t>(last)];
            last = layers.step(last).input - 1;
        };
        UsedLayers& used = all[static_cast<std::size_t>(i)];
        if (step.activation) take(used.activation);
        if (step.batch_norm) take(used.batch_norm);
        take(used.layer);
    }
    return all;
}();

/// The operation of each step of integer_plan if nothing stays float that has integer kernels.
template <Module Network>
inline constexpr auto integer_operations = [] {
    std::array<integers::Operation, integer_plan<Network>.steps.size()> all{};
    for (std::size_t i = 0; i < all.size(); ++i)
        if (used_layers<Network>[i].layer >= 0)
            with_layer_number<Network>(used_layers<Network>[i].layer, [&]<class L>() { all[i] = operation_of<L>(); });
    return all;
}();

template <Module Network, class Precision>
inline constexpr StepMask<Network> float_steps = {};
template <Module Network, int... FloatSteps>
inline constexpr StepMask<Network> float_steps<Network, StaticInt8<FloatSteps...>> = [] {
    static_assert(((FloatSteps >= 0 && FloatSteps < integer_plan<Network>.step_count) && ...),
                  "depix: StaticInt8 names a step that the network has not");
    StepMask<Network> mask{};
    for (int i = 0; i < integer_plan<Network>.step_count; ++i)
        mask[static_cast<std::size_t>(i)] =
            ((i == FloatSteps) || ...) ||
            integer_operations<Network>[static_cast<std::size_t>(i)] == integers::Operation::Float;
    return mask;
}();

/// mix_steps with arrays as long as needed.
template <Module Network, class Precision>
inline constexpr auto mixed_plan = [] {
    constexpr auto wide = mix_steps<Network>(float_steps<Network, Precision>);
    MixedPlan<static_cast<std::size_t>(wide.plan.tensor_count), static_cast<std::size_t>(wide.plan.step_count)> plan;
    for (std::size_t i = 0; i < plan.is_float.size(); ++i) {
        plan.plan.tensors[i] = wide.plan.tensors[i];
        plan.is_float[i] = wide.is_float[i];
        plan.origin[i] = wide.origin[i];
    }
    for (std::size_t i = 0; i < plan.number.size(); ++i) {
        plan.plan.steps[i] = wide.plan.steps[i];
        plan.number[i] = wide.number[i];
    }
    plan.plan.tensor_count = wide.plan.tensor_count;
    plan.plan.step_count = wide.plan.step_count;
    plan.plan.output = wide.plan.output;
    return plan;
}();

/// How many numbers each array of Int8Arrays holds.
struct Int8Sizes {
    std::size_t weights = 0, numbers = 0, parameters = 0, statistics = 0;
};

/// Where the numbers of a step begin in these arrays, and which of them it has.
struct Int8Step {
    Int8Sizes first{};
    bool is_float = false;
    bool has_slopes = false;  ///< of a leaky rectifier
    bool has_table = false;   ///< of another activation
};

/// The number of a layer in layers_of<Network>.
template <Module Network, class Layer>
inline constexpr std::size_t number_of_layer = [] {
    std::size_t found = std::is_same_v<Layer, Encode> ? layers_of<Network>::size : layers_of<Network>::size + 1,
                now = 0;
    layers_of<Network>::for_each([&]<class L>() {
        if (std::is_same_v<Layer, L>) found = now;
        ++now;
    });
    return found;
}();

/// What a step of mixed_plan adds to the arrays, and what it has. quantize/pack.hpp writes them in this order.
template <Module Network>
constexpr Int8Step describe_static_step(const PlanStep& step, int number, bool is_float, Int8Sizes& total) {
    Int8Step made{.first = total, .is_float = is_float};
    if (number < 0) {  // a scale and a zero point
        ++total.numbers;
        ++total.parameters;
        return made;
    }
    if (is_float) {
        for (const PlanLayer* layer : {&step.layer, &step.batch_norm, &step.activation})
            if (*layer) {
                total.parameters += layer->info->parameter_count;
                total.statistics += layer->info->statistic_count;
            }
        return made;
    }
    if (step.activation) {
        const Traits& traits = step.activation.info->traits;
        made.has_table = traits.role == Role::Activation;
        made.has_slopes = !made.has_table && (traits.learned_slope || traits.negative_slope != 0);
    }
    with_layer_number<Network>(used_layers<Network>[static_cast<std::size_t>(number)].layer, [&]<class L>() {
        if constexpr (IntegerConvolution<L>) {
            constexpr ConvGeometry g = geometry_of<L>();
            total.weights += g.weight_count() + (made.has_table ? 256 : 0);
            total.numbers += 3 + static_cast<std::size_t>(g.out_channels) * (made.has_slopes ? 4 : 3);
        } else if constexpr (operation_of<L>() == integers::Operation::Add) {
            total.numbers += 7;
        } else if constexpr (operation_of<L>() == integers::Operation::Table) {
            total.weights += 256;
        }
    });
    return made;
}

}  // namespace detail
}  // namespace depix
