// The graph of an ncnn file. The numbers of parameters are those of
// https://github.com/Tencent/ncnn/blob/master/docs/developer-guide/operators.md
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "graph_builder.hpp"
#include "read_graph.hpp"

namespace tool {

namespace {

using depix::NcnnFile;
using depix::NcnnLayer;

class NcnnLowering {
  public:
    NcnnLowering(const NcnnFile& file, Shape input) : file_(file), build_(file.path, "ncnn", input) {}

    Graph run() {
        for (const NcnnLayer& layer : file_.layers) {
            build_.context = "layer " + layer.name + " (" + layer.type + ") ";
            lower(layer);
            for (const std::string& input : layer.inputs) unread_.erase(input);
            for (const std::string& output : layer.outputs) unread_[output] = true;
        }
        build_.context.clear();
        if (inputs_ != 1) build_.fail("has " + std::to_string(inputs_) + " inputs; networks with one are read");
        std::erase_if(unread_, [&](const auto& item) { return !maps_.contains(item.first); });
        if (unread_.size() != 1) {
            std::string names;
            for (const auto& item : unread_) names += (names.empty() ? "" : ", ") + item.first;
            build_.fail("has " + std::to_string(unread_.size()) + " outputs (" + names +
                        "); networks with one are read");
        }
        return build_.finish(maps_.at(unread_.begin()->first));
    }

  private:
    void lower(const NcnnLayer& layer) {
        const std::string& type = layer.type;
        if (type == "Input") {
            ++inputs_;
            return give(layer, 0);
        }
        if (type == "MemoryData") {
            if (layer.outputs.size() == 1) constants_[layer.outputs[0]] = tensor(layer, 0);
            return;
        }
        if (type == "Split") return give_all(layer);
        if (type == "Slice") return slice(layer);
        if (type == "BinaryOp") return give(layer, binary(layer));
        if (type == "Eltwise") return give(layer, eltwise(layer));
        if (type == "Concat") {
            if (layer.integer(0, 0) != 0) build_.fail("joins along another axis than the channels");
            std::vector<int> inputs;
            for (std::size_t i = 0; i < layer.inputs.size(); ++i) inputs.push_back(input(layer, i));
            return give(layer, build_.concatenate(inputs));
        }
        if (type == "Crop" && layer.inputs.size() == 2) return give(layer, crop_like(layer));
        if (type == "Scale" && layer.integer(0, 0) == -233)
            return give(layer, build_.multiply(input(layer, 0), input(layer, 1)));
        if (layer.inputs.size() != 1) build_.fail("has " + std::to_string(layer.inputs.size()) + " inputs");
        give(layer, unary(layer, input(layer, 0)));
    }

    int unary(const NcnnLayer& layer, int x) {
        const std::string& type = layer.type;
        const auto whole = [&](int key, int otherwise) { return layer.integer(key, otherwise); };
        const auto real = [&](int key, double otherwise) { return layer.number(key, otherwise); };
        if (type.starts_with("Convolution") || type.starts_with("Deconvolution")) return convolution(layer, x);
        if (type == "InnerProduct") return activated(layer, build_.dense(x, tensor(layer, 0), bias(layer)));
        if (type == "PReLU") return build_.prelu(x, layer.tensors[0].values);
        if (type == "ReLU") return build_.leaky_relu(x, real(0, 0));
        if (type == "Sigmoid") return build_.elementwise(x, "Sigmoid");
        if (type == "TanH") return build_.elementwise(x, "Tanh");
        if (type == "Swish") return build_.elementwise(x, "SiLU");
        if (type == "Mish") return build_.elementwise(x, "Mish");
        if (type == "GELU") return build_.elementwise(x, whole(0, 0) != 0 ? "GELUTanh" : "GELU");
        if (type == "ELU") return build_.elu(x, real(0, 0.1));
        if (type == "Clip") return build_.clamp(x, real(0, -most), real(1, most));
        if (type == "HardSigmoid") return build_.hard_sigmoid(x, real(0, 0.2), real(1, 0.5));
        if (type == "HardSwish") return build_.multiply(x, build_.hard_sigmoid(x, real(0, 0.2), real(1, 0.5)));
        if (type == "Softmax") {
            if (whole(0, 0) != 0) build_.fail("is taken along another axis than the channels");
            return build_.elementwise(x, "Softmax");
        }
        if (type == "BatchNorm") {
            const auto& t = layer.tensors;  // weight, running_mean, running_var, bias
            return build_.batch_norm(x, t[0].values, t[3].values, t[1].values, t[2].values, real(1, 0));
        }
        if (type == "InstanceNorm" || type == "GroupNorm") {
            const bool instance = type == "InstanceNorm";
            return build_.group_norm(x, instance ? build_.shape(x).channels : whole(0, 1),
                                     layer.tensors.empty() ? std::vector<float>{} : layer.tensors[0].values,
                                     layer.tensors.empty() ? std::vector<float>{} : layer.tensors[1].values,
                                     real(instance ? 1 : 2, 0.001));
        }
        if (type == "Scale") return build_.affine(x, layer.tensors[0].values, bias(layer));
        if (type == "Bias") return build_.affine(x, {}, layer.tensors[0].values);
        if (type == "UnaryOp" && whole(0, 0) == 1) return build_.affine(x, {-1.f}, {});
        if (type == "Power" && real(0, 1) == 1)
            return build_.affine(x, {static_cast<float>(real(1, 1))}, {static_cast<float>(real(2, 0))});
        if (type == "PixelShuffle") return build_.pixel_shuffle(x, whole(0, 1), whole(1, 0) != 0);
        if (type == "Reorg") return build_.pixel_unshuffle(x, whole(0, 1), whole(1, 0) != 0);
        if (type == "Interp") return interpolate(layer, x);
        if (type == "Pooling") return pooling(layer, x);
        if (type == "Padding") return padding(layer, x);
        if (type == "Crop") return crop(layer, x);
        if (type == "Dropout" || type == "Noop" || type == "Flatten") return x;  // a Dense layer takes any map
        build_.fail("has no layer in depix");
    }

