// The graph of a layers model of TensorFlow.js: Keras's layers, https://keras.io/api/layers.
#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "graph_builder.hpp"
#include "read_graph.hpp"

namespace tool {

namespace {

using depix::detail::JsonValue;

// The whole model's configuration.
const JsonValue& config_of(const depix::TensorflowJsFile& file) {
    const JsonValue& topology = file.model["modelTopology"];
    return topology["model_config"].names.empty() ? topology : topology["model_config"];
}
const std::vector<JsonValue>& layers_of(const depix::TensorflowJsFile& file) {
    const JsonValue& inner = config_of(file)["config"];
    return inner.kind == JsonValue::Kind::Array ? inner.items : inner["layers"].items;
}

class KerasLowering {
  public:
    KerasLowering(const depix::TensorflowJsFile& file, Shape input)
        : file_(file), build_(file.path, "TensorFlow.js", input) {}

    Graph run() {
        const bool sequential = config_of(file_)["class_name"].text == "Sequential";
        std::string previous;
        for (const JsonValue& layer : layers_of(file_)) {
            layer_ = &layer["config"];
            type_ = layer["class_name"].text;
            const std::string& own = layer["name"].text;
            name_ = own.empty() ? (*layer_)["name"].text : own;
            build_.context = "layer " + name_ + " (" + type_ + ") ";
            read_inputs(layer["inbound_nodes"]);
            if (sequential) inputs_ = {previous.empty() ? 0 : maps_.at(previous)};
            maps_[name_] = lower();
            previous = name_;
        }
        build_.context.clear();
        const std::vector<JsonValue>& outputs = config_of(file_)["config"]["output_layers"].items;
        if (!sequential && outputs.size() != 1)
            build_.fail("has " + std::to_string(outputs.size()) + " outputs; networks with one are read");
        const std::string output = sequential ? previous : outputs[0].items.empty() ? "" : outputs[0].items[0].text;
        if (!maps_.contains(output)) build_.fail("has no layer called \"" + output + "\", which its output is");
        return build_.finish(maps_.at(output));
    }

  private:
    // [[["conv", 0, 0, {}], ...]], or for an operator [["conv", 0, 0, {"block_size": 2}]]
    void read_inputs(const JsonValue& nodes) {
        inputs_.clear();
        call_ = nullptr;
        if (nodes.items.size() > 1) build_.fail("is used more than once");
        if (nodes.items.empty()) return;
        const JsonValue& node = nodes.items[0];
        const bool is_call = !node.items.empty() && node.items[0].kind == JsonValue::Kind::Text;
        if (is_call && node.items.size() > 3) call_ = &node.items[3];
        const auto read = [&](const std::string& name) {
            const auto found = maps_.find(name);
            if (found == maps_.end()) build_.fail("reads \"" + name + "\", which is no layer before it");
            inputs_.push_back(found->second);
        };
        if (is_call) return read(node.items[0].text);
        for (const JsonValue& input : node.items) read(input.items.empty() ? "" : input.items[0].text);
    }

    int lower() {
        if (type_ == "InputLayer") {
            if (++pictures_ > 1) build_.fail("is a second input; networks with one are read");
            return 0;
        }
        if (inputs_.empty()) build_.fail("has no input");
        if (type_ == "Add" || type_ == "Multiply") {
            int sum = inputs_[0];
            for (std::size_t i = 1; i < inputs_.size(); ++i)
                sum = type_ == "Add" ? build_.add(sum, inputs_[i]) : build_.multiply(sum, inputs_[i]);
            return sum;
        }
        if (type_ == "Concatenate") {
            const double axis = number("axis", -1);
            if (axis != -1 && axis != 3) build_.fail("joins along another axis than the channels");
            return build_.concatenate(inputs_);
        }
        if (inputs_.size() != 1) build_.fail("has " + std::to_string(inputs_.size()) + " inputs");
        return unary(inputs_[0]);
    }

