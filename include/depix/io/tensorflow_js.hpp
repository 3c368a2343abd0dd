// read_tensorflow_js: the weights of a TensorFlow.js layers model, which is model.json and files of numbers beside it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/half.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/io/json_value.hpp"
#include "depix/io/tensor_file.hpp"

namespace depix {

namespace detail {

/// What is needed of a layer of Keras's: its class, and the layers that it reads.
struct KerasLayer {
    std::string type;  ///< "Conv2D"
    std::vector<std::string> inputs;
    double block_size = 0;  ///< if it makes pixels of channels; 0: it does not
};

/// Reads a model whose model.json is parsed. `shard(name)` gives the bytes of one of the files that it names.
class TensorflowJsReader {
  public:
    using Shard = std::function<std::vector<std::byte>(const std::string&)>;

    /// `shuffles`: the channels before a depth_to_space get PixelShuffle's order.
    TensorflowJsReader(const JsonValue& model, std::string path, const Shard& shard, bool shuffles = true)
        : model_(model), path_(std::move(path)), shard_(shard), shuffles_(shuffles), file_(path_, "TensorFlow.js") {}

    TensorFile read() {
        if (model_["format"].text == "graph-model") fail("is a graph model of TensorFlow.js; layers models are read");
        const JsonValue& topology = model_["modelTopology"];
        const JsonValue& config = topology["model_config"].names.empty() ? topology : topology["model_config"];
        if (config["class_name"].text.empty() || model_["weightsManifest"].items.empty())
            fail("no layers model of TensorFlow.js: it has no model_config or no weightsManifest");
        read_layers(config);
        for (const JsonValue& group : model_["weightsManifest"].items) read_group(group);
        return std::move(file_);
    }

  private:
    void read_layers(const JsonValue& config) {
        const JsonValue& inner = config["config"];
        const std::vector<JsonValue>& layers =
            inner.kind == JsonValue::Kind::Array ? inner.items : inner["layers"].items;
        std::string previous;
        for (const JsonValue& layer : layers) {
            KerasLayer result{layer["class_name"].text, {}};
            const std::string name = layer["name"].text.empty() ? layer["config"]["name"].text : layer["name"].text;
            double size_of_call = 0;
            for (const JsonValue& node : layer["inbound_nodes"].items) {
                // [["conv", 0, 0, {}], ...], or for an operator ["conv", 0, 0, {"block_size": 2}]
                const bool is_call = !node.items.empty() && node.items[0].kind == JsonValue::Kind::Text;
                if (is_call) result.inputs.push_back(node.items[0].text);
                if (is_call && node.items.size() > 3) size_of_call = node.items[3]["block_size"].number;
                if (!is_call)
                    for (const JsonValue& input : node.items)
                        if (!input.items.empty()) result.inputs.push_back(input.items[0].text);
            }
            if (config["class_name"].text == "Sequential" && !previous.empty()) result.inputs = {previous};
            result.block_size = block_size(layer, size_of_call);
            if (!layers_.emplace(name, std::move(result)).second) fail("has two layers called \"" + name + "\"");
            previous = name;
        }
    }

    // How a layer that makes pixels of channels is called and says its factor.
    double block_size(const JsonValue& layer, double size_of_call) const {
        const JsonValue& config = layer["config"];
        const std::string type = layer["class_name"].text, function = config["function"].text;
        const bool shuffles = type.find("PixelShuffle") == 0 || type.find("DepthToSpace") == 0 ||
                              type.find("SubpixelConv") == 0 || function.ends_with("depth_to_space");
        if (!shuffles) return 0;
        for (const char* key : {"block_size", "scale", "factor", "upscale_factor", "blockSize"})
            if (config[key].number > 0) size_of_call = config[key].number;
        if (!(size_of_call >= 1 && size_of_call <= 64 && size_of_call == static_cast<int>(size_of_call)))
            fail("layer \"" + config["name"].text + "\" (" + type + ") does not say its factor");
        return size_of_call;
    }

