#include "ncnn_files.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <span>
#include <string_view>
#include <utility>

#include "depix/error.hpp"
#include "depix/io/byte_writer.hpp"

namespace tool {

namespace {

// A layer's type as it is written, taken apart: "Conv<3, 64, 3, Stride<2>, NoBias>" has the numbers 3, 64, 3 and the
// options Stride and NoBias.
struct LayerType {
    std::string name;
    std::vector<double> numbers;  // a std::ratio is one
    std::map<std::string, std::vector<double>, std::less<>> options;

    explicit LayerType(std::string_view text) {
        const std::size_t open = text.find('<');
        name = text.substr(0, open);
        if (open == std::string_view::npos) return;
        for (const std::string_view argument : arguments(text)) {
            const bool is_number = argument[0] == '-' || (argument[0] >= '0' && argument[0] <= '9');
            if (is_number) {
                numbers.push_back(std::atof(std::string(argument).c_str()));
            } else if (argument.starts_with("std::ratio<")) {
                const LayerType ratio(argument);
                numbers.push_back(ratio.numbers[0] / (ratio.numbers.size() > 1 ? ratio.numbers[1] : 1));
            } else {
                LayerType option(argument);
                options[option.name] = std::move(option.numbers);
            }
        }
    }
    double number(std::size_t i, double otherwise) const { return i < numbers.size() ? numbers[i] : otherwise; }
    int whole(std::size_t i, int otherwise) const { return static_cast<int>(number(i, otherwise)); }
    bool has(std::string_view option) const { return options.contains(option); }
    // The i-th number of an option; the last one stands for those that follow.
    double option(std::string_view option_name, double otherwise, std::size_t i = 0) const {
        const auto found = options.find(option_name);
        if (found == options.end() || found->second.empty()) return otherwise;
        return found->second[std::min(i, found->second.size() - 1)];
    }
    int whole_option(std::string_view option_name, int otherwise, std::size_t i = 0) const {
        return static_cast<int>(option(option_name, otherwise, i));
    }

  private:
    static std::vector<std::string_view> arguments(std::string_view text) {
        std::vector<std::string_view> result;
        const std::string_view inside = text.substr(text.find('<') + 1, text.rfind('>') - text.find('<') - 1);
        int depth = 0;
        std::size_t begin = 0;
        for (std::size_t i = 0; i <= inside.size(); ++i) {
            const char c = i < inside.size() ? inside[i] : ',';
            depth += (c == '<') - (c == '>');
            if (c != ',' || depth > 0) continue;
            std::string_view argument = inside.substr(begin, i - begin);
            argument.remove_prefix(std::min(argument.find_first_not_of(' '), argument.size()));
            if (!argument.empty()) result.push_back(argument);
            begin = i + 1;
        }
        return result;
    }
};

// A layer's parameters, "0=64 1=3".
class Parameters {
  public:
    Parameters& add(int key, int value) {
        text_ += " " + std::to_string(key) + "=" + std::to_string(value);
        return *this;
    }
    // ncnn takes a number without a point or an exponent for a whole one, and reads 15 characters of it at most. Nine
    // digits are enough for any float.
    Parameters& real(int key, double value) {
        char number[32];
        std::snprintf(number, sizeof number, "%.8e", value);
        text_ += " " + std::to_string(key) + "=" + number;
        return *this;
    }
    Parameters& list(int key, int value) {
        text_ += " " + std::to_string(-23300 - key) + "=1," + std::to_string(value);
        return *this;
    }
    const std::string& text() const { return text_; }

  private:
    std::string text_;
};

class NcnnWriter {
  public:
    explicit NcnnWriter(const Graph& graph)
        : graph_(graph), readers_(graph.maps.size()), taken_(graph.maps.size()), is_vector_(graph.maps.size()) {
        for (const GraphNode& node : graph.nodes)
            for (const int input : node.inputs) ++readers_[at(input)];
        ++readers_[at(graph.output)];
    }

    NcnnFiles run() {
        line("Input", {}, {map_name(graph_.input)}, Parameters().add(2, graph_.map(graph_.input).shape.channels));
        split(graph_.input);
        for (const GraphNode& node : graph_.nodes) {
            node_ = &node;
            write(node);
            split(node.output);
        }
        // The result has a name that users of ncnn expect.
        line("Noop", {read(graph_.output)}, {"output"}, {});
        const std::string counts = std::to_string(layers_) + " " + std::to_string(maps_);
        return {"7767517\n" + counts + "\n" + lines_, std::move(bin_)};
    }

