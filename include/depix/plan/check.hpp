// output_shape: the shape of a network's output, or why it has none.
#pragma once

#include <cstddef>
#include <string>

#include "depix/error.hpp"
#include "depix/plan/flatten.hpp"
#include "depix/plan/mismatch.hpp"

namespace depix {

namespace detail {

// For a plan with one step for each layer: which layer cannot take the shapes that follow from this input, and why.
template <std::size_t T, std::size_t S>
std::string describe_mismatch(const Plan<T, S>& plan, Shape input) {
    const auto shapes = find_shapes(plan, input);
    const int index = find_mismatch(plan, shapes);
    if (index < 0) return "none of its layers objects";  // never called then, but g++ 12 at -O2 warns that it is
    const PlanStep& step = plan.step(index);
    const LayerInfo& layer = *step.layer.info;
    const auto shape = [&](int tensor) { return to_string(shapes[static_cast<std::size_t>(tensor)]); };
    const std::string who = "its layer number " + std::to_string(index + 1) + ", " + layer.name + ", ";
    if (step.other >= 0) return who + "cannot join " + shape(step.input) + " and " + shape(step.other);
    if (layer.in_height > 0)
        return who + "takes " + to_string(Shape{layer.in_channels, layer.in_height, layer.in_width}) + ", not " +
               shape(step.input);
    return "it is too small: " + who + "gives no output for " + shape(step.input);
}

}  // namespace detail

/// The shape that a picture of this shape becomes. Throws ShapeError, with the layer and both shapes, if the network
/// cannot take it. Inference, the trainers and the tool call this; StaticInference calls find_mismatch at compile time.
template <Module Network>
Shape output_shape(Shape input) {
    const auto refuse = [&](const std::string& why) {
        detail::fail(ShapeError("depix: the network cannot take a picture of " + to_string(input) + ": " + why));
    };
    if (input.channels != Network::in_channels)
        refuse("it takes " + std::to_string(Network::in_channels) + " channels, not " + std::to_string(input.channels));
    constexpr int multiple = Network::size_multiple;
    if (input.height <= 0 || input.width <= 0 || input.height % multiple != 0 || input.width % multiple != 0)
        refuse("height and width must be positive multiples of " + std::to_string(multiple));
    static constexpr auto plan = flatten<Network>();
    if (find_mismatch(plan, find_shapes(plan, input)) >= 0) refuse(detail::describe_mismatch(plan, input));
    return Network::output(input);
}

}  // namespace depix
