// NcnnFile: a network of ncnn's, which is two files: NAME.param has the layers as text, NAME.bin their weights.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/half.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/io/ncnn_param.hpp"
#include "depix/io/tensor_file.hpp"

namespace depix {

/// A network of ncnn's (https://github.com/Tencent/ncnn/wiki/param-and-model-file-structure):
///
///     7767517                                                          the kind of file
///     3 3                                                              how many layers, how many maps
///     Convolution conv_0 1 1 data 54 0=64 1=3 4=1 5=1 6=1728           type, name, maps in and out, parameters
///
/// In the .bin file the weights follow each other in the order of the layers. A convolution's or an inner product's
/// begin with a number that says how they are stored: 0 (float32) and 0x01306B47 (float16) are read; int8 and values
/// from a table are refused. Of layers that depix does not know the weights' sizes are not known either, so they are
/// refused by their type. Weights that are left over, or missing, are an error.
struct NcnnFile {
    static constexpr std::size_t maximum_param_bytes = std::size_t{1} << 24;

    std::string path;  ///< of the .param file, for messages
    std::vector<NcnnLayer> layers;

    /// Reads both files, given either; the other lies beside it under the same name. Throws FileError.
    static NcnnFile read(const std::string& path, std::size_t maximum_bytes = std::size_t{1} << 32) {
        const std::string stem = stem_of(path);
        return read_other(read_file(stem + ".param", maximum_param_bytes), stem + ".param", maximum_bytes);
    }

    /// The same where one of the two, at `path`, has been read already.
    static NcnnFile read_other(std::span<const std::byte> bytes, const std::string& path,
                               std::size_t maximum_bytes = std::size_t{1} << 32) {
        const std::string stem = stem_of(path);
        if (path.ends_with(".param")) return parse(bytes, read_file(stem + ".bin", maximum_bytes), path);
        return parse(read_file(stem + ".param", maximum_param_bytes), bytes, stem + ".param");
    }

    /// The same from memory; `name` stands for the path in messages.
    static NcnnFile parse(std::string_view param, std::span<const std::byte> bin, std::string name = "memory");

    static NcnnFile parse(std::span<const std::byte> param, std::span<const std::byte> bin, std::string name) {
        return parse(std::string_view(reinterpret_cast<const char*>(param.data()), param.size()), bin, std::move(name));
    }

    /// All weights, each called LAYER.weight, LAYER.bias and so on, in order. If the last layer makes the result
    /// smaller, as in realesr-animevideov3-x2, metadata has by how much: "result_scaled_by" is "0.5".
    TensorFile tensors() const {
        TensorFile file(path, "ncnn");
        if (!layers.empty() && layers.back().type == "Interp") {
            const double factor = layers.back().number(1, 1);
            if (factor > 0 && factor < 1 && factor == layers.back().number(2, 1))
                file.metadata["result_scaled_by"] = factor == 0.5 ? "0.5" : std::to_string(factor);
        }
        for (const NcnnLayer& layer : layers)
            for (const NcnnTensor& tensor : layer.tensors)
                file.add(layer.name + "." + tensor.name, DataType::F32, tensor.shape,
                         std::as_bytes(std::span(tensor.values)));
        return file;
    }

  private:
    /// The path of both files, without .param and .bin.
    static std::string stem_of(const std::string& path) {
        const bool is_param = path.ends_with(".param");
        if (!is_param && !path.ends_with(".bin"))
            detail::fail(FileError(path, "ncnn's files are called .param and .bin"));
        return path.substr(0, path.size() - (is_param ? 6 : 4));
    }
};

namespace detail {

/// Gives each layer its weights from the .bin file.
class NcnnWeightReader {
  public:
    NcnnWeightReader(std::span<const std::byte> bytes, const std::string& path) : bytes_(bytes), path_(path) {}