  private:
    void write(const GraphNode& node) {
        const LayerType type(node.type);
        const std::string& name = type.name;
        check_vectors(node, type);
        if (node.is_join()) return join(node);
        if (name == "Conv") return convolution(node, type);
        if (name == "ConvTranspose") return transposed(node, type);
        if (name == "Dense") return dense(node, type);
        if (name == "SimpleGate") return gate(node);
        if (write_activation(type) || write_norm(node, type) || write_size(type)) return;
        fail("ncnn has no layer for it");
    }

    // ncnn's global pooling and its inner product make a vector. A convolution of 1x1 becomes an inner product, and
    // layers that take one value at a time take it too; others take it for a row.
    void check_vectors(const GraphNode& node, const LayerType& type) {
        const auto vector = [&](int map) { return is_vector_[at(map)]; };
        const bool takes = std::all_of(node.inputs.begin(), node.inputs.end(), vector);
        constexpr std::array<std::string_view, 12> of_maps{
            "ConvTranspose", "MaxPool", "AveragePool",    "GlobalAveragePool",  "PixelShuffle", "PixelUnshuffle",
            "Upsample",      "Crop",    "ReflectPadding", "ReplicationPadding", "InstanceNorm", "GroupNorm"};
        const bool wide = type.name == "Conv" && (type.whole(2, 3) != 1 || type.has("KernelSize") ||
                                                  type.has("Groups") || type.option("Padding", 0) != 0);
        if (takes && (wide || std::ranges::find(of_maps, type.name) != of_maps.end()))
            fail("ncnn's global pooling makes a vector, which it has no such layer for");
        is_vector_[at(node.output)] = takes || type.name == "GlobalAveragePool" || type.name == "Dense";
    }

    bool write_activation(const LayerType& type) {
        const std::string& name = type.name;
        const Parameters none;
        if (name == "ReLU") return one("ReLU", none);
        if (name == "LeakyReLU") return one("ReLU", Parameters().real(0, type.number(0, 0.01)));
        if (name == "PReLU") {
            one("PReLU", Parameters().add(0, type.whole(0, 1)));
            return floats("weight");
        }
        if (name == "ReLU6") return one("Clip", Parameters().real(0, 0).real(1, 6));
        if (name == "Clamp") return one("Clip", Parameters().real(0, type.number(0, 0)).real(1, type.number(1, 1)));
        if (name == "ELU") return one("ELU", Parameters().real(0, type.number(0, 1)));
        if (name == "Sigmoid" || name == "Mish") return one(name, none);
        if (name == "Tanh") return one("TanH", none);
        if (name == "SiLU") return one("Swish", none);
        if (name == "GELU" || name == "GELUTanh") return one("GELU", Parameters().add(0, name == "GELU" ? 0 : 1));
        if (name == "Hardsigmoid" || name == "Hardswish")
            return one(name == "Hardsigmoid" ? "HardSigmoid" : "HardSwish", Parameters().real(0, 1. / 6).real(1, 0.5));
        if (name == "Softmax") return one("Softmax", Parameters().add(0, 0).add(1, 1));
        if (name == "Scale") return one("BinaryOp", Parameters().add(0, 2).add(1, 1).real(2, type.number(0, 1)));
        return false;
    }

    bool write_norm(const GraphNode& node, const LayerType& type) {
        const std::string& name = type.name;
        const double epsilon = type.option("Epsilon", 1e-5);
        const int affine = node.tensors.empty() ? 0 : 1;
        if (name == "BatchNorm") {
            one("BatchNorm", Parameters().add(0, type.whole(0, 0)).real(1, epsilon));
            return floats("weight") && floats("running_mean") && floats("running_var") && floats("bias");
        }
        if (name == "InstanceNorm")
            one("InstanceNorm", Parameters().add(0, type.whole(0, 0)).real(1, epsilon).add(2, affine));
        else if (name == "GroupNorm")
            one("GroupNorm",
                Parameters().add(0, type.whole(0, 1)).add(1, type.whole(1, 1)).real(2, epsilon).add(3, affine));
        else if (name == "ChannelScale")
            return one("Scale", Parameters().add(0, type.whole(0, 1)).add(1, 0)) && floats("");
        else
            return false;
        return affine == 0 || (floats("weight") && floats("bias"));
    }

