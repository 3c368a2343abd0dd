// OnnxFile: an .onnx file: a network's nodes, and its weights by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/io/onnx_tensor.hpp"
#include "depix/io/protobuf.hpp"
#include "depix/io/tensor_file.hpp"

namespace depix {

/// What a node is told besides its inputs.
struct OnnxAttribute {
    float real = 0;
    std::int64_t integer = 0;
    std::string text;
    std::vector<float> reals;
    std::vector<std::int64_t> integers;
    OnnxTensor tensor;
};

struct OnnxNode {
    std::string type;    ///< "Conv"
    std::string domain;  ///< "" for ONNX's own operators
    std::string name;
    std::vector<std::string> inputs, outputs;  ///< "" is an optional one that is not there
    std::map<std::string, OnnxAttribute> attributes;
};

/// An input or output of the whole network.
struct OnnxValue {
    std::string name;
    std::vector<std::int64_t> shape;  ///< -1: any size
};

/// A network as ONNX's ModelProto has it (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). Refused are: data in
/// other files, int8 and other quantized or packed types, text, sparse tensors, and nodes with graphs inside (If,
/// Loop). Every value has one writer, which stands before its readers, so there are no cycles.
struct OnnxFile {
    static constexpr std::size_t maximum_nodes = 100'000;

    std::string path;  ///< for messages
    std::string producer;
    std::int64_t opset = 0;  ///< of ONNX's own operators
    std::vector<OnnxNode> nodes;
    std::vector<OnnxTensor> initializers;
    std::vector<OnnxValue> inputs;  ///< without those that are initializers
    std::vector<OnnxValue> outputs;

    /// Throws FileError when the file cannot be read, is larger than `maximum_bytes`, or is malformed.
    static OnnxFile read(const std::string& path, std::size_t maximum_bytes = std::size_t{1} << 32) {
        return parse(read_file(path, maximum_bytes), path);
    }
    /// The same from memory; `name` stands for the path in messages.
    static OnnxFile parse(std::span<const std::byte> bytes, std::string name = "memory");

    /// The weights by their names, which in files that PyTorch wrote are those of its state_dict. Single numbers, and
    /// what only says how to scale, clip or pad, are no weights.
    TensorFile tensors() const {
        std::set<std::string> read_as_weights;
        for (const OnnxNode& node : nodes)
            if (node.type != "Resize" && node.type != "Upsample" && node.type != "Clip" && node.type != "Pad")
                read_as_weights.insert(node.inputs.begin(), node.inputs.end());
        TensorFile file(path, "ONNX");
        for (const OnnxTensor& tensor : initializers) {
            if (!tensor.is_integer && (tensor.shape.empty() || !read_as_weights.contains(tensor.name))) continue;
            if (tensor.is_integer)
                file.add(tensor.name, DataType::I64, tensor.shape, std::as_bytes(std::span(tensor.integers)));
            else
                file.add(tensor.name, DataType::F32, tensor.shape, std::as_bytes(std::span(tensor.floats)));
        }
        return file;
    }
};

namespace detail {

/// Reads the messages of an ONNX file. Each function reads one kind; none calls itself.
class OnnxReader {
  public:
    explicit OnnxReader(OnnxFile& file) : file_(file) {}

    void model(std::span<const std::byte> bytes) {
        std::span<const std::byte> graph_bytes;
        bool has_graph = false;
        for (ProtobufReader reader(bytes, file_.path); reader.next();) {
            if (reader.field.number == 2) file_.producer = reader.text();
            if (reader.field.number == 8) opset(reader.message());
            if (reader.field.number == 25) fail("has functions of its own, which are not read");
            if (reader.field.number == 7) {
                if (has_graph) fail("has two graphs");
                graph_bytes = reader.message();
                has_graph = true;
            }
        }
        if (!has_graph || file_.opset == 0) fail("no ONNX file: it has no graph or no version of the operators");
        graph(graph_bytes);
        check_order();
    }

  private:
    void opset(std::span<const std::byte> bytes) {
        std::string domain;
        std::int64_t version = 0;
        for (ProtobufReader reader(bytes, file_.path); reader.next();) {
            if (reader.field.number == 1) domain = reader.text();
            if (reader.field.number == 2) version = reader.integer();
        }
        if (domain.empty() || domain == "ai.onnx") file_.opset = version;
    }

