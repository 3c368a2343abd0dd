// observe: the output of every layer of a network, by name.
//
// Inference on Cpu computes a convolution with its batch norm, activation and pooling in one step, with weights into
// which the batch norm is folded. So the convolution's own output exists nowhere, and it cannot be computed from the
// folded weights. Cpu also overwrites maps that no later step reads. An observation therefore runs a plan that fuses
// nothing: one step for each layer, with the weights as the model has them. Reference has this plan anyway, and
// Unfused<Cpu> runs it with the kernels of Cpu. It goes on step by step, and the visitor is called after each step. So
// a map may still be overwritten after it has been seen, and the workspace stays as small as the plan allows: a network
// with hundreds of layers can be observed, which would not be so if every map were kept.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "depix/inference.hpp"
#include "depix/plan/layer_names.hpp"

namespace depix {

/// The backend `Backend` without fused steps: slower, but it computes the output of every layer. There is
/// Unfused<Cpu>. Its results are those of Backend up to rounding.
template <class Backend>
struct Unfused;

template <>
struct Unfused<Cpu> {
    static constexpr const char* name = "Unfused<Cpu>";
};

namespace detail {

template <Module Network>
struct InferenceEngine<Unfused<Cpu>, Network, float> : InferenceEngine<Cpu, LayerByLayer<Network>, float> {
    using InferenceEngine<Cpu, LayerByLayer<Network>, float>::InferenceEngine;
};

template <class Backend>
inline constexpr bool computes_every_layer = false;
template <>
inline constexpr bool computes_every_layer<Reference> = true;
template <class Backend>
inline constexpr bool computes_every_layer<Unfused<Backend>> = true;

}  // namespace detail

/// Restores one picture and calls visitor(name, kind, output) after every layer and join, in order of execution:
///
///     const Inference<Denoiser, Unfused<Cpu>> inference{model};
///     observe(inference, image, [](std::string_view name, std::string_view kind, View<const float> output) { ... });
///
/// `name` is that of layer_names<Network>(), such as "encoder.0" or "blocks.2.add". `kind` is PyTorch's class of the
/// layer, "Conv2d" or "Add" for instance. `output` is (1, C, H, W), with strides, and is valid until the visitor
/// returns; copy() keeps it. The last output is the network's. In PyTorch: register_forward_hook on every module.
///
/// The picture is a view, a Tensor, an Image, or any library's 4-D array. Throws ShapeError if the network cannot take
/// it or if it is a batch of several; what the visitor throws is passed on. Several threads may observe one inference
/// at the same time.
template <Module Network, class Backend, class T, class Picture, class Visitor>
void observe(const Inference<Network, Backend, T>& inference, const Picture& picture, Visitor&& visitor) {
    static_assert(detail::computes_every_layer<Backend>,
                  "depix: this backend computes several layers in one step, so it does not have the output of each: "
                  "observe an Inference<Network, Unfused<Cpu>> or an Inference<Network, Reference>");
    static_assert(std::invocable<Visitor&, std::string_view, std::string_view, View<const T>>,
                  "depix: observe calls its visitor with the name of a layer, its kind and a View<const T> of its "
                  "output");
    if constexpr (detail::computes_every_layer<Backend>) {
        static constexpr auto layers = flatten<Network>();
        const View<const T> input = as_view(picture);
        if (input.batch != 1)
            throw ShapeError("depix: observe takes one picture, not a batch of " + std::to_string(input.batch));
        const std::vector<std::string> names = layer_names<Network>();
        Tensor<T> output(1, inference.output_shape(input.shape()));
        inference.run_by_steps(input, output.view(), [&](int step, View<const T> result) {
            visitor(std::string_view(names[static_cast<std::size_t>(step)]),
                    std::string_view(layers.step(step).layer.info->name), result);
        });
    }
}

}  // namespace depix
