// Whether a network is faster in 8-bit integers or in floats on this instruction set, by a rule from measurements.
//
// Integer backends agree bit for bit, so that Int8<Cpu> computes all that is quantized in integers, also where it takes
// longer. Therefore the choice is between two backends, Int8<Cpu> and Cpu, and is made when the program is compiled.
#pragma once

#include <cstdio>
#include <string>
#include <type_traits>

#include "depix/quantize/cpu.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// Picoseconds of one thread, of which only the ratios count. They were measured on an AMD EPYC (Zen 5) with chains of
/// equal convolutions, from which the picture's and the result's share was subtracted.
struct Costs {
    double floats = 9.5;         ///< a multiplication and an addition in floats
    double winograd = 2.7;       ///< the same in a convolution that Winograd's tiles compute (winograd_pays)
    double transforms = 170;     ///< a pixel of one of its channels
    double integers = 2.2;       ///< a multiplication and an addition in integers
    double requantization = 75;  ///< a sum that becomes an integer
    double encoding = 100;       ///< a number of the picture or of the result
};
/// By instruction set: with dot products of bytes (VNNI, NEON's), with products of 16-bit numbers in pairs (AVX2,
/// AVX-512BW), and without (SSE4, NEON's first version). ARM's processors were not measured.
inline constexpr Costs costs = words_per_quad == 1   ? Costs{}
                               : words_per_quad == 2 ? Costs{.integers = 5.2}
                                                     : Costs{.integers = 9};

/// What a step or a network is predicted to take.
struct Times {
    double floats = 0, integers = 0;
};

/// A convolution's, from its input's and output's pixels. Integers take channels by four, and groups as if there were
/// none.
constexpr Times conv_times(const ConvGeometry& g, bool transposed, double inputs, double outputs) {
    const auto quads = [](int channels) { return static_cast<double>((channels + 3) / 4 * 4); };
    const double pixels = transposed ? inputs : outputs, products = static_cast<double>(g.weight_count()) * pixels;
    Times times{products * costs.floats, quads(g.out_channels) * outputs * costs.requantization};
    if (!transposed && g.plain() && winograd_pays(g))
        times.floats = products * costs.winograd + (g.in_channels + g.out_channels) * pixels * costs.transforms;
    times.integers += quads(g.in_channels) * quads(g.out_channels) * g.taps() * pixels * costs.integers;
    return times;
}

/// The predicted times of the steps of integer_plan<Network>; all but convolutions count as nothing.
template <Module Network>
constexpr auto step_times(Shape input) {
    constexpr auto& plan = integer_plan<Network>;
    const auto shapes = find_shapes(plan, input);
    std::array<Times, plan.steps.size()> times{};
    for (int i = 0; i < plan.step_count; ++i) {
        const auto area = [&](int tensor) {
            return static_cast<double>(shapes[static_cast<std::size_t>(tensor)].area());
        };
        with_layer<Network>(plan.step(i).layer.info, [&]<class L>() {
            if constexpr (Convolution<L>)
                times[static_cast<std::size_t>(i)] =
                    conv_times(L::geometry, L::traits.role == Role::TransposedConvolution, area(plan.step(i).input),
                               area(plan.step(i).output));
        });
    }
    return times;
}
/// Those of the network for a picture of this shape.
template <Module Network>
constexpr Times network_times(Shape input) {
    const double numbers = static_cast<double>(input.size() + Network::output(input).size());
    Times sum{0, numbers * costs.encoding};
    for (const Times& times : step_times<Network>(input)) {
        sum.floats += times.floats;
        sum.integers += times.integers;
    }
    return sum;
}
/// A picture for which a network's times are compared; both grow in proportion to its area.
template <Module Network>
constexpr Shape typical_shape() {
    constexpr int side = (127 / Network::size_multiple + 1) * Network::size_multiple;
    return {Network::in_channels, side, side};
}

}  // namespace cpu

/// Whether Int8<Cpu> is predicted to be faster than Cpu.
template <Module Network>
inline constexpr bool integers_are_faster = [] {
    constexpr cpu::Times times = cpu::network_times<Network>(cpu::typical_shape<Network>());
    return times.integers < times.floats;
}();

/// The faster one of both backends.
template <Module Network>
using FasterBackend = std::conditional_t<integers_are_faster<Network>, Int8<Cpu>, Cpu>;

/// An inference with the faster backend, from a model and what quantize() made of it:
///
///     const auto restore = faster_inference(model, quantize(model, pictures));
template <Module Network>
Inference<Network, FasterBackend<Network>> faster_inference(const Model<Network>& model,
                                                            const Quantized<Network>& quantized, int threads = 0) {
    if constexpr (integers_are_faster<Network>)
        return Inference<Network, Int8<Cpu>>(quantized, threads);
    else
        return Inference<Network, Cpu>(model, threads);
}

/// What the rule says of each convolution and of the network, as a table.
template <Module Network>
std::string speed_report() {
    constexpr Shape shape = cpu::typical_shape<Network>();
    const auto times = cpu::step_times<Network>(shape);
    const detail::DescribedSteps described = detail::describe_steps<Network>();
    std::string text = "layer                     faster in  predicted: integers are times as fast\n";
    const auto add = [&](const std::string& name, const cpu::Times& step) {
        char line[160];
        const double ratio = step.floats / step.integers;
        std::snprintf(line, sizeof line, "%-25s %-10s %.2f\n", name.c_str(), ratio > 1 ? "integers" : "floats", ratio);
        text += line;
    };
    for (std::size_t i = 0; i < described.infos.size(); ++i)
        if (times[i].integers > 0) add(described.infos[i].name, times[i]);
    add("all", cpu::network_times<Network>(shape));
    return text;
}

}  // namespace depix::inline DEPIX_ISA
