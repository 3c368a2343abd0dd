// save_quantized and load_quantized: a quantized network as a safetensors file.
//
//     metadata  "depix.quantized": "1";  "depix.float": the names of the steps that stay float, with commas
//     input.scale F32 (), input.zero_point I32 ()             the encoding of the picture
//     NAME.scale F32 (), NAME.zero_point I32 ()               the encoding of a step's output
//     NAME.weight I8 (as in PyTorch)                          of a convolution; batch norms are folded into them
//     NAME.weight_scale F32 (Out), NAME.bias I32 (Out)        number = weight_scale * weight; the bias is in units of
//                                                             the input's scale * weight_scale
//     NAME.slope F32 (1) or (Out)                             of a leaky rectifier that is fused
//     NAME.inner_scale F32 (), NAME.inner_zero_point I32 ()   the encoding of what a fused activation is applied to
//     the tensors of layers that stay float              F32, as in PyTorch
//
// NAME is that of a step's first layer. Multipliers, shifts and tables follow from these and are not in the file.
#pragma once

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "depix/io/safetensors_file.hpp"
#include "depix/io/safetensors_writer.hpp"
#include "depix/quantize/quantized.hpp"

namespace depix {

namespace detail {

/// Calls body(tensor) for the tensors of a model that belong to steps which stay float.
template <Module Network, class Body>
void for_float_tensors(Model<Network>& model, const integers::Program& program, Body&& body) {
    static constexpr auto& plan = integer_plan<Network>;
    const auto begins = [](const auto& tensor, auto all) { return tensor.values.data() - all.data(); };
    for (const NamedTensor<float>& tensor : model.tensors()) {
        const auto at = static_cast<std::size_t>(tensor.trainable ? begins(tensor, model.parameters())
                                                                  : begins(tensor, model.statistics()));
        for (int i = 0; i < plan.step_count; ++i) {
            const PlanStep& step = plan.step(i);
            if (program.steps[static_cast<std::size_t>(i)].operation != integers::Operation::Float) continue;
            for (const PlanLayer* layer : {&step.layer, &step.batch_norm, &step.activation}) {
                if (!*layer) continue;
                const std::size_t first = tensor.trainable ? layer->parameters : layer->statistics;
                const std::size_t count =
                    tensor.trainable ? layer->info->parameter_count : layer->info->statistic_count;
                if (at >= first && at < first + count) body(tensor);
            }
        }
    }
}

/// Reads a quantized network and collects everything that is wrong.
class QuantizedReader {
  public:
    explicit QuantizedReader(const SafetensorsFile& file) : file_(file) {
        for (const std::string& name : file.names) unread_.insert(name);
    }

    bool contains(const std::string& name) const { return file_.contains(name); }

    /// The values of a tensor of this shape; empty, and a problem, if it is not there. No extents: any of rank 1.
    template <class T>
    std::vector<T> read(const std::string& name, const std::vector<std::size_t>& shape, bool any_length = false) {
        unread_.erase(name);
        if (!file_.contains(name)) return problem<T>("missing " + name);
        const TensorFile::Entry& entry = file_.entry(name);
        if (entry.dtype != data_type_of<T>)
            return problem<T>("mis-typed " + name + ": it is " + std::string(info(data_type_of<T>).name) +
                              ", the file has " + std::string(info(entry.dtype).name));
        if (any_length ? entry.shape.size() != 1 : entry.shape != shape)
            return problem<T>("mis-shaped " + name + ": the network has " + to_string(shape) + ", the file has " +
                              to_string(entry.shape));
        return file_.values<T>(name);
    }
    integers::Encoding read_encoding(const std::string& scale, const std::string& zero_point) {
        const std::vector<float> factor = read<float>(scale, {});
        const std::vector<std::int32_t> zero = read<std::int32_t>(zero_point, {});
        if (factor.empty() || zero.empty()) return {};
        if (!is_scale(factor[0])) problem<int>("not usable " + scale + ": a scale is positive and finite");
        if (zero[0] < integers::lowest || zero[0] > integers::highest)
            problem<int>("not usable " + zero_point + ": it lies in -128..127");
        else if (is_scale(factor[0]))
            return {factor[0], zero[0]};
        return {};
    }
    template <class T>
    std::vector<T> problem(const std::string& what) {
        problems_ += "\n  " + what;
        return {};
    }
    static bool is_scale(float value) { return value >= 1e-30f && value <= 1e18f; }