    int convolution(const NcnnLayer& layer, int x) {
        const bool transposed = layer.type.starts_with("Deconvolution");
        Windows windows;
        windows.groups = layer.type.ends_with("DepthWise") ? layer.integer(7, 1) : 1;
        const int left = layer.integer(4, 0), top = layer.integer(14, left);
        windows.same = left == -233 || left == -234;
        windows.late = left == -233;
        windows.stride[1] = layer.integer(3, 1);
        windows.stride[0] = layer.integer(13, windows.stride[1]);
        windows.dilation[1] = layer.integer(2, 1);
        windows.dilation[0] = layer.integer(12, windows.dilation[1]);
        windows.before[1] = left;
        windows.before[0] = top;
        windows.after[1] = layer.integer(15, left);
        windows.after[0] = layer.integer(16, top);
        if (!transposed && layer.number(18, 0) != 0) build_.fail("pads with a number that is not 0");
        if (!transposed) return activated(layer, build_.conv(x, windows, tensor(layer, 0), bias(layer)));
        windows.output_padding[1] = layer.integer(18, 0);
        windows.output_padding[0] = layer.integer(19, windows.output_padding[1]);
        if (layer.integer(20, 0) != 0 || layer.integer(21, 0) != 0) build_.fail("states the size of its output");
        return activated(layer, build_.conv_transpose(x, windows, tensor(layer, 0), bias(layer)));
    }

    // The activation that convolutions and inner products may have.
    int activated(const NcnnLayer& layer, int x) {
        const auto found = layer.parameters.find(10);
        const auto parameter = [&](std::size_t i) {
            if (found == layer.parameters.end() || found->second.size() <= i)
                build_.fail("lacks its activation's numbers");
            return found->second[i];
        };
        switch (layer.integer(9, 0)) {
            case 0:
                return x;
            case 1:
                return build_.elementwise(x, "ReLU");
            case 2:
                return build_.leaky_relu(x, parameter(0));
            case 3:
                return build_.clamp(x, parameter(0), parameter(1));
            case 4:
                return build_.elementwise(x, "Sigmoid");
            case 5:
                return build_.elementwise(x, "Mish");
            case 6:
                return build_.multiply(x, build_.hard_sigmoid(x, parameter(0), parameter(1)));
            default:
                build_.fail("has an activation that depix does not know");
        }
    }

    int interpolate(const NcnnLayer& layer, int x) {
        const int mode = layer.integer(0, 0);
        const Shape from = build_.shape(x);
        double height = layer.number(1, 1), width = layer.number(2, 1);
        if (layer.integer(3, 0) > 0) height = static_cast<double>(layer.integer(3, 0)) / from.height;
        if (layer.integer(4, 0) > 0) width = static_cast<double>(layer.integer(4, 0)) / from.width;
        return build_.upsample(x, height, width,
                               mode == 1   ? "nearest"
                               : mode == 2 ? "linear"
                               : mode == 3 ? "cubic"
                                           : "?",
                               layer.integer(6, 0) != 0);
    }

