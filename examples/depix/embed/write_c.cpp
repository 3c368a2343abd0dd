#include "write_c.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

#include "c_functions.hpp"
#include "depix/error.hpp"
#include "depix/finite.hpp"
#include "depix/io/weights_header.hpp"
#include "depix/plan/place.hpp"

namespace {

using tool::EmbeddedLayer;
using tool::EmbeddedNetwork;

// Dropout does nothing here: who reads its result reads its input.
void remove_dropout(EmbeddedNetwork& network) {
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const EmbeddedLayer layer = network.layers[i];
        if (layer.kind != "Dropout") continue;
        const auto rename = [&](int& map) { map = map == layer.output ? layer.input : map; };
        network.layers.erase(network.layers.begin() + static_cast<std::ptrdiff_t>(i--));
        for (EmbeddedLayer& other : network.layers) rename(other.input), rename(other.other);
        rename(network.output);
    }
}

class CWriter {
  public:
    CWriter(EmbeddedNetwork network, const std::string& name, int height, int width)
        : network_(std::move(network)), name_(name) {
        remove_dropout(network_);
        shapes_.resize(network_.layers.empty() ? 1 : static_cast<std::size_t>(network_.layers.back().output) + 1);
        shapes_[0] = {network_.channels, height, width};
        for (const EmbeddedLayer& layer : network_.layers) find_shape(layer);
        place_maps();
    }

    std::string write(const std::string& about) {
        std::string calls;
        for (const EmbeddedLayer& layer : network_.layers)
            calls += "    " + call(layer) + "  /* " + layer.name + " */\n";
        if (network_.output == 0 || root(network_.output) == 0)
            calls += "    " + use("copy") + "(input, output, " + std::to_string(shape(network_.output).size()) + ");\n";
        const bool needs_math = used_.contains("sigmoid") || used_.contains("hyperbolic_tangent");
        std::string text = "/* Written by `depix embed`: " + about + "\n\n   " + to_string(shape(0)) + " becomes " +
                           to_string(shape(network_.output)) + ", channel after channel. The maps take " +
                           std::to_string(4 * workspace_) + " bytes. It is not reentrant. */\n";
        if (needs_math) text += "#include <math.h>\n";
        text += "\n" + prototype() + ";\n\n" + weights_ + "\n";
        if (workspace_ > 0) text += "static float maps[" + std::to_string(workspace_) + "];\n\n";
        for (const tool::CFunction& function : tool::c_functions)
            if (used_.contains(std::string(function.name))) text += std::string(function.text) + "\n";
        return text + prototype() + " {\n" + calls + "}\n";
    }

  private:
    static std::string to_string(depix::Shape shape) {
        return std::to_string(shape.channels) + "x" + std::to_string(shape.height) + "x" + std::to_string(shape.width);
    }
    std::string prototype() const { return "void " + name_ + "_run(const float *input, float *output)"; }
    depix::Shape shape(int map) const { return shapes_[static_cast<std::size_t>(map)]; }
    int root(int map) const {
        while (plan_->tensor(map).parent >= 0) map = plan_->tensor(map).parent;
        return map;
    }
    int readers(int map) const {
        return static_cast<int>(std::ranges::count(network_.layers, map, &EmbeddedLayer::input) +
                                std::ranges::count(network_.layers, map, &EmbeddedLayer::other));
    }

    [[noreturn]] static void refuse(const EmbeddedLayer& layer) {
        throw depix::Error("layer " + layer.name + " (" + layer.kind + ") is not written in C");
    }
    static bool is_elementwise(const EmbeddedLayer& layer) {
        return layer.role == depix::Role::BatchNorm || layer.role == depix::Role::Rectifier || layer.kind == "PReLU" ||
               layer.kind == "Sigmoid" || layer.kind == "Tanh";
    }

