// Runs a network with the textbook kernels, one layer after another. It allocates nothing, so firmware uses it
// unchanged.
#pragma once

#include "depix/kernels/dispatch.hpp"
#include "depix/kernels/reference/average_pool.hpp"
#include "depix/kernels/reference/batch_norm.hpp"
#include "depix/kernels/reference/channel_scale.hpp"
#include "depix/kernels/reference/conv.hpp"
#include "depix/kernels/reference/conv_transpose.hpp"
#include "depix/kernels/reference/crop.hpp"
#include "depix/kernels/reference/dense.hpp"
#include "depix/kernels/reference/dropout.hpp"
#include "depix/kernels/reference/edge_padding.hpp"
#include "depix/kernels/reference/elementwise.hpp"
#include "depix/kernels/reference/global_average_pool.hpp"
#include "depix/kernels/reference/group_norm.hpp"
#include "depix/kernels/reference/interpolate.hpp"
#include "depix/kernels/reference/join.hpp"
#include "depix/kernels/reference/layer_norm.hpp"
#include "depix/kernels/reference/max_pool.hpp"
#include "depix/kernels/reference/pixel_shuffle.hpp"
#include "depix/kernels/reference/pixel_unshuffle.hpp"
#include "depix/kernels/reference/prelu.hpp"
#include "depix/kernels/reference/simple_gate.hpp"
#include "depix/kernels/reference/softmax.hpp"
#include "depix/kernels/reference/upsample.hpp"
#include "depix/plan/passes.hpp"
#include "depix/plan/place.hpp"

namespace depix::reference {

/// The plan that the textbook runs, with one step per layer.
template <Module Network>
inline constexpr auto inference_plan = plan_for_reference<Network>();

/// Where everything lies for one input size.
template <std::size_t T>
struct Layout {
    std::array<Shape, T> shapes{};
    Placement<T> placement;
};

template <Module Network>
constexpr auto make_layout(Shape input) {
    constexpr auto& plan = inference_plan<Network>;
    return Layout<plan.tensors.size()>{find_shapes(plan, input), place(plan, close_sizes(plan, input))};
}

/// What running needs of the plan, a few bytes for each step and tensor. On a microcontroller only this is in flash.
template <std::size_t T, std::size_t S>
struct CompactPlan {
    struct Step {
        std::size_t parameters, statistics;
        short layer;  ///< its number in layers_of<Network>
        short input, other, output;
    };
    struct Tensor {
        short root, first_channel, channels;
    };
    std::array<Step, S> steps{};
    std::array<Tensor, T> tensors{};
};

template <Module Network>
inline constexpr auto compact_plan = [] {
    constexpr auto& plan = inference_plan<Network>;
    CompactPlan<plan.tensors.size(), plan.steps.size()> compact;
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        const PlanStep& step = plan.steps[i];
        compact.steps[i] = {
            step.layer.parameters,          step.layer.statistics,          detail::layer_numbers<Network>[i],
            static_cast<short>(step.input), static_cast<short>(step.other), static_cast<short>(step.output)};
    }
    for (int i = 0; i < plan.tensor_count; ++i)
        compact.tensors[static_cast<std::size_t>(i)] = {static_cast<short>(plan.root(i)),
                                                        static_cast<short>(plan.channel_in_root(i)),
                                                        static_cast<short>(plan.tensor(i).channels)};
    return compact;
}();

/// Restores one picture, and calls after_step(i, result of step i) after each step of the plan. input is (1, C, H, W),
/// output (1, C', H', W'). root_memory(tensor) is where a root of the plan begins. parameters and statistics are laid
/// out as in Model.
template <Module Network, class T, std::size_t Tensors, class RootMemory, class AfterStep>
void infer_in(const std::array<Shape, Tensors>& shapes, const T* parameters, const T* statistics, View<const T> input,
              View<T> output, RootMemory&& root_memory, AfterStep&& after_step) {
    constexpr auto& plan = inference_plan<Network>;
    constexpr auto& compact = compact_plan<Network>;
    constexpr int callers_root = output_root(plan), input_tensor = plan.input, output_tensor = plan.output;
    constexpr bool keeps_input = plan.root(plan.input) != plan.input;
    const auto memory = [&](int index) -> View<T> {
        const auto& tensor = compact.tensors[static_cast<std::size_t>(index)];
        const auto root = static_cast<std::size_t>(tensor.root);
        const View<T> whole = tensor.root == callers_root ? output : View<T>(root_memory(root), 1, shapes[root]);
        return whole.slice(tensor.first_channel, tensor.channels);
    };
    const auto readable = [&](int tensor) -> View<const T> {
        return tensor == input_tensor && !keeps_input ? input : memory(tensor);
    };

    if (keeps_input) copy(input, memory(input_tensor));
    for (std::size_t i = 0; i < compact.steps.size(); ++i) {
        const auto& step = compact.steps[i];
        kernels::Forward<T> call;
        call.input = readable(step.input);
        if (step.other >= 0) call.other = readable(step.other);
        call.output = memory(step.output);
        call.parameters = parameters + step.parameters;
        call.statistics = statistics + step.statistics;
        detail::with_layer_number<Network>(step.layer, [&]<class L>() { infer_layer<L>(call); });
        after_step(static_cast<int>(i), View<const T>(call.output));
    }
    if (callers_root < 0) copy(readable(output_tensor), output);
}

/// The same with all maps in a workspace of layout.placement.total elements.
template <Module Network, class T, std::size_t Tensors, class AfterStep>
void infer_by_steps(const Layout<Tensors>& layout, const T* parameters, const T* statistics, View<const T> input,
                    View<T> output, T* workspace, AfterStep&& after_step) {
    const auto root_memory = [&](std::size_t root) { return workspace + layout.placement.offset[root]; };
    infer_in<Network, T>(layout.shapes, parameters, statistics, input, output, root_memory, after_step);
}

/// The same without a look at the steps.
template <Module Network, class T, std::size_t Tensors>
void infer(const Layout<Tensors>& layout, const T* parameters, const T* statistics, View<const T> input, View<T> output,
           T* workspace) {
    infer_by_steps<Network>(layout, parameters, statistics, input, output, workspace, [](int, View<const T>) {});
}

}  // namespace depix::reference