    int unary(int x) {
        if (type_ == "Conv2D" || type_ == "DepthwiseConv2D") return convolution(x);
        if (type_ == "Activation") return activation((*layer_)["activation"].text, x);
        if (type_ == "Dropout") return x;
        if (type_ == "ReLU") {
            if (number("threshold", 0) != 0) build_.fail("has a threshold");
            const double top = number("max_value", 0), slope = number("negative_slope", 0);
            return top > 0 ? build_.clamp(x, 0, top) : build_.leaky_relu(x, slope);
        }
        if (type_ == "LeakyReLU") return build_.leaky_relu(x, number("alpha", number("negative_slope", 0.3)));
        if (type_ == "ELU") return build_.elu(x, number("alpha", 1));
        if (type_ == "PReLU") return build_.prelu(x, weights("weight").values);
        if (type_ == "BatchNormalization") {
            const auto channels = static_cast<std::size_t>(build_.shape(x).channels);
            const auto or_filled = [&](const char* parameter, float value) {
                return has(parameter) ? weights(parameter).values : std::vector<float>(channels, value);
            };
            return build_.batch_norm(x, or_filled("weight", 1), or_filled("bias", 0), weights("running_mean").values,
                                     weights("running_var").values, number("epsilon", 1e-3));
        }
        // UpscalerJS's layer
        if (type_ == "MultiplyBeta") return build_.affine(x, {static_cast<float>(number("beta", 0.2))}, {});
        if (type_ == "Rescaling")
            return build_.affine(x, {static_cast<float>(number("scale", 1))},
                                 {static_cast<float>(number("offset", 0))});
        if (type_ == "UpSampling2D") return upsample(x);
        if (type_ == "GlobalAveragePooling2D") return build_.global_average_pool(x);
        if (type_ == "ZeroPadding2D" || type_ == "Cropping2D") return pad(x);
        if (is_shuffle()) return build_.pixel_shuffle(x, factor(), true);
        build_.fail("has no layer in depix");
    }

    int convolution(int x) {
        require_channels_last();
        const bool depthwise = type_ == "DepthwiseConv2D";
        Windows windows;
        for (std::size_t axis = 0; axis < 2; ++axis) {
            windows.stride[axis] = pair("strides", axis);
            windows.dilation[axis] = pair("dilation_rate", axis);
        }
        windows.same = (*layer_)["padding"].text == "same";
        if (!windows.same && (*layer_)["padding"].text != "valid")
            build_.fail("pads in a way that depix does not know");
        windows.groups = depthwise ? build_.shape(x).channels : whole("groups", 1);
        const std::vector<float> bias = has("bias") ? weights("bias").values : std::vector<float>{};
        return activation((*layer_)["activation"].text, build_.conv(x, windows, weights("weight"), bias));
    }

    int activation(const std::string& name, int x) {
        if (name.empty() || name == "linear") return x;
        if (name == "relu") return build_.elementwise(x, "ReLU");
        if (name == "relu6") return build_.clamp(x, 0, 6);
        if (name == "sigmoid") return build_.elementwise(x, "Sigmoid");
        if (name == "tanh") return build_.elementwise(x, "Tanh");
        if (name == "swish" || name == "silu") return build_.elementwise(x, "SiLU");
        if (name == "gelu") return build_.elementwise(x, "GELU");
        if (name == "mish") return build_.elementwise(x, "Mish");
        if (name == "softmax") return build_.elementwise(x, "Softmax");
        if (name == "elu") return build_.elu(x, 1);
        build_.fail("has an activation that depix does not know: " + name);
    }

    int upsample(int x) {
        require_channels_last();
        const std::string& mode = (*layer_)["interpolation"].text;
        if (!mode.empty() && mode != "nearest")
            build_.fail("is " + mode + ", for which TensorFlow.js places pixels otherwise than depix");
        return build_.upsample(x, pair("size", 0), pair("size", 1), "nearest", false);
    }

