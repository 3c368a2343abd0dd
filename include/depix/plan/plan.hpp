// The plan: a network as a value. It has arrays of tensors and steps, which ordinary constexpr functions build and
// transform.
#pragma once

#include <array>
#include <cstddef>

#include "depix/layers/layer.hpp"

namespace depix {

/// One layer of a step, and where its tensors begin in the model.
struct PlanLayer {
    const LayerInfo* info = nullptr;
    std::size_t parameters = 0;  ///< offset among the model's parameters
    std::size_t statistics = 0;  ///< offset among the model's running statistics
    /// Whether there is such a layer. (`info != nullptr` is not a constant for g++ under -fsanitize=undefined.)
    bool present = false;

    constexpr explicit operator bool() const { return present; }
};

/// What runs at once: a layer and the layers that are fused with it, in this order.
struct PlanStep {
    PlanLayer upsample{};  ///< in front of the layer
    PlanLayer norm{};      ///< likewise; the others come after it
    PlanLayer layer{};
    PlanLayer batch_norm{};  ///< or a ChannelScale, which is folded into the weights like it
    PlanLayer activation{};
    PlanLayer pool{};
    PlanLayer shuffle{};  ///< before or after the activation, with the same result
    int input = -1;
    int other = -1;  ///< the second input of a join
    int output = -1;

    constexpr bool has_rectifier() const {
        return activation.present && activation.info->traits.role == Role::Rectifier;
    }
    /// How many of the network's layers the step runs.
    constexpr int layers() const {
        return upsample.present + norm.present + layer.present + batch_norm.present + activation.present +
               pool.present + shuffle.present;
    }
};

/// A feature map between steps. It may lie inside another one (`parent`), from channel `channel_offset` on. So do the
/// halves of a concatenation, and the result of a step that works in place.
struct PlanTensor {
    int channels = 0;
    int parent = -1;
    int channel_offset = 0;
    int producer = -1;      ///< step that writes it; -1: the network's input
    int consumers = 0;      ///< steps that read it, plus 1 if it is the network's output
    int first = 0;          ///< lifetime in steps, both included; `find_lifetimes` sets it
    int last = -1;          ///<
    int halo = 0;           ///< zeros needed around it; on a root: by any tensor inside it
    int gradient_halo = 0;  ///< zeros needed around its gradient
};

template <std::size_t TensorCapacity, std::size_t StepCapacity>
struct Plan {
    std::array<PlanTensor, TensorCapacity> tensors{};
    std::array<PlanStep, StepCapacity> steps{};
    int tensor_count = 0;
    int step_count = 0;
    int input = 0;
    int output = 0;

    constexpr PlanTensor& tensor(int index) { return tensors[static_cast<std::size_t>(index)]; }
    constexpr const PlanTensor& tensor(int index) const { return tensors[static_cast<std::size_t>(index)]; }
    constexpr PlanStep& step(int index) { return steps[static_cast<std::size_t>(index)]; }
    constexpr const PlanStep& step(int index) const { return steps[static_cast<std::size_t>(index)]; }

    /// The tensor that owns the memory in which `index` lies.
    constexpr int root(int index) const {
        while (tensor(index).parent >= 0) index = tensor(index).parent;
        return index;
    }
    /// The first channel of `index` inside its root.
    constexpr int channel_in_root(int index) const {
        int channel = 0;
        for (; tensor(index).parent >= 0; index = tensor(index).parent) channel += tensor(index).channel_offset;
        return channel;
    }
};

/// The shape of every tensor, for a network input of this height and width.
template <std::size_t T, std::size_t S>
constexpr std::array<Shape, T> find_shapes(const Plan<T, S>& plan, Shape input) {
    std::array<Shape, T> shapes{};
    shapes[static_cast<std::size_t>(plan.input)] = input;
    for (int i = 0; i < plan.step_count; ++i) {
        const PlanStep& step = plan.step(i);
        Shape shape = shapes[static_cast<std::size_t>(step.input)];
        if (step.upsample) shape = step.upsample.info->output(shape);
        shape = step.layer.info->output(shape);
        if (step.pool) shape = step.pool.info->output(shape);
        if (step.shuffle) shape = step.shuffle.info->output(shape);
        shape.channels = plan.tensor(step.output).channels;  // a concatenation's layer knows only one of its halves
        shapes[static_cast<std::size_t>(step.output)] = shape;
    }
    return shapes;
}

}  // namespace depix