    bool write_size(const LayerType& type) {
        const std::string& name = type.name;
        if (name == "MaxPool" || name == "AveragePool") return pool(type);
        if (name == "GlobalAveragePool") return one("Pooling", Parameters().add(0, 1).add(4, 1));
        if (name == "PixelShuffle") return one("PixelShuffle", Parameters().add(0, type.whole(0, 1)));
        if (name == "PixelUnshuffle") return one("Reorg", Parameters().add(0, type.whole(0, 1)));
        if (name == "Upsample") {
            const int mode = type.has("Bilinear") ? 2 : type.has("Bicubic") ? 3 : 1;
            Parameters parameters;
            parameters.add(0, mode).real(1, type.number(0, 1)).real(2, type.number(0, 1));
            if (type.has("AlignCorners")) parameters.add(6, 1);
            return one("Interp", parameters);
        }
        const int before = type.whole(0, 0), after = type.whole(1, before);
        if (name == "Crop") {
            Parameters parameters;
            parameters.add(0, before).add(1, before).add(2, 0).add(3, -233).add(4, -233).add(5, -233);
            return one("Crop", parameters.add(6, after).add(7, after));
        }
        if (name == "ReflectPadding" || name == "ReplicationPadding")
            return one("Padding", Parameters().add(0, before).add(1, after).add(2, before).add(3, after).add(
                                      4, name == "ReflectPadding" ? 2 : 1));
        if (name == "Slice") {
            const int first = type.whole(1, 0);
            return one("Crop", Parameters().list(9, first).list(10, first + type.whole(2, 0)).list(11, 0));
        }
        return false;
    }

    bool pool(const LayerType& type) {
        const bool average = type.name == "AveragePool";
        const int window = type.whole(0, 1), before = type.whole_option("Padding", 0),
                  after = type.whole_option("Padding", 0, 1);
        Parameters parameters;
        parameters.add(0, average ? 1 : 0).add(1, window).add(2, type.whole_option("Stride", window));
        parameters.add(3, before).add(13, before).add(14, after).add(15, after);
        parameters.add(5, type.has("CeilMode") ? 0 : 1);
        if (average) parameters.add(6, 1);
        return one("Pooling", parameters);
    }

    // What convolutions have in common. `is_same`: the padding that keeps the size is the default.
    Parameters windows(const LayerType& type, bool is_same, std::size_t weights) {
        const int kernel = type.whole(2, 3), height = type.whole_option("KernelSize", kernel, 0),
                  width = type.whole_option("KernelSize", kernel, 1), dilation = type.whole_option("Dilation", 1);
        const auto padding = [&](int side) {  // before, after
            const int reach = is_same ? dilation * (side - 1) : 0;
            return std::array<int, 2>{type.whole_option("Padding", reach / 2),
                                      type.whole_option("Padding", reach - reach / 2, 1)};
        };
        const auto rows = padding(height), columns = padding(width);
        Parameters parameters;
        parameters.add(0, type.whole(1, 0)).add(1, width).add(11, height).add(2, dilation);
        parameters.add(3, type.whole_option("Stride", 1));
        parameters.add(4, columns[0]).add(15, columns[1]).add(14, rows[0]).add(16, rows[1]);
        parameters.add(5, type.has("NoBias") ? 0 : 1).add(6, static_cast<int>(weights));
        return parameters;
    }
    void convolution(const GraphNode& node, const LayerType& type) {
        if (is_vector_[at(node.inputs[0])]) return dense(node, type);  // ncnn says that it will take no vector here
        const std::vector<float>& weight = tensor("weight").values;
        Parameters parameters = windows(type, true, weight.size());
        const int groups = type.whole_option("Groups", 1);
        if (groups > 1) parameters.add(7, groups);
        one(groups > 1 ? "ConvolutionDepthWise" : "Convolution", parameters);
        tagged(weight);
        if (node.tensors.size() > 1) floats("bias");
    }
    void transposed(const GraphNode& node, const LayerType& type) {
        const GraphTensor& weight = tensor("weight");
        Parameters parameters = windows(type, false, weight.values.size());
        const int groups = type.whole_option("Groups", 1), more = type.whole_option("OutputPadding", 0);
        if (groups > 1) parameters.add(7, groups);
        if (more > 0) parameters.add(18, more).add(19, more);
        one(groups > 1 ? "DeconvolutionDepthWise" : "Deconvolution", parameters);
        // (groups, In, Out, KH, KW) in PyTorch, (groups, Out, In, KH, KW) here.
        const std::size_t taps = weight.shape[2] * weight.shape[3], out = weight.shape[1],
                          in = weight.shape[0] / static_cast<std::size_t>(groups);
        std::vector<float> swapped(weight.values.size());
        for (std::size_t g = 0; g < static_cast<std::size_t>(groups); ++g)
            for (std::size_t o = 0; o < out; ++o)
                for (std::size_t i = 0; i < in; ++i)
                    std::copy_n(weight.values.data() + ((g * in + i) * out + o) * taps, taps,
                                swapped.data() + ((g * out + o) * in + i) * taps);
        tagged(swapped);
        if (node.tensors.size() > 1) floats("bias");
    }
    void dense(const GraphNode& node, const LayerType& type) {
        if (type.has("Size")) fail("ncnn's inner product takes a vector here");
        const std::vector<float>& weight = tensor("weight").values;
        one("InnerProduct", Parameters()
                                .add(0, type.whole(1, 0))
                                .add(1, type.has("NoBias") ? 0 : 1)
                                .add(2, static_cast<int>(weight.size())));
        tagged(weight);
        if (node.tensors.size() > 1) floats("bias");
    }