    void find_shape(const EmbeddedLayer& layer) {
        const depix::Shape in = shape(layer.input);
        depix::Shape out{layer.out_channels, in.height, in.width};
        const depix::ConvGeometry& g = layer.geometry;
        if (layer.role == depix::Role::Convolution) {
            out.height =
                depix::count_windows(in.height + g.padding_before + g.padding_after, g.height_extent(), g.stride);
            out.width = depix::count_windows(in.width + g.width_padding_before + g.width_padding_after,
                                             g.width_extent(), g.stride);
        } else if (layer.role == depix::Role::TransposedConvolution) {
            const int cut = g.padding_before + g.padding_after - layer.output_padding;
            out.height = (in.height - 1) * g.stride + g.height_extent() - cut;
            out.width = (in.width - 1) * g.stride + g.width_extent() - cut;
        } else if (layer.window > 0) {
            out.height = depix::count_windows(in.height, layer.window, layer.stride);
            out.width = depix::count_windows(in.width, layer.window, layer.stride);
        } else if (layer.role == depix::Role::PixelShuffle || layer.role == depix::Role::Upsample) {
            out.height *= layer.up;
            out.width *= layer.up;
        } else if (layer.role == depix::Role::Add || layer.role == depix::Role::Concatenate) {
            if (shape(layer.other).height != in.height || shape(layer.other).width != in.width)
                throw depix::Error("layer " + layer.name + " cannot join maps of " + to_string(in) + " and " +
                                   to_string(shape(layer.other)));
        } else if (!is_elementwise(layer)) {
            refuse(layer);
        }
        if (out.height <= 0 || out.width <= 0)
            throw depix::Error("the picture is too small: layer " + layer.name + " gives nothing for " + to_string(in));
        shapes_[static_cast<std::size_t>(layer.output)] = out;
    }

    // Each map's memory: the caller's, or a place in one array, which maps share that are never needed together.
    void place_maps() {
        if (shapes_.size() > capacity || network_.layers.size() > capacity)
            throw depix::Error("a network of more than " + std::to_string(capacity) + " layers is not written in C");
        plan_ = std::make_unique<depix::Plan<capacity, capacity>>();
        plan_->tensor_count = static_cast<int>(shapes_.size());
        plan_->step_count = static_cast<int>(network_.layers.size());
        for (std::size_t i = 0; i < network_.layers.size(); ++i) {
            const EmbeddedLayer& layer = network_.layers[i];
            if (is_elementwise(layer) && root(layer.input) != 0 && readers(layer.input) == 1)
                plan_->tensor(layer.output).parent = layer.input;
            const int step = static_cast<int>(i);
            plan_->tensor(root(layer.output)).last = step;
            if (root(layer.output) == layer.output) plan_->tensor(layer.output).first = step;
            for (const int read : {layer.input, layer.other})
                if (read >= 0) plan_->tensor(root(read)).last = step;
        }
        std::array<std::size_t, capacity> sizes{};
        for (const EmbeddedLayer& layer : network_.layers)
            if (root(layer.output) == layer.output && layer.output != root(network_.output))
                sizes[static_cast<std::size_t>(layer.output)] = shape(layer.output).size();
        const auto placement = depix::place(*plan_, sizes);
        workspace_ = placement.total;
        offsets_.assign(placement.offset.begin(),
                        placement.offset.begin() + static_cast<std::ptrdiff_t>(shapes_.size()));
    }

    std::string memory(int map) const {
        const int at = root(map);
        if (at == 0) return "input";
        if (at == root(network_.output)) return "output";
        return "maps + " + std::to_string(offsets_[static_cast<std::size_t>(at)]);
    }

    std::string use(const std::string& function) {
        used_.insert(function);
        return function;
    }
    // Writes an array, and returns its name.
    std::string array(const std::string& suffix, const std::vector<float>& values) {
        const std::string array_name = "weights_" + std::to_string(arrays_++);
        std::string line = "   ";
        weights_ +=
            "/* " + suffix + " */\nstatic const float " + array_name + "[" + std::to_string(values.size()) + "] = {\n";
        for (const float value : values) {
            if (!depix::is_finite(value)) throw depix::Error(suffix + " holds a value that is not finite");
            // g++ 12 warns at -O3 of " " + a string, where there is nothing to warn of.
            const std::string literal = std::string(" ").append(depix::detail::float_literal(value)).append(",");
            if (line.size() + literal.size() > 120) {
                weights_ += line + "\n";
                line = "   ";
            }
            line += literal;
        }
        weights_ += line + "\n};\n";
        return array_name;
    }