    // [[top, bottom], [left, right]]
    int pad(int x) {
        require_channels_last();
        const int sign = type_ == "Cropping2D" ? -1 : 1;
        const JsonValue& sides = (*layer_)[type_ == "Cropping2D" ? "cropping" : "padding"];
        int by[2][2] = {};
        for (std::size_t axis = 0; axis < 2; ++axis)
            for (std::size_t side = 0; side < 2; ++side) {
                if (sides.items.size() != 2 || sides.items[axis].items.size() != 2)
                    build_.fail("does not say by how much at each side");
                by[axis][side] = sign * small(sides.items[axis].items[side].number);
            }
        return build_.pad(x, by[0], by[1], "constant");
    }

    bool is_shuffle() const {
        const std::string& function = (*layer_)["function"].text;
        return type_.starts_with("PixelShuffle") || type_.starts_with("DepthToSpace") ||
               type_.starts_with("SubpixelConv") || function.ends_with("depth_to_space");
    }
    int factor() const {
        for (const char* key : {"block_size", "scale", "factor", "upscale_factor", "blockSize"})
            if ((*layer_)[key].number > 0) return small((*layer_)[key].number);
        return call_ == nullptr ? 0 : small((*call_)["block_size"].number);
    }

    // ---- what a layer says
    // -------------------------------------------------------------------------------------------

    double number(const char* key, double otherwise) const {
        const JsonValue& value = (*layer_)[key];
        return value.kind == JsonValue::Kind::Number ? value.number : otherwise;
    }
    int small(double value) const {
        if (!(std::abs(value) <= 1 << 20) || value != std::floor(value))
            build_.fail("has a number that is not possible");
        return static_cast<int>(value);
    }
    int whole(const char* key, int otherwise) const { return small(number(key, otherwise)); }
    // One of two numbers; 1 if they are not there.
    int pair(const char* key, std::size_t index) const {
        const JsonValue& value = (*layer_)[key];
        return value.items.size() == 2 ? small(value.items[index].number) : 1;
    }
    void require_channels_last() const {
        const std::string& format = (*layer_)["data_format"].text;
        if (!format.empty() && format != "channels_last") build_.fail("has its channels first");
    }

    // The tensor LAYER.parameter, which may have the model's name before it.
    const std::string* find(const std::string& parameter) const {
        const std::string wanted = name_ + "." + parameter;
        for (const std::string& name : file_.weights.names)
            if (name == wanted || name.ends_with("/" + wanted)) return &name;
        return nullptr;
    }
    bool has(const char* parameter) const { return find(parameter) != nullptr; }
    GraphTensor weights(const char* parameter) const {
        const std::string* const name = find(parameter);
        if (name == nullptr) build_.fail(std::string("has no ") + parameter);
        return {parameter, file_.weights.shape(*name), file_.weights.values<float>(*name)};
    }

    const depix::TensorflowJsFile& file_;
    GraphBuilder build_;
    std::map<std::string, int> maps_;
    const JsonValue* layer_ = nullptr;
    const JsonValue* call_ = nullptr;  // what an operator is told
    std::string type_, name_;
    std::vector<int> inputs_;
    int pictures_ = 0;
};

}  // namespace

Graph graph_of(const depix::TensorflowJsFile& file, Shape input) { return KerasLowering(file, input).run(); }

Graph read_graph(const depix::TensorflowJsFile& file) {
    int channels = 3;
    for (const JsonValue& layer : layers_of(file))
        for (const char* key : {"batch_input_shape", "batch_shape"})
            if (const JsonValue& shape = layer["config"][key]; shape.items.size() == 4 && shape.items[3].number >= 1)
                channels = static_cast<int>(std::min(shape.items[3].number, 1e6));
    return read_for_two_sizes([&](Shape input) { return graph_of(file, input); }, channels);
}

}  // namespace tool
