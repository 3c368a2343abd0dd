// OnnxGraph: writes each of depix's layers as ONNX's operators. io/export_onnx.hpp walks a network with it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "depix/io/onnx_writer.hpp"
#include "depix/layers/average_pool.hpp"
#include "depix/layers/batch_norm.hpp"
#include "depix/layers/channel_scale.hpp"
#include "depix/layers/clamp.hpp"
#include "depix/layers/conv_transpose.hpp"
#include "depix/layers/crop.hpp"
#include "depix/layers/dense.hpp"
#include "depix/layers/dropout.hpp"
#include "depix/layers/edge_padding.hpp"
#include "depix/layers/elu.hpp"
#include "depix/layers/gelu.hpp"
#include "depix/layers/global_average_pool.hpp"
#include "depix/layers/hardswish.hpp"
#include "depix/layers/instance_norm.hpp"
#include "depix/layers/layer_norm.hpp"
#include "depix/layers/leaky_relu.hpp"
#include "depix/layers/max_pool.hpp"
#include "depix/layers/mish.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/layers/pixel_unshuffle.hpp"
#include "depix/layers/prelu.hpp"
#include "depix/layers/relu.hpp"
#include "depix/layers/scale.hpp"
#include "depix/layers/sigmoid.hpp"
#include "depix/layers/silu.hpp"
#include "depix/layers/simple_gate.hpp"
#include "depix/layers/slice.hpp"
#include "depix/layers/softmax.hpp"
#include "depix/layers/tanh.hpp"
#include "depix/layers/upsample.hpp"

namespace depix::detail {

/// Nodes that are written one after another. Each function takes the names of maps and returns the name of its result.
class OnnxGraph {
  public:
    using Attributes = std::vector<OnnxAttributeValue>;
    using Integers = std::vector<std::int64_t>;

    OnnxWriter writer;
    std::string place;  ///< the layer's name in the network, after which its maps are called

    std::string node(std::string_view type, std::vector<std::string> inputs, const Attributes& attributes = {}) {
        const std::string output = unique(place.empty() ? std::string("map") : place);
        writer.node(type, inputs, {output}, attributes);
        return output;
    }
    std::string unique(const std::string& wanted) {
        std::string name = wanted;
        for (int i = 1; !names_.insert(name).second; ++i) name = wanted + "_" + std::to_string(i);
        return name;
    }
    std::string constant(std::vector<float> values, const std::vector<std::size_t>& shape) {
        const std::string name = unique("constant");
        writer.weight(name, shape, values);
        return name;
    }
    std::string number(double value) { return constant({static_cast<float>(value)}, {}); }
    std::string integers(const Integers& values) {
        const std::string name = unique("integers");
        writer.integers(name, values);
        return name;
    }

    // ---- each layer: its input, its channels, and the names of its tensors, in the layer's order
    // ---------------------- `weights` are already written with the shapes that PyTorch gives them.

    using Names = std::span<const std::string>;
    template <class L>
    using As = std::type_identity<L>;

    template <int In, int Out, int K, class... O>
    std::string layer(As<Conv<In, Out, K, O...>>, const std::string& x, int, Names weights) {
        return node("Conv", with(x, weights), windows(Conv<In, Out, K, O...>::geometry));
    }
    template <int In, int Out, int K, class... O>
    std::string layer(As<ConvTranspose<In, Out, K, O...>>, const std::string& x, int, Names weights) {
        using L = ConvTranspose<In, Out, K, O...>;
        Attributes attributes = windows(L::geometry);
        attributes.push_back({"output_padding", Integers{L::output_padding, L::output_padding}});
        return node("ConvTranspose", with(x, weights), attributes);
    }
    /// The vector becomes a map of one pixel again.
    template <int In, int Out, class... O>
    std::string layer(As<Dense<In, Out, O...>>, const std::string& x, int, Names weights) {
        const std::string vector = node("Flatten", {x}, {{"axis", std::int64_t{1}}});
        const std::string result = node("Gemm", with(vector, weights), {{"transB", std::int64_t{1}}});
        return node("Unsqueeze", {result, integers({2, 3})});
    }