    std::string call(const EmbeddedLayer& layer) {
        const depix::Shape in = shape(layer.input), out = shape(layer.output);
        const std::string x = memory(layer.input), y = memory(layer.output);
        const auto number = [](auto value) { return std::to_string(value); };
        const std::string in_size = number(in.height) + ", " + number(in.width);
        const std::string out_size = number(out.channels) + ", " + number(out.height) + ", " + number(out.width);
        const std::string count = number(out.size());
        const std::string channels_area = number(out.channels) + ", " + number(out.area());
        if (layer.has_geometry) {
            const depix::ConvGeometry& g = layer.geometry;
            const std::string weight = array(layer.tensors[0].name, layer.tensors[0].values);
            const std::string bias = g.bias ? array(layer.tensors[1].name, layer.tensors[1].values) : "0";
            std::string text = use(layer.role == depix::Role::Convolution ? "conv" : "conv_transpose") + "(" + x +
                               ", " + in_size + ", " + weight + ", " + bias + ", " + y + ", " + out_size;
            for (const int value : {g.group_in(), g.group_out(), g.kernel, g.kernel_width, g.stride, g.dilation,
                                    g.padding_before, g.width_padding_before})
                text += ", " + number(value);
            return text + ");";
        }
        if (layer.role == depix::Role::BatchNorm) return call_norm(layer, x, y, channels_area);
        if (layer.kind == "PReLU")
            return use("rectify_channels") + "(" + x + ", " + array(layer.tensors[0].name, layer.tensors[0].values) +
                   ", " + number(layer.tensors[0].values.size()) + ", " + y + ", " + channels_area + ");";
        if (layer.role == depix::Role::Rectifier)
            return use("rectify") + "(" + x + ", " + depix::detail::float_literal(layer.negative_slope) + ", " + y +
                   ", " + count + ");";
        if (layer.kind == "Sigmoid") return use("sigmoid") + "(" + x + ", " + y + ", " + count + ");";
        if (layer.kind == "Tanh") return use("hyperbolic_tangent") + "(" + x + ", " + y + ", " + count + ");";
        if (layer.window > 0)
            return use(layer.kind == "MaxPool2d" ? "max_pool" : "average_pool") + "(" + x + ", " + in_size + ", " + y +
                   ", " + out_size + ", " + number(layer.window) + ", " + number(layer.stride) + ");";
        if (layer.role == depix::Role::PixelShuffle || layer.role == depix::Role::Upsample)
            return use(layer.role == depix::Role::PixelShuffle ? "pixel_shuffle" : "upsample") + "(" + x + ", " +
                   in_size + ", " + y + ", " + number(out.channels) + ", " + number(layer.up) + ");";
        const std::string other = memory(layer.other);
        if (layer.role == depix::Role::Add) return use("add") + "(" + x + ", " + other + ", " + y + ", " + count + ");";
        if (layer.role == depix::Role::Concatenate)
            return use("concatenate") + "(" + x + ", " + number(in.size()) + ", " + other + ", " +
                   number(shape(layer.other).size()) + ", " + y + ");";
        refuse(layer);
    }

    std::string call_norm(const EmbeddedLayer& layer, const std::string& x, const std::string& y,
                          const std::string& channels_area) {
        const auto channels = static_cast<std::size_t>(layer.out_channels);
        std::vector<float> mean(channels), variance(channels), weight(channels, 1.0f), shift(channels), scale(channels);
        for (const tool::EmbeddedTensor& tensor : layer.tensors) {
            if (tensor.name.ends_with("running_mean")) mean = tensor.values;
            if (tensor.name.ends_with("running_var")) variance = tensor.values;
            if (tensor.name.ends_with(".weight")) weight = tensor.values;
            if (tensor.name.ends_with(".bias")) shift = tensor.values;
        }
        // The textbook's arithmetic, in float.
        for (std::size_t c = 0; c < channels; ++c)
            scale[c] = weight[c] / std::sqrt(variance[c] + static_cast<float>(layer.epsilon));
        return use("batch_norm") + "(" + x + ", " + array(layer.name + ": mean", mean) + ", " +
               array(layer.name + ": scale", scale) + ", " + array(layer.name + ": shift", shift) + ", " + y + ", " +
               channels_area + ");";
    }

    static constexpr std::size_t capacity = 1024;
    EmbeddedNetwork network_;
    std::string name_;
    std::vector<depix::Shape> shapes_;  // of each map
    std::unique_ptr<depix::Plan<capacity, capacity>> plan_;
    std::vector<std::size_t> offsets_;
    std::size_t workspace_ = 0;
    std::string weights_;
    int arrays_ = 0;
    std::set<std::string> used_;
};

}  // namespace

std::string tool::network_as_c(EmbeddedNetwork network, const std::string& name, int height, int width,
                               const std::string& about) {
    return CWriter(std::move(network), name, height, width).write(about);
}