    void graph(std::span<const std::byte> bytes) {
        for (ProtobufReader reader(bytes, file_.path); reader.next();) {
            switch (reader.field.number) {
                case 1:
                    file_.nodes.push_back(node(reader.message()));
                    break;
                case 5:
                    file_.initializers.push_back(read_onnx_tensor(reader.message(), file_.path));
                    break;
                case 11:
                    file_.inputs.push_back(value(reader.message()));
                    break;
                case 12:
                    file_.outputs.push_back(value(reader.message()));
                    break;
                case 15:
                    fail("has sparse tensors, which are not read");
                default:
                    break;
            }
            if (file_.nodes.size() > OnnxFile::maximum_nodes || file_.initializers.size() > OnnxFile::maximum_nodes)
                fail("has more than 100000 nodes or tensors");
        }
    }

    OnnxNode node(std::span<const std::byte> bytes) {
        OnnxNode result;
        for (ProtobufReader reader(bytes, file_.path); reader.next();) {
            if (reader.field.number == 1) result.inputs.push_back(reader.text());
            if (reader.field.number == 2) result.outputs.push_back(reader.text());
            if (reader.field.number == 3) result.name = reader.text();
            if (reader.field.number == 4) result.type = reader.text();
            if (reader.field.number == 7) result.domain = reader.text();
            if (reader.field.number == 5) {
                auto [name, content] = attribute(reader.message());
                if (!result.attributes.emplace(name, std::move(content)).second)
                    fail("a node has the attribute " + name + " twice");
            }
        }
        if (result.domain == "ai.onnx") result.domain.clear();
        if (result.name.empty() && !result.outputs.empty()) result.name = result.outputs[0];
        return result;
    }

    std::pair<std::string, OnnxAttribute> attribute(std::span<const std::byte> bytes) {
        std::pair<std::string, OnnxAttribute> result;
        auto& [name, content] = result;
        for (ProtobufReader reader(bytes, file_.path); reader.next();) {
            switch (reader.field.number) {
                case 1:
                    name = reader.text();
                    break;
                case 2:
                    content.real = reader.real();
                    break;
                case 3:
                    content.integer = reader.integer();
                    break;
                case 4:
                    content.text = reader.text();
                    break;
                case 5:
                    content.tensor = read_onnx_tensor(reader.message(), file_.path);
                    break;
                case 7:
                    reader.reals<float>([&list = content.reals](float value) { list.push_back(value); });
                    break;
                case 8:
                    reader.integers([&list = content.integers](std::int64_t value) { list.push_back(value); });
                    break;
                case 6:
                case 11:
                    fail("has a node with a graph inside (If, Loop or Scan), which is not read");
                default:
                    break;
            }
        }
        return result;
    }

    OnnxValue value(std::span<const std::byte> bytes) {
        OnnxValue result;
        for (ProtobufReader reader(bytes, file_.path); reader.next();) {
            if (reader.field.number == 1) result.name = reader.text();
            if (reader.field.number != 2) continue;
            for (ProtobufReader type(reader.message(), file_.path); type.next();) {
                if (type.field.number != 1) continue;
                for (ProtobufReader of_tensor(type.message(), file_.path); of_tensor.next();)
                    if (of_tensor.field.number == 2) result.shape = dimensions(of_tensor.message());
            }
        }
        return result;
    }
    std::vector<std::int64_t> dimensions(std::span<const std::byte> bytes) {
        std::vector<std::int64_t> shape;
        for (ProtobufReader reader(bytes, file_.path); reader.next();) {
            if (reader.field.number != 1) continue;
            shape.push_back(-1);
            for (ProtobufReader extent(reader.message(), file_.path); extent.next();)
                if (extent.field.number == 1 && extent.integer() > 0) shape.back() = extent.integer();
        }
        return shape;
    }

    void check_order() {
        std::set<std::string> known;
        for (const OnnxTensor& tensor : file_.initializers)
            if (tensor.name.empty() || !known.insert(tensor.name).second)
                fail("two initializers are called \"" + tensor.name + "\"");
        // Before version 4 of the format, initializers were listed among the inputs.
        std::erase_if(file_.inputs, [&](const OnnxValue& input) { return known.contains(input.name); });
        for (const OnnxValue& input : file_.inputs)
            if (!known.insert(input.name).second) fail("two inputs are called \"" + input.name + "\"");
        for (const OnnxNode& node : file_.nodes) {
            for (const std::string& input : node.inputs)
                if (!input.empty() && !known.contains(input))
                    fail("node " + node.name + " reads " + input + ", which nothing before it writes");
            for (const std::string& output : node.outputs)
                if (!output.empty() && !known.insert(output).second) fail("two nodes write " + output);
        }
    }

    [[noreturn]] void fail(const std::string& what) const { detail::fail(FileError(file_.path, what)); }

    OnnxFile& file_;
};

}  // namespace detail

inline OnnxFile OnnxFile::parse(std::span<const std::byte> bytes, std::string name) {
    OnnxFile file;
    file.path = std::move(name);
    detail::OnnxReader(file).model(bytes);
    return file;
}

}  // namespace depix