    void read(NcnnLayer& layer) {
        layer_ = &layer;
        const std::string& type = layer.type;
        const auto count = [&](int key) { return extent(layer.integer(key, 0)); };
        if (type == "Convolution" || type == "ConvolutionDepthWise") {
            convolution(false);
        } else if (type == "Deconvolution" || type == "DeconvolutionDepthWise") {
            convolution(true);
        } else if (type == "InnerProduct") {
            if (layer.integer(8, 0) != 0) fail("is stored as int8, which is not read");
            const std::size_t out = count(0), size = count(2);
            if (size % out != 0) fail("has a weight of " + std::to_string(size) + " values for " + std::to_string(out));
            add("weight", {out, size / out}, tagged(size));
            if (layer.integer(1, 0) != 0) add("bias", {out}, floats(out));
        } else if (type == "PReLU") {
            add("weight", {count(0)}, floats(count(0)));
        } else if (type == "BatchNorm") {
            for (const char* name : {"weight", "running_mean", "running_var", "bias"})
                add(name, {count(0)}, floats(count(0)));
        } else if (type == "Scale") {
            if (layer.integer(0, 0) == -233) return;  // a map is the factor
            add("weight", {count(0)}, floats(count(0)));
            if (layer.integer(1, 0) != 0) add("bias", {count(0)}, floats(count(0)));
        } else if (type == "Bias") {
            add("bias", {count(0)}, floats(count(0)));
        } else if (type == "InstanceNorm" || type == "LayerNorm") {
            if (layer.integer(2, 1) != 0) affine(count(0));
        } else if (type == "GroupNorm") {
            if (layer.integer(3, 1) != 0) affine(count(1));
        } else if (type == "MemoryData") {
            memory_data();
        } else if (!has_no_weights(type)) {
            fail("is of a type that depix does not know");
        }
    }

    void end() const {
        if (position_ != bytes_.size())
            detail::fail(FileError(path_, std::to_string(bytes_.size() - position_) +
                                              " bytes of weights are left over after the last layer's"));
    }

  private:
    static bool has_no_weights(std::string_view type) {
        constexpr std::string_view known[] = {
            "Input",     "Split",        "ReLU",    "Sigmoid", "TanH",    "ELU",           "Clip",    "HardSigmoid",
            "HardSwish", "Swish",        "Mish",    "GELU",    "Softmax", "Concat",        "Eltwise", "BinaryOp",
            "UnaryOp",   "PixelShuffle", "Interp",  "Pooling", "Padding", "Crop",          "Slice",   "Reshape",
            "Flatten",   "Permute",      "Dropout", "Noop",    "Reorg",   "Reduction",     "Squeeze", "ExpandDims",
            "Power",     "Exp",          "Log",     "AbsVal",  "Permute", "ShuffleChannel"};
        return std::find(std::begin(known), std::end(known), type) != std::end(known);
    }

    void convolution(bool transposed) {
        NcnnLayer& layer = *layer_;
        if (layer.integer(8, 0) != 0) fail("is stored as int8, which is not read");
        if (!transposed && layer.integer(19, 0) != 0)
            fail("takes its weights from a map, which depix has no layer for");
        const std::size_t out = extent(layer.integer(0, 0)), width = extent(layer.integer(1, 0)),
                          height = extent(layer.integer(11, layer.integer(1, 0))), size = extent(layer.integer(6, 0)),
                          groups = layer.type.ends_with("DepthWise") ? extent(layer.integer(7, 1)) : 1;
        const std::size_t taps = width * height, in = taps <= size ? size / taps / out : 0;  // of a group
        if (in == 0 || in * out * taps != size || out % groups != 0)
            fail("has a weight of " + std::to_string(size) + " values, which does not fit " + std::to_string(out) +
                 " channels in " + std::to_string(groups) + " groups and a kernel of " + std::to_string(height) + "x" +
                 std::to_string(width));
        std::vector<float> weight = tagged(size);
        if (!transposed) {
            add("weight", {out, in, height, width}, std::move(weight));
        } else {
            // (groups, Out, In, KH, KW) here; in PyTorch (groups, In, Out, KH, KW), where groups and In are one
            // dimension.
            std::vector<float> swapped(size);
            const std::size_t group_out = out / groups;
            for (std::size_t g = 0; g < groups; ++g)
                for (std::size_t o = 0; o < group_out; ++o)
                    for (std::size_t i = 0; i < in; ++i)
                        std::copy_n(weight.data() + ((g * group_out + o) * in + i) * taps, taps,
                                    swapped.data() + ((g * in + i) * group_out + o) * taps);
            add("weight", {groups * in, group_out, height, width}, std::move(swapped));
        }
        if (layer.integer(5, 0) != 0) add("bias", {out}, floats(out));
    }

