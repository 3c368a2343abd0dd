// Quantized<Network>: a trained network in 8-bit integers.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "depix/observe.hpp"
#include "depix/quantize/weights.hpp"

namespace depix {

/// What became of one step of a network.
struct QuantizedLayer {
    std::string name;                              ///< of the step's first layer, in layer_names
    std::string kind;                              ///< PyTorch's class of that layer
    bool is_integer = false;                       ///< otherwise it stays float
    std::string reason;                            ///< why it stays so
    double weight_decibels = 0, map_decibels = 0;  ///< signal to rounding error; 0 where it has no weights
    integers::Encoding encoding{};                 ///< of its output
};

namespace detail {

inline std::string report(const std::vector<QuantizedLayer>& layers) {
    std::string text =
        "layer                     kind              runs on    weights (dB)  output (dB)  scale      zero\n";
    for (const QuantizedLayer& layer : layers) {
        char line[160];
        const std::string on = layer.is_integer ? "integers" : "float: " + layer.reason;
        std::snprintf(line, sizeof line, "%-25s %-17s %-10s %12.1f %12.1f  %-9.4g %5d\n", layer.name.c_str(),
                      layer.kind.c_str(), on.c_str(), layer.weight_decibels, layer.map_decibels,
                      static_cast<double>(layer.encoding.scale), layer.encoding.zero_point);
        text += line;
    }
    return text;
}

}  // namespace detail

/// A network whose weights and maps are 8-bit integers, for Inference<Network, Int8<Backend>>. quantize() makes it from
/// a model, load_quantized() from a file (quantize/file.hpp).
///
/// Weights are symmetric, with a scale for each output channel; a map has one scale and one zero point; biases and sums
/// have 32 bits. Batch norms are folded into weights, rectifiers into the requantization of the sums, and other
/// activations into a table of 256 entries (Jacob et al. 2018, "Quantization and Training of Neural Networks for
/// Efficient Integer-Arithmetic-Only Inference"; the integer arithmetic is in kernels/int8.hpp).
///
/// A step stays float if it has no integer kernel, if weights, input or output have fewer decibels of signal to
/// rounding error than QuantizeOptions::min_decibels, if its factor is 1/4 or more, or if the caller says so. `layers`
/// and `report` say which, and why.
template <Module NetworkType>
class Quantized {
  public:
    using Network = NetworkType;

    integers::Program program;
    std::vector<QuantizedLayer> layers;
    /// As in Model, for the steps that stay float; empty if there are none.
    std::vector<float> parameters, statistics;

    /// What the rule above gave, as a table with one line for each step.
    std::string report() const { return detail::report(layers); }
    /// How many steps stay float.
    int float_steps() const {
        int count = 0;
        for (const QuantizedLayer& layer : layers) count += !layer.is_integer;
        return count;
    }
    /// Bytes of weights, biases, factors and tables.
    std::size_t bytes() const {
        std::size_t sum = (parameters.size() + statistics.size()) * sizeof(float);
        for (const integers::Step& step : program.steps)
            sum += step.weight.size() + step.table.size() +
                   4 * (step.bias.size() + step.multiplier.size() + step.negative_multiplier.size()) +
                   step.shift.size();
        return sum;
    }
};

namespace detail {

// Pictures are most often in 0..1 or -1..1. These ranges are taken as a whole, so that 0..1 holds 8 bits exactly.
inline bool is_picture_range(const Histogram& map, Range& range) {
    if (map.low < -1 || map.high > 1) return false;
    range = map.low < 0 ? Range{-1, 1} : Range{0, 1};
    return true;
}

/// Gives the steps that stay float their parameters.
template <Module Network>
void keep_floats(Quantized<Network>& network, const Model<Network>& model) {
    if (network.float_steps() == 0) return;
    network.parameters.assign(model.parameters().begin(), model.parameters().end());
    network.statistics.assign(model.statistics().begin(), model.statistics().end());
}

/// Makes a Quantized from a model and what its maps hold.
template <Module Network>
class Quantizer {
    static constexpr const auto& plan = integer_plan<Network>;

  public:
    Quantizer(const Model<Network>& model, std::vector<Histogram> maps, const QuantizeOptions& options)
        : model_(model), maps_(std::move(maps)), options_(options), described_(describe_steps<Network>()) {
        made_.program.steps = described_.steps;
        choose_encodings();
        for (std::size_t i = 0; i < described_.steps.size(); ++i) quantize_step(i);
        keep_floats(made_, model);
    }
    Quantized<Network> result() && { return std::move(made_); }

  private:
    static float same(float x) { return x; }
    const Histogram& map(int tensor) const { return maps_[static_cast<std::size_t>(tensor)]; }

    void choose_encodings() {
        const std::vector<int> group = encoding_groups(described_.steps, plan.tensors.size());
        std::vector<Range> ranges(group.size());
        for (int i = 0; i < plan.tensor_count; ++i) {
            const bool used = i == plan.input || plan.tensor(i).channels > 0;
            if (!used) continue;
            Range range;
            const bool callers = i == plan.input || i == plan.output;
            if (!(callers && is_picture_range(map(i), range)))
                range = choose_range(map(i), i == plan.input ? Calibration::MinMax : options_.calibration, same);
            Range& all = ranges[static_cast<std::size_t>(group[static_cast<std::size_t>(i)])];
            all = {(std::min)(all.low, range.low), (std::max)(all.high, range.high)};
        }
        for (const int one : group)
            made_.program.encodings.push_back(encoding_of(ranges[static_cast<std::size_t>(one)]));
    }