    int pooling(const NcnnLayer& layer, int x) {
        const bool average = layer.integer(0, 0) == 1;
        if (layer.integer(7, 0) != 0 && (layer.integer(8, 0) != 1 || layer.integer(18, layer.integer(8, 0)) != 1))
            build_.fail("gives a map of a stated size");
        if (layer.integer(4, 0) != 0 || layer.integer(7, 0) != 0) {
            if (!average) build_.fail("takes the largest value of a whole map, which depix has no layer for");
            return build_.global_average_pool(x);
        }
        Windows windows;
        windows.kernel[1] = layer.integer(1, 0);
        windows.kernel[0] = layer.integer(11, windows.kernel[1]);
        windows.stride[1] = layer.integer(2, 1);
        windows.stride[0] = layer.integer(12, windows.stride[1]);
        const int mode = layer.integer(5, 0);  // 0: rounded up; 1: rounded down; 2, 3: "same"
        windows.ceil = mode == 0;
        windows.same = mode >= 2;
        windows.late = mode == 2;
        windows.before[1] = layer.integer(3, 0);
        windows.before[0] = layer.integer(13, windows.before[1]);
        windows.after[1] = layer.integer(14, windows.before[1]);
        windows.after[0] = layer.integer(15, windows.before[0]);
        return average ? build_.average_pool(x, windows, layer.integer(6, 0) != 0) : build_.max_pool(x, windows);
    }

    int padding(const NcnnLayer& layer, int x) {
        const int mode = layer.integer(4, 0);
        if (mode == 0 && layer.number(5, 0) != 0) build_.fail("pads with a number that is not 0");
        if (layer.integer(7, 0) != 0 || layer.integer(8, 0) != 0) build_.fail("pads channels");
        return build_.pad(x, {layer.integer(0, 0), layer.integer(1, 0)}, {layer.integer(2, 0), layer.integer(3, 0)},
                          mode == 0   ? "constant"
                          : mode == 1 ? "edge"
                          : mode == 2 ? "reflect"
                                      : "?");
    }

    // Some rows and columns less at every side, or some of the channels.
    int crop(const NcnnLayer& layer, int x) {
        if (layer.parameters.contains(9)) return crop_axes(layer, x);
        const Shape from = build_.shape(x);
        const int column = layer.integer(0, 0), row = layer.integer(1, 0), channel = layer.integer(2, 0);
        const auto rest = [](int size, int first, int stated, int after) {  // -233: what is left
            return stated > 0 ? stated : size - first - after;
        };
        const int width = rest(from.width, column, layer.integer(3, 0), layer.integer(6, 0)),
                  height = rest(from.height, row, layer.integer(4, 0), layer.integer(7, 0)),
                  channels = rest(from.channels, channel, layer.integer(5, 0), layer.integer(8, 0));
        return cut(x, {row, column, channel}, {height, width, channels});
    }
    // As much as another map has.
    int crop_like(const NcnnLayer& layer) {
        const Shape like = build_.shape(input(layer, 1));
        return cut(input(layer, 0), {layer.integer(1, 0), layer.integer(0, 0), layer.integer(2, 0)},
                   {like.height, like.width, like.channels});
    }
    int crop_axes(const NcnnLayer& layer, int x) {
        const auto list = [&](int key) {
            const auto found = layer.parameters.find(key);
            return found == layer.parameters.end() ? std::vector<double>{} : found->second;
        };
        const std::vector<double> starts = list(9), ends = list(10);
        std::vector<double> axes = list(11);
        if (axes.empty())
            for (std::size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<double>(i));
        if (starts.size() != axes.size() || ends.size() != axes.size() || axes.size() > 3)
            build_.fail("has other numbers of axes, first and last values");
        const Shape from = build_.shape(x);
        const int sizes[3] = {from.channels, from.height, from.width};
        int first[3] = {0, 0, 0}, count[3] = {sizes[0], sizes[1], sizes[2]};
        for (std::size_t i = 0; i < axes.size(); ++i) {
            const double number = axes[i] < 0 ? axes[i] + 3 : axes[i];
            if (number != 0 && number != 1 && number != 2) build_.fail("has an axis that is not there");
            const auto axis = static_cast<std::size_t>(number);
            const auto index = [&](double value) {
                const double size = sizes[axis];
                return static_cast<int>(std::clamp(value < 0 ? value + size : value, 0., size));
            };
            first[axis] = index(starts[i]);
            count[axis] = (ends[i] == -233 ? sizes[axis] : index(ends[i])) - first[axis];
        }
        return cut(x, {first[1], first[2], first[0]}, {count[1], count[2], count[0]});
    }
    // Rows, columns and channels: where they begin, and how many.
    int cut(int x, const std::array<int, 3>& first, const std::array<int, 3>& count) {
        const Shape from = build_.shape(x);
        const auto after = [](int size, int begin, int left) {
            return begin < 0 || left < 1 || left > size || begin > size - left ? -1 : size - begin - left;
        };
        const int rows = after(from.height, first[0], count[0]), columns = after(from.width, first[1], count[1]);
        if (rows < 0 || columns < 0) build_.fail("takes more than there is of a map of " + depix::to_string(from));
        if (first[0] != first[1] || rows != columns) build_.fail("cuts off rows and columns differently");
        return build_.slice(build_.crop(x, first[0], rows), first[2], count[2]);
    }