    void affine(std::size_t channels) {
        add("weight", {channels}, floats(channels));
        add("bias", {channels}, floats(channels));
    }

    void memory_data() {
        std::vector<std::size_t> shape;
        std::size_t size = 1;
        for (const int key : {2, 11, 1, 0}) {  // channels, depth, height, width; 0 where there is no such dimension
            if (layer_->integer(key, 0) == 0) continue;
            shape.push_back(extent(layer_->integer(key, 0)));
            if (shape.back() > bytes_.size() / size) fail("is larger than the .bin file");
            size *= shape.back();
        }
        add("data", std::move(shape), layer_->integer(21, 1) == 0 ? tagged(size) : floats(size));
    }

    std::size_t extent(int value) const {
        if (value < 1) fail("has a size of " + std::to_string(value));
        return static_cast<std::size_t>(value);
    }

    // Values after a number that says how they are stored.
    std::vector<float> tagged(std::size_t count) {
        std::uint32_t tag = 0;
        std::memcpy(&tag, take(sizeof tag).data(), sizeof tag);
        if (tag == 0x000D4B38) fail("is stored as int8, which is not read");
        if (tag == 0x01306B47) {
            if (count > bytes_.size()) fail_short(count);
            const std::span<const std::byte> halves = take((count * 2 + 3) / 4 * 4);
            std::vector<float> values(count);
            for (std::size_t i = 0; i < count; ++i) {
                std::uint16_t half = 0;
                std::memcpy(&half, halves.data() + 2 * i, sizeof half);
                values[i] = Float16::decode(half);
            }
            return values;
        }
        if (tag != 0 && tag != 0x0002C056) fail("is stored as numbers of a table of 256 values, which are not read");
        return floats(count);
    }
    std::vector<float> floats(std::size_t count) {
        if (count > bytes_.size()) fail_short(count);
        const std::span<const std::byte> source = take(count * sizeof(float));
        std::vector<float> values(count);
        if (count != 0) std::memcpy(values.data(), source.data(), source.size());
        return values;
    }
    std::span<const std::byte> take(std::size_t size) {
        if (size > bytes_.size() - position_) fail_short(size / 4);
        position_ += size;
        return bytes_.subspan(position_ - size, size);
    }

    void add(const char* name, std::vector<std::size_t> shape, std::vector<float> values) {
        layer_->tensors.push_back({name, std::move(shape), std::move(values)});
    }
    [[noreturn]] void fail_short(std::size_t count) const {
        fail("needs " + std::to_string(count) + " values; the .bin file has " +
             std::to_string((bytes_.size() - position_) / 4) + " left");
    }
    [[noreturn]] void fail(const std::string& what) const {
        detail::fail(FileError(path_, "layer " + layer_->name + " (" + layer_->type + ") " + what));
    }

    std::span<const std::byte> bytes_;
    const std::string& path_;
    std::size_t position_ = 0;
    NcnnLayer* layer_ = nullptr;
};

}  // namespace detail

inline NcnnFile NcnnFile::parse(std::string_view param, std::span<const std::byte> bin, std::string name) {
    NcnnFile file;
    file.path = std::move(name);
    file.layers = detail::NcnnParamReader(param, file.path).read();
    detail::NcnnWeightReader weights(bin, file.path);
    for (NcnnLayer& layer : file.layers) weights.read(layer);
    weights.end();
    return file;
}

}  // namespace depix