    void join(const GraphNode& node) {
        std::vector<std::string> inputs;
        for (const int input : node.inputs) inputs.push_back(read(input));
        const std::string output = map_name(node.output);
        if (node.type == "Concatenate") return line("Concat", inputs, {output}, Parameters().add(0, 0));
        const Shape first = graph_.map(node.inputs[0]).shape, second = graph_.map(node.inputs.back()).shape;
        if (node.type == "Multiply" && first != second) {
            // A vector of factors, one for each channel. ncnn has a layer of its own for it.
            if (!is_vector_[at(node.inputs.back())]) return line("BinaryOp", inputs, {output}, Parameters().add(0, 2));
            return line("Scale", inputs, {output}, Parameters().add(0, -233));
        }
        for (std::size_t i = 1; i < inputs.size(); ++i) {
            const bool last = i + 1 == inputs.size();
            const std::string result = last ? output : output + "_" + std::to_string(i);
            line("BinaryOp", {inputs[0], inputs[i]}, {result}, Parameters().add(0, node.type == "Add" ? 0 : 2));
            inputs[0] = result;
        }
    }

    // The first half of the channels times the second.
    void gate(const GraphNode& node) {
        const int half = graph_.map(node.inputs[0]).shape.channels / 2;
        const std::string output = map_name(node.output);
        std::vector<std::string> copies, halves;
        for (const char* side : {"_first", "_second"}) {
            copies.push_back(output + "_all" + side);
            halves.push_back(output + side);
        }
        line("Split", {read(node.inputs[0])}, copies, {});
        for (int i = 0; i < 2; ++i)
            line("Crop", {copies[at(i)]}, {halves[at(i)]},
                 Parameters().list(9, i * half).list(10, (i + 1) * half).list(11, 0));
        line("BinaryOp", halves, {output}, Parameters().add(0, 2));
    }

    // ---- lines and maps
    // ----------------------------------------------------------------------------------------------

    bool one(const std::string& type, const Parameters& parameters) {
        line(type, {read(node_->inputs[0])}, {map_name(node_->output)}, parameters);
        return true;
    }
    void line(const std::string& type, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
              const Parameters& parameters) {
        lines_ += type + " layer" + std::to_string(++layers_) + " " + std::to_string(inputs.size()) + " " +
                  std::to_string(outputs.size());
        for (const auto* maps : {&inputs, &outputs})
            for (const std::string& map : *maps) lines_ += " " + map;
        lines_ += parameters.text() + "\n";
        maps_ += outputs.size();
    }
    std::string map_name(int map) const { return map == graph_.input ? "data" : "map" + std::to_string(map); }
    // A map that is read several times has a name for each reader.
    void split(int map) {
        if (readers_[at(map)] < 2) return;
        std::vector<std::string> copies;
        for (int i = 0; i < readers_[at(map)]; ++i) copies.push_back(map_name(map) + "_" + std::to_string(i));
        line("Split", {map_name(map)}, copies, {});
    }
    std::string read(int map) {
        return readers_[at(map)] < 2 ? map_name(map) : map_name(map) + "_" + std::to_string(taken_[at(map)]++);
    }

    // ---- weights
    // -----------------------------------------------------------------------------------------------------

    const GraphTensor& tensor(std::string_view name) const {
        for (const GraphTensor& tensor : node_->tensors)
            if (tensor.name == name) return tensor;
        fail("lacks its " + std::string(name));
    }
    bool floats(std::string_view name) {
        append(tensor(name).values);
        return true;
    }
    // After a number that says that float32 follows.
    void tagged(const std::vector<float>& values) {
        bin_.resize(bin_.size() + 4);
        append(values);
    }

    void append(const std::vector<float>& values) {
        depix::detail::append_bytes(bin_, std::as_bytes(std::span(values)));
    }

    static std::size_t at(int index) { return static_cast<std::size_t>(index); }
    [[noreturn]] void fail(const std::string& why) const {
        depix::detail::fail(depix::FileError(graph_.path, node_->name + "becomes " + node_->type + ": " + why));
    }

    const Graph& graph_;
    const GraphNode* node_ = nullptr;
    std::vector<int> readers_, taken_;
    std::vector<bool> is_vector_;
    std::string lines_;
    std::vector<std::byte> bin_;
    std::size_t layers_ = 0, maps_ = 0;
};

}  // namespace

NcnnFiles ncnn_files(const Graph& graph) { return NcnnWriter(graph).run(); }

}  // namespace tool
