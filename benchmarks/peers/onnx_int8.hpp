// A quantized network as ONNX Runtime takes it: float operators between QuantizeLinear and DequantizeLinear, which it
// fuses into operators on integers where it has them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "depix/inference.hpp"
#include "depix/io/onnx_writer.hpp"
#include "depix/observe.hpp"
#include "depix/quantize/quantized.hpp"

namespace peers {

/// Where a network's PReLU is computed. ONNX Runtime has none on integers.
enum class Prelu {
    AfterCoding,  ///< the convolution before it gives integers too, so that it runs on integers
    InFloat       ///< the convolution before it gives floats, so that it runs on floats
};

/// Writes the steps of a Program. Maps are uint8, which ONNX Runtime multiplies fastest, with the scales of depix and
/// zero points larger by 128; weights are int8 with a scale for each output channel, biases int32.
class QdqWriter {
  public:
    /// `shapes` are those of the plan's tensors.
    QdqWriter(const depix::integers::Program& program, std::vector<depix::Shape> shapes)
        : program_(program), shapes_(std::move(shapes)) {}

    depix::OnnxWriter writer;

    /// x, rounded to 8 bits. Returns the name of the result, which is `wanted` if that is not empty.
    std::string round_to_8_bits(const std::string& x, const depix::integers::Encoding& encoding,
                                const std::string& wanted = "") {
        const std::vector<std::string> coding = coding_of(encoding);
        const std::string bytes = node("QuantizeLinear", {x, coding[0], coding[1]});
        return node("DequantizeLinear", {bytes, coding[0], coding[1]}, {}, wanted);
    }

    /// `x` and `other` are the names of its inputs. `activation` is ONNX's name of one that is a table in depix,
    /// `before` the encoding of what a PReLU is given, or null.
    std::string write(const depix::integers::Step& step, const std::string& activation,
                      const depix::integers::Encoding* before, const std::string& x, const std::string& other) {
        using enum depix::integers::Operation;
        using Integers = std::vector<std::int64_t>;
        switch (step.operation) {
            case Convolution:
            case TransposedConvolution:
                return activate(step, activation, before, convolution(step, x));
            case MaxPool:
                if (step.pool.before != 0) break;
                return node(
                    "MaxPool", {x},
                    {{"kernel_shape", Integers(2, step.pool.window)}, {"strides", Integers(2, step.pool.stride)}});
            case Add: {
                const std::string sum = node("Add", {x, other});
                return step.rectified ? node("Relu", {sum}) : sum;
            }
            case Concatenate:
                return node("Concat", {x, other}, {{"axis", std::int64_t{1}}});
            case PixelShuffle:
                return node("DepthToSpace", {x},
                            {{"blocksize", std::int64_t{step.factor}}, {"mode", std::string("CRD")}});
            case Upsample: {
                const auto factor = static_cast<float>(step.factor);
                return node("Resize", {x, "", numbers({1, 1, factor, factor})},
                            {{"mode", std::string("nearest")},
                             {"coordinate_transformation_mode", std::string("asymmetric")},
                             {"nearest_mode", std::string("floor")}});
            }
            default:
                break;
        }
        throw std::runtime_error("a step of the network is not written for ONNX Runtime");
    }

  private:
    depix::Shape shape_of(int tensor) const { return shapes_[static_cast<std::size_t>(tensor)]; }
    std::string fresh() { return std::string("n").append(std::to_string(count_++)); }
    std::string node(const char* type, const std::vector<std::string>& inputs,
                     const std::vector<depix::OnnxAttributeValue>& attributes = {}, const std::string& wanted = "") {
        const std::string output = wanted.empty() ? fresh() : wanted;
        writer.node(type, inputs, {output}, attributes);
        return output;
    }
    std::string numbers(const std::vector<float>& values, const std::vector<std::size_t>& shape = {}) {
        const std::string name = fresh();
        writer.weight(name, shape.empty() ? std::vector<std::size_t>{values.size()} : shape, values);
        return name;
    }
    std::vector<std::string> coding_of(const depix::integers::Encoding& encoding) {
        const std::string scale = fresh(), zero = fresh();
        writer.weight(scale, {}, std::vector<float>{encoding.scale});
        writer.integers(zero, {}, std::vector<std::uint8_t>{static_cast<std::uint8_t>(encoding.zero_point + 128)});
        return {scale, zero};
    }