    void slice(const NcnnLayer& layer) {
        const int x = input(layer, 0), channels = build_.shape(x).channels;
        if (layer.integer(1, 0) != 0) build_.fail("cuts along another axis than the channels");
        const auto sizes = layer.parameters.find(0);
        int first = 0;
        for (std::size_t i = 0; i < layer.outputs.size(); ++i) {
            const int left = static_cast<int>(layer.outputs.size() - i);
            int count = (channels - first) / left;
            if (sizes != layer.parameters.end() && i < sizes->second.size() && sizes->second[i] > 0)
                count = static_cast<int>(std::min(sizes->second[i], 1e6));
            maps_[layer.outputs[i]] = build_.slice(x, first, count);
            first += count;
        }
    }

    // a + b, a - b, a * b, of maps or with a constant.
    int binary(const NcnnLayer& layer) {
        const int kind = layer.integer(0, 0);
        std::optional<std::vector<float>> constant;
        bool constant_first = false;
        if (layer.integer(1, 0) != 0) {
            constant = {static_cast<float>(layer.number(2, 0))};
        } else if (layer.inputs.size() == 2) {
            for (std::size_t i = 0; i < 2; ++i)
                if (const auto found = constants_.find(layer.inputs[i]); found != constants_.end()) {
                    constant = channel_values(found->second);
                    constant_first = i == 0;
                }
        } else {
            build_.fail("has " + std::to_string(layer.inputs.size()) + " inputs");
        }
        if (!constant) {
            const int a = input(layer, 0), b = input(layer, 1);
            if (kind == 0) return build_.add(a, b);
            if (kind == 1) return build_.add(a, build_.affine(b, {-1.f}, {}));
            if (kind == 7) return build_.add(b, build_.affine(a, {-1.f}, {}));
            if (kind == 2) return build_.multiply(a, b);
            build_.fail("is no sum, difference or product");
        }
        const int x = input(layer, constant_first ? 1 : 0);
        std::vector<float> values = *constant;
        const bool reversed = constant_first != (kind == 7 || kind == 8);
        const auto each = [&](auto function) {
            for (float& value : values) value = function(value);
            return values;
        };
        if (kind == 0) return build_.affine(x, {}, values);
        if (kind == 2) return build_.affine(x, values, {});
        if (kind == 1 || kind == 7)
            return reversed ? build_.affine(x, {-1.f}, values) : build_.affine(x, {}, each([](float v) { return -v; }));
        if ((kind == 3 || kind == 8) && !reversed) return build_.affine(x, each([](float v) { return 1 / v; }), {});
        if (kind == 4) return build_.clamp(x, values[0], most);
        build_.fail("is no sum, difference or product");
    }

    // A constant with one value, or with one for each channel.
    std::vector<float> channel_values(const GraphTensor& tensor) const {
        const bool one_a_channel = tensor.values.size() == tensor.shape[0] || tensor.shape.size() == 1;
        if (tensor.values.size() != 1 && !one_a_channel) build_.fail("has a constant of other values for each pixel");
        return tensor.values;
    }