    template <int C, class... O>
    std::string layer(As<BatchNorm<C, O...>>, const std::string& x, int, Names weights) {
        using L = BatchNorm<C, O...>;
        std::vector<std::string> inputs{x};
        if (!L::affine) inputs.insert(inputs.end(), {filled(1, C), filled(0, C)});
        inputs.insert(inputs.end(), weights.begin(), weights.end());
        return node("BatchNormalization", inputs, {{"epsilon", static_cast<float>(L::epsilon)}});
    }
    template <int C, class... O>
    std::string layer(As<InstanceNorm<C, O...>>, const std::string& x, int, Names weights) {
        using L = InstanceNorm<C, O...>;
        std::vector<std::string> inputs = with(x, weights);
        if (!L::affine) inputs = {x, filled(1, C), filled(0, C)};
        return node("InstanceNormalization", inputs, {{"epsilon", static_cast<float>(L::epsilon)}});
    }
    /// A group as one channel of one row.
    template <int G, int C, class... O>
    std::string layer(As<GroupNorm<G, C, O...>>, const std::string& x, int, Names weights) {
        using L = GroupNorm<G, C, O...>;
        const std::string rows = node("Reshape", {x, integers({0, G, -1})});
        const std::string norm = node("InstanceNormalization", {rows, filled(1, G), filled(0, G)},
                                      {{"epsilon", static_cast<float>(L::epsilon)}});
        const std::string whole = node("Reshape", {norm, node("Shape", {x})});
        if (!L::affine) return whole;
        const auto column = [&](const std::string& name) { return node("Unsqueeze", {name, integers({1, 2})}); };
        return node("Add", {node("Mul", {whole, column(weights[0])}), column(weights[1])});
    }
    /// The channels are moved to the end.
    template <int C, class... O>
    std::string layer(As<LayerNorm2d<C, O...>>, const std::string& x, int, Names weights) {
        const std::string last = node("Transpose", {x}, {{"perm", Integers{0, 2, 3, 1}}});
        const std::string norm =
            node("LayerNormalization", with(last, weights),
                 {{"axis", std::int64_t{-1}}, {"epsilon", static_cast<float>(LayerNorm2d<C, O...>::epsilon)}});
        return node("Transpose", {norm}, {{"perm", Integers{0, 3, 1, 2}}});
    }
    template <int C, Initial S>
    std::string layer(As<ChannelScale<C, S>>, const std::string& x, int, Names weights) {
        return node("Mul", {x, weights[0]});
    }

    std::string layer(As<ReLU>, const std::string& x, int, Names) { return node("Relu", {x}); }
    template <class S>
    std::string layer(As<LeakyReLU<S>>, const std::string& x, int, Names) {
        return node("LeakyRelu", {x}, {{"alpha", static_cast<float>(ratio_value<S>)}});
    }
    template <int S>
    std::string layer(As<PReLU<S>>, const std::string& x, int, Names weights) {
        return node("PRelu", {x, node("Unsqueeze", {weights[0], integers({1, 2})})});
    }
    template <class A>
    std::string layer(As<ELU<A>>, const std::string& x, int, Names) {
        return node("Elu", {x}, {{"alpha", static_cast<float>(ratio_value<A>)}});
    }
    std::string layer(As<Sigmoid>, const std::string& x, int, Names) { return node("Sigmoid", {x}); }
    std::string layer(As<Tanh>, const std::string& x, int, Names) { return node("Tanh", {x}); }
    std::string layer(As<SiLU>, const std::string& x, int, Names) { return node("Mul", {x, node("Sigmoid", {x})}); }
    std::string layer(As<Mish>, const std::string& x, int, Names) {
        return node("Mul", {x, node("Tanh", {node("Softplus", {x})})});
    }
    /// As PyTorch writes it.
    std::string layer(As<GELU>, const std::string& x, int, Names) {
        const std::string error = node("Erf", {node("Mul", {x, number(0.70710678118654752440)})});
        return node("Mul", {node("Mul", {x, node("Add", {error, number(1)})}), number(0.5)});
    }
    /// x * sigmoid(a x + b x^3)
    std::string layer(As<GELUTanh>, const std::string& x, int, Names) {
        constexpr double a = 2 * 0.79788456080286535588;
        const std::string square = node("Mul", {x, x});
        const std::string inner = node("Add", {node("Mul", {square, number(a * 0.044715)}), number(a)});
        return node("Mul", {x, node("Sigmoid", {node("Mul", {x, inner})})});
    }
    std::string layer(As<Hardsigmoid>, const std::string& x, int, Names) {
        return node("HardSigmoid", {x}, {{"alpha", 1.f / 6}, {"beta", 0.5f}});
    }
    std::string layer(As<Hardswish>, const std::string& x, int, Names) { return node("HardSwish", {x}); }
    template <class L, class H>
    std::string layer(As<Clamp<L, H>>, const std::string& x, int, Names) {
        return node("Clip", {x, number(ratio_value<L>), number(ratio_value<H>)});
    }
    template <class R>
    std::string layer(As<Scale<R>>, const std::string& x, int, Names) {
        return node("Mul", {x, number(ratio_value<R>)});
    }
    std::string layer(As<Softmax>, const std::string& x, int, Names) {
        return node("Softmax", {x}, {{"axis", std::int64_t{1}}});
    }
    /// In inference it is its input.
    template <class R>
    std::string layer(As<Dropout<R>>, const std::string& x, int, Names) {
        return x;
    }