    std::string convolution(const depix::integers::Step& step, const std::string& x) {
        using Integers = std::vector<std::int64_t>;
        const depix::ConvGeometry& g = step.geometry;
        const auto size = [](int value) { return static_cast<std::size_t>(value); };
        const bool transposed = step.operation == depix::integers::Operation::TransposedConvolution;
        std::vector<depix::OnnxAttributeValue> attributes{
            {"kernel_shape", Integers{g.kernel, g.kernel_width}},
            {"strides", Integers(2, g.stride)},
            {"dilations", Integers(2, g.dilation)},
            {"group", std::int64_t{g.groups}},
            {"pads", Integers{g.padding_before, g.width_padding_before, g.padding_after, g.width_padding_after}}};
        std::vector<float> bias_scale;
        for (const float scale : step.weight_scale) bias_scale.push_back(scale * program_.encoding(step.input).scale);
        const std::vector<std::size_t> shape{size(transposed ? g.in_channels : g.out_channels),
                                             size(transposed ? g.group_out() : g.group_in()), size(g.kernel),
                                             size(g.kernel_width)};
        const std::string weight = fresh(), bias = fresh();
        writer.integers(weight, shape, std::span<const std::int8_t>(step.weight));
        writer.integers(bias, {step.bias.size()}, std::span<const std::int32_t>(step.bias));
        if (transposed && g.groups != 1)
            throw std::runtime_error("transposed convolutions with groups are not written");
        const std::string float_weight = node("DequantizeLinear", {weight, numbers(step.weight_scale)},
                                              {{"axis", std::int64_t{transposed ? 1 : 0}}});
        const std::string float_bias =
            node("DequantizeLinear", {bias, numbers(bias_scale)}, {{"axis", std::int64_t{0}}});
        if (!transposed) return node("Conv", {x, float_weight, float_bias}, attributes);
        const depix::Shape in = shape_of(step.input), out = shape_of(step.output);
        const auto missing = [&](int to, int from, int extent, int padding) {
            return std::int64_t{to - ((from - 1) * g.stride + extent - padding)};
        };
        attributes.push_back(
            {"output_padding",
             Integers{missing(out.height, in.height, g.height_extent(), g.padding_before + g.padding_after),
                      missing(out.width, in.width, g.width_extent(), g.width_padding_before + g.width_padding_after)}});
        return node("ConvTranspose", {x, float_weight, float_bias}, attributes);
    }

    std::string activate(const depix::integers::Step& step, const std::string& activation,
                         const depix::integers::Encoding* before, const std::string& x) {
        if (step.rectified) return node("Relu", {x});
        if (!activation.empty()) return node(activation.c_str(), {round_to_8_bits(x, step.inner)});
        if (step.slope.empty()) return x;
        const std::string coded = before ? round_to_8_bits(x, *before) : x;
        if (step.slope.size() == 1) return node("LeakyRelu", {coded}, {{"alpha", step.slope[0]}});
        return node("PRelu", {coded, numbers(step.slope, {step.slope.size(), 1, 1})});
    }

    const depix::integers::Program& program_;
    const std::vector<depix::Shape> shapes_;
    int count_ = 0;
};

/// The bytes of the file. Pictures are (1, channels, height, width); `image` shows which values a PReLU is given.
template <depix::Module Network>
std::vector<std::byte> onnx_int8_bytes(const depix::Quantized<Network>& network, const depix::Model<Network>& model,
                                       const depix::Image& image, Prelu prelu) {
    constexpr auto& plan = depix::integer_plan<Network>;
    std::map<std::string, depix::integers::Encoding, std::less<>> given;  // by the convolution's name
    const depix::Inference<Network, depix::Unfused<depix::Cpu>> floats{model, 1};
    depix::observe(floats, image, [&](std::string_view name, std::string_view, depix::View<const float> x) {
        depix::detail::Histogram map;
        map.widen(x);
        given[std::string(name)] = depix::detail::encoding_of({std::min(map.low, 0.0), std::max(map.high, 0.0)});
    });
    const auto shapes = depix::find_shapes(plan, image.shape);
    QdqWriter qdq(network.program, {shapes.begin(), shapes.end()});
    std::map<int, std::string> maps;
    maps[plan.input] = qdq.round_to_8_bits("input", network.program.encoding(plan.input));
    for (int i = 0; i < plan.step_count; ++i) {
        const depix::integers::Step& step = network.program.steps[static_cast<std::size_t>(i)];
        const depix::PlanLayer& activation = plan.step(i).activation;
        const std::string result = qdq.write(
            step, step.table.empty() ? "" : activation.info->name,
            prelu == Prelu::AfterCoding ? &given.at(network.layers[static_cast<std::size_t>(i)].name) : nullptr,
            maps.at(step.input), step.other >= 0 ? maps.at(step.other) : "");
        maps[step.output] = qdq.round_to_8_bits(result, network.program.encoding(step.output),
                                                step.output == plan.output ? "output" : "");
    }
    const auto extents = [](depix::Shape shape) {
        return std::vector<std::string>{"1", std::to_string(shape.channels), std::to_string(shape.height),
                                        std::to_string(shape.width)};
    };
    qdq.writer.input("input", extents(image.shape));
    qdq.writer.output("output", extents(Network::output(image.shape)));
    return qdq.writer.bytes();
}

}  // namespace peers