    void read_group(const JsonValue& group) {
        std::vector<std::byte> bytes;
        for (const JsonValue& path : group["paths"].items) {
            // Only files beside model.json are read.
            if (path.text.empty() || path.text.find_first_of("/\\:") != std::string::npos || path.text[0] == '.')
                fail("has weights in \"" + path.text + "\", which is no name of a file beside it");
            const std::vector<std::byte> shard = shard_(path.text);
            const std::size_t end = bytes.size();
            bytes.resize(end + shard.size());
            std::copy(shard.begin(), shard.end(), bytes.begin() + static_cast<std::ptrdiff_t>(end));
        }
        std::size_t position = 0;
        for (const JsonValue& weight : group["weights"].items) {
            const std::string& name = weight["name"].text;
            std::vector<std::size_t> shape;
            for (const JsonValue& extent : weight["shape"].items) {
                if (!(extent.number >= 0 && extent.number <= 1e9) || shape.size() == 8)
                    fail("tensor \"" + name + "\" has a size that is not possible");
                shape.push_back(static_cast<std::size_t>(extent.number));
            }
            const JsonValue& quantization = weight["quantization"];
            const std::string stored = quantization["dtype"].text;
            const bool readable = stored.empty() || stored == "float16" || stored == "uint8" || stored == "uint16";
            if (weight["dtype"].text != "float32" || !readable)
                fail("tensor \"" + name + "\" is stored as " + (stored.empty() ? weight["dtype"].text : stored) +
                     ", which is not read; float32, float16, uint8 and uint16 are");
            const DataType type = stored.empty() ? DataType::F32 : stored == "uint8" ? DataType::U8 : DataType::F16;
            const auto size = byte_count(type, shape);
            if (!size || *size > bytes.size() - position)
                fail("tensor \"" + name + "\" of shape " + to_string(shape) + " lies beyond the end of the weights");
            add(name, shape, values(std::span(bytes).subspan(position, *size), quantization));
            position += *size;
        }
        if (position != bytes.size()) fail(std::to_string(bytes.size() - position) + " bytes of weights are left over");
    }

    // float32 and float16, or whole numbers n that stand for min + n * scale.
    static std::vector<float> values(std::span<const std::byte> bytes, const JsonValue& quantization) {
        const std::string& stored = quantization["dtype"].text;
        const std::size_t size = stored.empty() ? 4 : stored == "uint8" ? 1 : 2;
        std::vector<float> result(bytes.size() / size);
        if (stored.empty() && !result.empty()) std::memcpy(result.data(), bytes.data(), bytes.size());
        if (stored.empty()) return result;
        for (std::size_t i = 0; i < result.size(); ++i) {
            std::uint16_t number = 0;
            std::memcpy(&number, bytes.data() + size * i, size);  // little-endian, as depix's machines are
            result[i] = stored == "float16"
                            ? Float16::decode(number)
                            : static_cast<float>(quantization["min"].number + number * quantization["scale"].number);
        }
        return result;
    }

    // Adds a tensor of Keras's under PyTorch's name and in PyTorch's order.
    void add(const std::string& full_name, std::vector<std::size_t> shape, std::vector<float> values) {
        const std::string name = full_name.substr(0, full_name.find(':'));
        const std::size_t slash = name.rfind('/');
        const std::string layer = slash == std::string::npos ? "" : name.substr(0, slash);
        const std::string own = slash == std::string::npos ? name : name.substr(slash + 1);
        const auto found = layers_.find(layer.substr(layer.rfind('/') + 1));
        const std::string type = found == layers_.end() ? "" : found->second.type;
        std::string parameter = own;
        for (const auto& [keras, pytorch] :
             {std::pair{"kernel", "weight"}, std::pair{"depthwise_kernel", "weight"}, std::pair{"gamma", "weight"},
              std::pair{"beta", "bias"}, std::pair{"alpha", "weight"}, std::pair{"moving_mean", "running_mean"},
              std::pair{"moving_variance", "running_var"}})
            if (own == keras) parameter = pytorch;
        if (own == "pointwise_kernel") parameter = "pointwise.weight";

        const std::size_t rank = shape.size();
        if (rank == 4 && (own == "depthwise_kernel" || own == "kernel" || own == "pointwise_kernel")) {
            // (H, W, In, Out); of a transposed convolution (H, W, Out, In), whose weight in PyTorch is (In, Out, H, W);
            // of a depthwise one (H, W, C, M), in PyTorch (C * M, 1, H, W).
            const bool depthwise = own == "depthwise_kernel";
            values = order(values, shape,
                           depthwise ? std::array<std::size_t, 4>{2, 3, 0, 1} : std::array<std::size_t, 4>{3, 2, 0, 1});
            shape = depthwise ? std::vector{shape[2] * shape[3], std::size_t{1}, shape[0], shape[1]}
                              : std::vector{shape[3], shape[2], shape[0], shape[1]};
        } else if (rank == 2 && own == "kernel") {
            values = order(values, {1, 1, shape[0], shape[1]}, {3, 2, 0, 1});
            std::swap(shape[0], shape[1]);
        } else if (own == "alpha") {  // (1, 1, C)
            shape = {values.size()};
        }
        const std::size_t block = shuffles_ ? shuffled_block(found) : 0;
        if (block > 1 && type != "Conv2DTranspose" && own != "depthwise_kernel") shuffle(values, shape, block);
        file_.add((layer.empty() ? "" : layer + ".") + parameter, DataType::F32, shape,
                  std::as_bytes(std::span(values)));
    }