    double decibels(int tensor) const {
        return coding_error(map(tensor), made_.program.encoding(tensor), same).decibels();
    }

    void quantize_step(std::size_t index) {
        integers::Step& step = made_.program.steps[index];
        const StepInfo& info = described_.infos[index];
        QuantizedLayer layer{info.name, info.kind, false, {}, 0, 0, made_.program.encoding(step.output)};
        layer.map_decibels = decibels(step.output);
        if (info.formula && step.is_convolution()) {
            const Histogram& inner = map(info.inner_tensor);
            step.inner = encoding_of(choose_range(inner, options_.calibration, info.formula));
            layer.map_decibels = coding_error(inner, step.inner, info.formula).decibels();
            fill_table(step.table, info.formula, step.inner, made_.program.encoding(step.output));
        } else if (info.formula) {
            fill_table(step.table, info.formula, made_.program.encoding(step.input), layer.encoding);
        }
        if (step.is_convolution())
            layer.weight_decibels =
                quantize_weights(model_, static_cast<int>(index), info, made_.program.encoding(step.input), step);
        layer.reason = why_float(step, info, layer);
        layer.is_integer = layer.reason.empty();
        if (!layer.is_integer)
            step.operation = integers::Operation::Float;
        else
            integers::finish(step, made_.program);
        made_.layers.push_back(std::move(layer));
    }

    std::string why_float(const integers::Step& step, const StepInfo& info, const QuantizedLayer& layer) const {
        for (const std::string& kept : options_.keep_float)
            if (std::ranges::find(info.layers, kept) != info.layers.end()) return "as asked for";
        if (step.operation == integers::Operation::Float) return "no integer kernel";
        const double least = options_.min_decibels;
        if (step.is_convolution() && layer.weight_decibels < least) return "weights";
        if (decibels(step.input) < least || (step.other >= 0 && decibels(step.other) < least)) return "input";
        if (layer.map_decibels < least) return "output";
        return integers::fits(step, made_.program) ? "" : "factor";
    }

    const Model<Network>& model_;
    const std::vector<Histogram> maps_;
    const QuantizeOptions& options_;
    DescribedSteps described_;
    Quantized<Network> made_;
};

}  // namespace detail

/// Quantizes a trained model, with a handful of pictures like those that it will restore. The pictures go through the
/// float network twice, which shows which values each map holds (Backend computes them, Unfused<Cpu> or Reference).
///
///     const Quantized<Depixelizer> small = quantize(model, pictures);
///     std::cout << small.report();
///     Inference<Depixelizer, Int8<Cpu>> restore{small};
///
/// Throws Error if there is no picture, or if a picture or a layer's output for it is not finite (with the picture's
/// number and the layer's name); ShapeError if the network cannot take a picture.
template <class Backend = Unfused<Cpu>, Module Network>
Quantized<Network> quantize(const Model<Network>& model, std::span<const Image> pictures,
                            const QuantizeOptions& options = {}) {
    if (pictures.empty())
        detail::fail(Error("depix: quantize needs at least one picture, to see which values the maps hold"));
    const Inference<Network, Backend> inference{model};
    const std::vector<std::string> names = layer_names<Network>();
    for (const std::string& name : options.keep_float)
        if (std::ranges::find(names, name) == names.end())
            detail::fail(Error("depix: quantize: keep_float names '" + name + "', but the network has no such layer"));
    std::vector<detail::Histogram> maps(names.size() + 1);
    for (const bool counting : {false, true})
        for (std::size_t p = 0; p < pictures.size(); ++p) {
            std::size_t layer = 0;
            const auto visit = [&](const std::string& name, View<const float> x) {
                detail::Histogram& map = maps[layer++];
                if (counting) return map.count(x);
                map.widen(x);
                if (!map.is_finite)
                    detail::fail(Error("depix: quantize: picture number " + std::to_string(p + 1) + ": " + name +
                                       " holds NaN or infinity"));
            };
            Inference<Network, Backend>::output_shape(pictures[p].shape);  // throws before the picture is looked at
            visit("the picture", pictures[p].view());
            observe(inference, pictures[p], [&](std::string_view name, std::string_view, View<const float> x) {
                visit("the output of " + std::string(name), x);
            });
        }
    return detail::Quantizer<Network>(model, std::move(maps), options).result();
}

/// Quantizes other weights of the same network with the ranges and the choice of layers of `ranges`: after training
/// with rounded weights and maps (train/quantization_aware.hpp), or after any training that leaves the maps' ranges as
/// they were. A convolution whose factor has become 1/4 or more stays float too.
template <Module Network>
Quantized<Network> quantize(const Model<Network>& model, const Quantized<Network>& ranges) {
    Quantized<Network> made = ranges;
    const detail::DescribedSteps described = detail::describe_steps<Network>();
    for (std::size_t i = 0; i < made.program.steps.size(); ++i) {
        integers::Step& step = made.program.steps[i];
        if (!step.is_convolution()) continue;
        const integers::Encoding& input = made.program.encoding(step.input);
        made.layers[i].weight_decibels =
            detail::quantize_weights(model, static_cast<int>(i), described.infos[i], input, step);
        if (integers::fits(step, made.program)) {
            integers::finish(step, made.program);
            continue;
        }
        step.operation = integers::Operation::Float;
        made.layers[i].is_integer = false;
        made.layers[i].reason = "factor";
    }
    detail::keep_floats(made, model);
    return made;
}

}  // namespace depix