    // The sum of maps, each times a number, or their product.
    int eltwise(const NcnnLayer& layer) {
        const int kind = layer.integer(0, 0);
        if (layer.inputs.empty() || (kind != 0 && kind != 1)) build_.fail("is no sum and no product");
        const auto found = layer.parameters.find(1);
        const auto part = [&](std::size_t i) {
            const int x = input(layer, i);
            if (kind == 0 || found == layer.parameters.end() || found->second.empty()) return x;
            if (found->second.size() != layer.inputs.size())
                build_.fail("has another number of factors than of inputs");
            return found->second[i] == 1 ? x : build_.affine(x, {static_cast<float>(found->second[i])}, {});
        };
        int result = part(0);
        for (std::size_t i = 1; i < layer.inputs.size(); ++i)
            result = kind == 1 ? build_.add(result, part(i)) : build_.multiply(result, part(i));
        return result;
    }

    static GraphTensor tensor(const NcnnLayer& layer, std::size_t index) {
        const depix::NcnnTensor& source = layer.tensors[index];
        return {source.name, source.shape, source.values};
    }
    std::vector<float> bias(const NcnnLayer& layer) const {
        return layer.tensors.size() > 1 ? layer.tensors[1].values : std::vector<float>{};
    }
    int input(const NcnnLayer& layer, std::size_t index) const {
        if (index >= layer.inputs.size()) build_.fail("lacks an input");
        const auto found = maps_.find(layer.inputs[index]);
        if (found == maps_.end()) build_.fail("computes with constants alone");
        return found->second;
    }
    void give(const NcnnLayer& layer, int map) {
        if (layer.outputs.size() != 1) build_.fail("has " + std::to_string(layer.outputs.size()) + " outputs");
        maps_[layer.outputs[0]] = map;
    }
    void give_all(const NcnnLayer& layer) {
        if (const auto found = constants_.find(layer.inputs.empty() ? "" : layer.inputs[0]);
            found != constants_.end()) {
            const GraphTensor constant = found->second;
            for (const std::string& output : layer.outputs) constants_[output] = constant;
            return;
        }
        for (const std::string& output : layer.outputs) maps_[output] = input(layer, 0);
    }

    static constexpr double most = (std::numeric_limits<float>::max)();
    const NcnnFile& file_;
    GraphBuilder build_;
    std::map<std::string, int> maps_;
    std::map<std::string, GraphTensor> constants_;
    std::map<std::string, bool> unread_;
    int inputs_ = 0;
};

// The channels that the picture may have: what the file states, or what the first layer with a weight takes, before and
// after pixels became channels.
std::vector<int> possible_channels(const NcnnFile& file) {
    for (const NcnnLayer& layer : file.layers)
        if (layer.type == "Input" && layer.integer(2, 0) > 0) return {layer.integer(2, 0)};
    for (const NcnnLayer& layer : file.layers) {
        if (layer.type.find("onvolution") == std::string::npos || layer.tensors.empty()) continue;
        const bool transposed = layer.type.starts_with("De");
        const int groups = layer.type.ends_with("DepthWise") && !transposed ? std::max(layer.integer(7, 1), 1) : 1;
        const int channels = static_cast<int>(layer.tensors[0].shape[transposed ? 0 : 1]) * groups;
        std::vector<int> possible;
        for (const int divisor : {1, 4, 16, 64, 9})
            if (channels % divisor == 0 && channels > 0) possible.push_back(channels / divisor);
        return possible;
    }
    return {3};
}

}  // namespace

Graph graph_of(const NcnnFile& file, Shape input) { return NcnnLowering(file, input).run(); }

Graph read_graph(const NcnnFile& file) {
    const auto read = [&](Shape input) { return graph_of(file, input); };
    const std::vector<int> possible = possible_channels(file);
    for (const NcnnLayer& layer : file.layers) {  // an inner product takes maps of one size, which the file may state
        const Shape stated{possible[0], layer.integer(1, 0), layer.integer(0, 0)};
        const bool has_dense = std::any_of(file.layers.begin(), file.layers.end(),
                                           [](const NcnnLayer& other) { return other.type == "InnerProduct"; });
        if (layer.type == "Input" && has_dense && stated.height > 0 && stated.width > 0) return read(stated);
    }
    for (std::size_t i = 1; i < possible.size(); ++i) {
        try {
            return read_for_two_sizes(read, possible[i - 1]);
        } catch (const depix::FileError&) {  // perhaps another number of channels
        }
    }
    try {
        return read_for_two_sizes(read, possible.back());
    } catch (const depix::FileError&) {
        return read_for_two_sizes(read, possible[0]);  // whose message is the one to see
    }
}

}  // namespace tool