    template <int W, class... O>
    std::string layer(As<MaxPool<W, O...>>, const std::string& x, int, Names) {
        return node("MaxPool", {x}, pool<MaxPool<W, O...>>());
    }
    template <int W, class... O>
    std::string layer(As<AveragePool<W, O...>>, const std::string& x, int, Names) {
        static_assert(
            !AveragePool<W, O...>::ceil,
            "depix: export_onnx: ONNX's AveragePool counts windows beyond the edge otherwise than CeilMode does");
        Attributes attributes = pool<AveragePool<W, O...>>();
        attributes.push_back({"count_include_pad", std::int64_t{1}});
        return node("AveragePool", {x}, attributes);
    }
    std::string layer(As<GlobalAveragePool>, const std::string& x, int, Names) {
        return node("GlobalAveragePool", {x});
    }

    template <int F>
    std::string layer(As<PixelShuffle<F>>, const std::string& x, int, Names) {
        return node("DepthToSpace", {x}, {{"blocksize", std::int64_t{F}}, {"mode", std::string("CRD")}});
    }
    /// SpaceToDepth's channels are in another order: k * channels + c instead of c * F^2 + k.
    template <int F, int C>
    std::string layer(As<PixelUnshuffle<F, C>>, const std::string& x, int channels, Names) {
        const std::string depth = node("SpaceToDepth", {x}, {{"blocksize", std::int64_t{F}}});
        Integers order;
        for (int c = 0; c < channels; ++c)
            for (int k = 0; k < F * F; ++k) order.push_back(static_cast<std::int64_t>(k) * channels + c);
        return node("Gather", {depth, integers(order)}, {{"axis", std::int64_t{1}}});
    }
    template <int F, class... O>
    std::string layer(As<Upsample<F, O...>>, const std::string& x, int, Names) {
        using L = Upsample<F, O...>;
        float scale = F;
        Attributes attributes{{"mode", std::string("nearest")},
                              {"coordinate_transformation_mode", std::string("asymmetric")},
                              {"nearest_mode", std::string("floor")}};
        if constexpr (requires { L::divisor; }) {
            scale /= L::divisor;
            if constexpr (L::taps > 1)
                attributes = {
                    {"mode", std::string(L::taps > 2 ? "cubic" : "linear")},
                    {"coordinate_transformation_mode", std::string(L::corners ? "align_corners" : "half_pixel")},
                    {"cubic_coeff_a", -0.75f}};
        }
        return node("Resize", {x, "", constant({1, 1, scale, scale}, {4})}, attributes);
    }
    template <int B, int A>
    std::string layer(As<Crop<B, A>>, const std::string& x, int, Names) {
        // An end of -A counts from the last row; beyond the last stands for none.
        const std::int64_t end = A > 0 ? -A : std::int64_t{1} << 31;
        return node("Slice", {x, integers({B, B}), integers({end, end}), integers({2, 3})});
    }
    template <int B, int A>
    std::string layer(As<ReflectPadding<B, A>>, const std::string& x, int, Names) {
        return node("Pad", {x, integers({0, 0, B, B, 0, 0, A, A})}, {{"mode", std::string("reflect")}});
    }
    template <int B, int A>
    std::string layer(As<ReplicationPadding<B, A>>, const std::string& x, int, Names) {
        return node("Pad", {x, integers({0, 0, B, B, 0, 0, A, A})}, {{"mode", std::string("edge")}});
    }
    template <int In, int First, int Count>
    std::string layer(As<Slice<In, First, Count>>, const std::string& x, int, Names) {
        return channels_of(x, First, First + Count);
    }
    std::string layer(As<SimpleGate>, const std::string& x, int channels, Names) {
        return node("Mul", {channels_of(x, 0, channels / 2), channels_of(x, channels / 2, channels)});
    }

  private:
    static std::vector<std::string> with(const std::string& x, Names weights) {
        std::vector<std::string> inputs{x};
        inputs.insert(inputs.end(), weights.begin(), weights.end());
        return inputs;
    }
    std::string filled(float value, int count) {
        const auto size = static_cast<std::size_t>(count);
        return constant(std::vector<float>(size, value), {size});
    }
    std::string channels_of(const std::string& x, int first, int last) {
        return node("Slice", {x, integers({first}), integers({last}), integers({1})});
    }
    static Attributes windows(const ConvGeometry& g) {
        return {{"kernel_shape", Integers{g.kernel, g.kernel_width}},
                {"strides", Integers{g.stride, g.stride}},
                {"pads", Integers{g.padding_before, g.width_padding_before, g.padding_after, g.width_padding_after}},
                {"dilations", Integers{g.dilation, g.dilation}},
                {"group", std::int64_t{g.groups}}};
    }
    template <class L>
    static Attributes pool() {
        return {{"kernel_shape", Integers{L::window, L::window}},
                {"strides", Integers{L::stride, L::stride}},
                {"pads", Integers{L::before, L::before, L::after, L::after}},
                {"ceil_mode", std::int64_t{L::ceil ? 1 : 0}}};
    }

    std::set<std::string> names_;
};

}  // namespace depix::detail
