// OnnxWriter: gathers nodes and weights, and writes them as one ONNX file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "depix/io/atomic_file.hpp"
#include "depix/io/protobuf.hpp"
#include "depix/version.hpp"

namespace depix {

/// A node's attribute: a number, a whole number, several of these, or a text.
struct OnnxAttributeValue {
    std::string name;
    std::variant<float, std::int64_t, std::vector<std::int64_t>, std::string> value;
};

/// Writes an ONNX file (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto) of format version 8 and opset 17. Nodes
/// are written in the order of the calls, which must be one in which they can run.
///
///     OnnxWriter writer;
///     writer.input("picture", {"batch", "3", "height", "width"});
///     writer.weight("0.weight", {64, 3, 3, 3}, values);
///     writer.node("Conv", {"picture", "0.weight"}, "restored", {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}});
///     writer.output("restored", {"batch", "64", "height", "width"});
///     write_file("network.onnx", writer.bytes());
class OnnxWriter {
  public:
    std::int64_t opset = 17;

    void node(std::string_view type, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
              const std::vector<OnnxAttributeValue>& attributes = {}) {
        detail::ProtobufWriter node;
        for (const std::string& input : inputs) node.text(1, input);
        for (const std::string& output : outputs) node.text(2, output);
        node.text(3, outputs.empty() ? std::string(type) : outputs[0]);
        node.text(4, type);
        for (const OnnxAttributeValue& attribute : attributes) node.message(5, attribute_message(attribute));
        graph_.message(1, node);
    }

    /// A tensor of floats, under the name by which nodes read it.
    void weight(const std::string& name, const std::vector<std::size_t>& shape, std::span<const float> values) {
        tensor(name, shape, 1, std::as_bytes(values));
    }
    void integers(const std::string& name, const std::vector<std::int64_t>& values) {
        tensor(name, {values.size()}, 7, std::as_bytes(std::span(values)));
    }
    /// A tensor of a quantized network.
    void integers(const std::string& name, const std::vector<std::size_t>& shape,
                  std::span<const std::uint8_t> values) {
        tensor(name, shape, 2, std::as_bytes(values));
    }
    void integers(const std::string& name, const std::vector<std::size_t>& shape, std::span<const std::int8_t> values) {
        tensor(name, shape, 3, std::as_bytes(values));
    }
    void integers(const std::string& name, const std::vector<std::size_t>& shape,
                  std::span<const std::int32_t> values) {
        tensor(name, shape, 6, std::as_bytes(values));
    }

    /// The network's input and output: a name, and each extent as a number or as the name of a size that may vary.
    void input(const std::string& name, const std::vector<std::string>& shape) {
        graph_.message(11, value_message(name, shape));
    }
    void output(const std::string& name, const std::vector<std::string>& shape) {
        graph_.message(12, value_message(name, shape));
    }

    std::vector<std::byte> bytes() const {
        detail::ProtobufWriter graph = graph_, operators, model;
        graph.text(2, "depix");
        operators.text(1, "");
        operators.integer(2, opset);
        model.integer(1, 8);
        model.text(2, "depix");
        model.text(3, std::to_string(DEPIX_VERSION_MAJOR) + "." + std::to_string(DEPIX_VERSION_MINOR) + "." +
                          std::to_string(DEPIX_VERSION_PATCH));
        model.message(7, graph);
        model.message(8, operators);
        return model.result();
    }

  private:
    static detail::ProtobufWriter attribute_message(const OnnxAttributeValue& attribute) {
        detail::ProtobufWriter message;
        message.text(1, attribute.name);
        if (const auto* real = std::get_if<float>(&attribute.value)) {
            message.real(2, *real);
            message.integer(20, 1);
        } else if (const auto* whole = std::get_if<std::int64_t>(&attribute.value)) {
            message.integer(3, *whole);
            message.integer(20, 2);
        } else if (const auto* list = std::get_if<std::vector<std::int64_t>>(&attribute.value)) {
            for (const std::int64_t value : *list) message.integer(8, value);
            message.integer(20, 7);
        } else {
            message.text(4, std::get<std::string>(attribute.value));
            message.integer(20, 3);
        }
        return message;
    }

    void tensor(const std::string& name, const std::vector<std::size_t>& shape, std::int64_t type,
                std::span<const std::byte> bytes) {
        detail::ProtobufWriter message;
        for (const std::size_t extent : shape) message.integer(1, static_cast<std::int64_t>(extent));
        message.integer(2, type);
        message.text(8, name);
        message.bytes(9, bytes);
        graph_.message(5, message);
    }

    static detail::ProtobufWriter value_message(const std::string& name, const std::vector<std::string>& extents) {
        detail::ProtobufWriter shape, tensor, type, value;
        for (const std::string& extent : extents) {
            detail::ProtobufWriter dimension;
            if (extent.find_first_not_of("0123456789") == std::string::npos)
                dimension.integer(1, std::stoll(extent));
            else
                dimension.text(2, extent);
            shape.message(1, dimension);
        }
        tensor.integer(1, 1);
        tensor.message(2, shape);
        type.message(1, tensor);
        value.text(1, name);
        value.message(2, type);
        return value;
    }

    detail::ProtobufWriter graph_;
};

}  // namespace depix