    // A tensor of four dimensions with its dimensions in another order: the first is source[0] of the old, and so on.
    static std::vector<float> order(const std::vector<float>& values, const std::vector<std::size_t>& shape,
                                    const std::array<std::size_t, 4>& source) {
        const std::size_t stride[4] = {shape[1] * shape[2] * shape[3], shape[2] * shape[3], shape[3], 1};
        std::vector<float> result;
        result.reserve(values.size());
        for (std::size_t a = 0; a < shape[source[0]]; ++a)
            for (std::size_t b = 0; b < shape[source[1]]; ++b)
                for (std::size_t c = 0; c < shape[source[2]]; ++c)
                    for (std::size_t d = 0; d < shape[source[3]]; ++d)
                        result.push_back(values[a * stride[source[0]] + b * stride[source[1]] + c * stride[source[2]] +
                                                d * stride[source[3]]]);
        return result;
    }

    // The factor of a depth_to_space that reads this layer, perhaps through an activation; 0 if there is none.
    std::size_t shuffled_block(std::map<std::string, KerasLayer>::const_iterator layer) const {
        if (layer == layers_.end()) return 0;
        for (const auto& [name, other] : layers_) {
            if (other.block_size == 0 || other.inputs.size() != 1) continue;
            std::string source = other.inputs[0];
            for (int steps = 0; steps < 8 && source != layer->first; ++steps) {
                const auto before = layers_.find(source);
                if (before == layers_.end() || before->second.inputs.size() != 1) break;
                const std::string& type = before->second.type;
                if (type != "Activation" && type.find("ReLU") == std::string::npos) break;
                source = before->second.inputs[0];
            }
            if (source == layer->first) return static_cast<std::size_t>(other.block_size);
        }
        return 0;
    }

    // TensorFlow's channel k * C + c is channel c * block^2 + k of PixelShuffle, k counting a block's pixels.
    void shuffle(std::vector<float>& values, const std::vector<std::size_t>& shape, std::size_t block) const {
        const std::size_t square = block * block;
        if (shape.empty() || shape[0] % square != 0)
            fail("has channels that do not divide by a depth_to_space's factor");
        const std::size_t channels = shape[0] / square, row = shape[0] == 0 ? 0 : values.size() / shape[0];
        std::vector<float> result(values.size());
        for (std::size_t c = 0; c < channels; ++c)
            for (std::size_t k = 0; k < square; ++k)
                std::copy_n(values.data() + (k * channels + c) * row, row, result.data() + (c * square + k) * row);
        values = std::move(result);
    }

    [[noreturn]] void fail(const std::string& what) const { detail::fail(FileError(path_, what)); }

    const JsonValue& model_;
    std::string path_;
    const Shard& shard_;
    bool shuffles_;
    TensorFile file_;
    std::map<std::string, KerasLayer> layers_;
};

}  // namespace detail

/// A layers model: what its model.json says, and its weights.
struct TensorflowJsFile {
    std::string path;
    detail::JsonValue model;
    TensorFile weights;

    /// Reads model.json and the files that it names. `shuffles`: as read_tensorflow_js has it; otherwise the channels
    /// before a depth_to_space keep TensorFlow's order. Throws FileError.
    static TensorflowJsFile read(const std::string& path, std::size_t maximum_bytes = std::size_t{1} << 32,
                                 bool shuffles = false) {
        const std::vector<std::byte> text = read_file(path, std::size_t{1} << 22);
        JsonReader reader({reinterpret_cast<const char*>(text.data()), text.size()}, path);
        TensorflowJsFile file{path, detail::read_json(reader), {}};
        reader.end();
        const std::size_t slash = path.find_last_of("/\\");
        const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
        const auto shard = [&](const std::string& name) { return read_file(folder + name, maximum_bytes); };
        file.weights = detail::TensorflowJsReader(file.model, path, shard, shuffles).read();
        return file;
    }
};

/// The weights of a layers model (https://www.tensorflow.org/js/guide/save_load): model.json lists layers, weights, and
/// files beside it, in which the weights follow each other as float32, float16, or whole numbers of 8 or 16 bits
/// with a scale.
///
/// They come in PyTorch's order and under PyTorch's names, LAYER.weight and so on: a Conv2D's kernel (H, W, In, Out)
/// becomes (Out, In, H, W). The output channels of a convolution that a depth_to_space reads come in PixelShuffle's
/// order. (A Dense layer after a Flatten has its inputs in the order H, W, C, which is kept.) Throws FileError.
inline TensorFile read_tensorflow_js(const std::string& path, std::size_t maximum_bytes = std::size_t{1} << 32) {
    return TensorflowJsFile::read(path, maximum_bytes, true).weights;
}

}  // namespace depix