    /// Throws FileError if anything was wrong, or is left.
    void finish() {
        for (const std::string& name : unread_) problem<int>("unexpected " + name);
        if (!problems_.empty()) detail::fail(FileError(file_.path, "does not fit the quantized network:" + problems_));
    }
    bool has_problems() const { return !problems_.empty(); }

  private:
    const SafetensorsFile& file_;
    std::set<std::string> unread_;
    std::string problems_;
};

inline void read_convolution(QuantizedReader& reader, integers::Step& step, const StepInfo& info) {
    const std::string& name = info.name;
    const auto outputs = static_cast<std::size_t>(step.geometry.out_channels);
    step.weight = reader.read<std::int8_t>(name + ".weight", {info.weight_shape.begin(), info.weight_shape.end()});
    step.weight_scale = reader.read<float>(name + ".weight_scale", {outputs});
    step.bias = reader.read<std::int32_t>(name + ".bias", {outputs});
    if (info.rectifier) step.slope = reader.read<float>(name + ".slope", {outputs}, true);
    for (const float scale : step.weight_scale)
        if (!QuantizedReader::is_scale(scale))
            reader.problem<int>("not usable " + name + ".weight_scale: scales are positive and finite");
    for (const std::int32_t bias : step.bias)
        if (bias > (1 << 30) || bias < -(1 << 30))
            reader.problem<int>("not usable " + name + ".bias: beyond 2^30, with which a sum may not fit into 32 bits");
    for (const float slope : step.slope)
        if (!(slope > -1e18f && slope < 1e18f)) reader.problem<int>("not finite " + name + ".slope");
    if (info.rectifier && step.slope.size() != 1 && step.slope.size() != outputs)
        reader.problem<int>("mis-shaped " + name + ".slope: it has 1 value or one for each channel");
    if (info.formula) step.inner = reader.read_encoding(name + ".inner_scale", name + ".inner_zero_point");
}

}  // namespace detail

/// The file's contents, for a writer.
template <Module Network>
void append_quantized(SafetensorsWriter& writer, const Quantized<Network>& network) {
    const auto add_encoding = [&](const std::string& scale, const std::string& zero,
                                  const integers::Encoding& encoding) {
        const std::int32_t zero_point = encoding.zero_point;
        writer.add(scale, {}, std::span<const float>(&encoding.scale, 1));
        writer.add(zero, {}, std::span<const std::int32_t>(&zero_point, 1));
    };
    writer.metadata["depix.quantized"] = "1";
    std::string& floats = writer.metadata["depix.float"];
    const detail::DescribedSteps described = detail::describe_steps<Network>();
    add_encoding("input.scale", "input.zero_point", network.program.encoding(integer_plan<Network>.input));
    for (std::size_t i = 0; i < described.steps.size(); ++i) {
        const integers::Step& step = network.program.steps[i];
        const detail::StepInfo& info = described.infos[i];
        add_encoding(info.name + ".scale", info.name + ".zero_point", network.program.encoding(step.output));
        if (step.operation == integers::Operation::Float) {
            floats += (floats.empty() ? "" : ",") + info.name;
            continue;
        }
        if (!step.is_convolution()) continue;
        const std::size_t outputs = step.weight_scale.size();
        writer.add(info.name + ".weight", {info.weight_shape.begin(), info.weight_shape.end()},
                   std::span<const std::int8_t>(step.weight));
        writer.add(info.name + ".weight_scale", {outputs}, std::span<const float>(step.weight_scale));
        writer.add(info.name + ".bias", {outputs}, std::span<const std::int32_t>(step.bias));
        if (info.rectifier) writer.add(info.name + ".slope", {step.slope.size()}, std::span<const float>(step.slope));
        if (info.formula) add_encoding(info.name + ".inner_scale", info.name + ".inner_zero_point", step.inner);
    }
    if (network.float_steps() == 0) return;
    Model<Network> model;
    std::ranges::copy(network.parameters, model.parameters().begin());
    std::ranges::copy(network.statistics, model.statistics().begin());
    detail::for_float_tensors(model, network.program, [&](const NamedTensor<float>& tensor) {
        writer.add(tensor.name, tensor.shape, std::span<const float>(tensor.values));
    });
}

/// Writes the file. Throws FileError if it cannot be written.
template <Module Network>
void save_quantized(const Quantized<Network>& network, const std::string& path) {
    SafetensorsWriter writer;
    append_quantized(writer, network);
    writer.write(path);
}

/// Reads what append_quantized has written. Throws one FileError that names every tensor that is missing, unexpected,
/// of another type or shape, or whose values no quantized network of this type has.
template <Module Network>
Quantized<Network> parse_quantized(const SafetensorsFile& file) {
    const auto found = file.metadata.find("depix.quantized");
    if (found == file.metadata.end() || found->second != "1")
        detail::fail(FileError(file.path, "holds no quantized network: its metadata lack \"depix.quantized\": \"1\""));
    detail::QuantizedReader reader(file);
    const detail::DescribedSteps described = detail::describe_steps<Network>();
    const auto listed = file.metadata.find("depix.float");
    std::string floats = ",";
    if (listed != file.metadata.end() && !listed->second.empty()) floats += listed->second + ",";
    Quantized<Network> made;
    made.program.steps = described.steps;
    made.program.encodings.resize(integer_plan<Network>.tensors.size());
    made.program.encodings[static_cast<std::size_t>(integer_plan<Network>.input)] =
        reader.read_encoding("input.scale", "input.zero_point");
    for (std::size_t i = 0; i < described.steps.size(); ++i) {
        integers::Step& step = made.program.steps[i];
        const detail::StepInfo& info = described.infos[i];
        const integers::Encoding encoding = reader.read_encoding(info.name + ".scale", info.name + ".zero_point");
        made.program.encodings[static_cast<std::size_t>(step.output)] = encoding;
        const std::size_t at = floats.find("," + info.name + ",");
        if (at == std::string::npos && step.operation == integers::Operation::Float)
            reader.problem<int>("\"depix.float\" lacks " + info.name + ", which has no integer kernel");
        made.layers.push_back({info.name, info.kind, at == std::string::npos, "the file says so", 0, 0, encoding});
        if (at != std::string::npos) {
            floats.erase(at, info.name.size() + 1);
            step.operation = integers::Operation::Float;
        } else if (step.is_convolution()) {
            detail::read_convolution(reader, step, info);
        }
    }
    if (floats != ",") reader.problem<int>("\"depix.float\" names steps that the network has not: " + floats);
    if (made.float_steps() > 0) {
        Model<Network> model;
        detail::for_float_tensors(model, made.program, [&](const NamedTensor<float>& tensor) {
            const std::vector<float> values = reader.read<float>(tensor.name, tensor.shape);
            std::ranges::copy(values, tensor.values.begin());
        });
        made.parameters.assign(model.parameters().begin(), model.parameters().end());
        made.statistics.assign(model.statistics().begin(), model.statistics().end());
    }
    for (std::size_t i = 0; i < described.steps.size() && !reader.has_problems(); ++i) {
        integers::Step& step = made.program.steps[i];
        const detail::StepInfo& info = described.infos[i];
        const integers::Encoding &input = made.program.encoding(step.input),
                                 &output = made.program.encoding(step.output);
        if (info.formula && step.operation != integers::Operation::Float)
            detail::fill_table(step.table, info.formula, step.is_convolution() ? step.inner : input, output);
        const bool joined = step.other < 0 || made.program.encoding(step.other) == output;
        if (integers::keeps_encoding(step.operation) && !(input == output && joined))
            reader.problem<int>(info.name + " only moves integers, but its input and output have other encodings");
        if (!integers::fits(step, made.program))
            reader.problem<int>(info.name + ": its scales give a factor of 1/4 or more");
        else if (step.operation != integers::Operation::Float)
            integers::finish(step, made.program);
    }
    reader.finish();
    return made;
}

/// Reads a file that save_quantized has written; throws FileError as parse_quantized, and if it cannot be read.
template <Module Network>
Quantized<Network> load_quantized(const std::string& path) {
    return parse_quantized<Network>(SafetensorsFile::read(path));
}

}  // namespace depix
