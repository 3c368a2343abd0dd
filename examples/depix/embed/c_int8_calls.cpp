#include <initializer_list>
#include <string>
#include <utility>

#include "c_calls.hpp"
#include "depix/io/weights_header.hpp"

namespace {

using depix::integers::Step;

// From (Out, In / Groups, KH, KW), or (In, Out / Groups, KH, KW) if it is transposed, to (Out, KH, KW, In / Groups).
std::vector<std::int8_t> weights_by_tap(const Step& step) {
    const depix::ConvGeometry& g = step.geometry;
    const bool transposed = step.operation == depix::integers::Operation::TransposedConvolution;
    const int inputs = g.group_in(), outputs = g.group_out(), taps = g.kernel * g.kernel_width;
    std::vector<std::int8_t> weights;
    for (int o = 0; o < g.out_channels; ++o)
        for (int tap = 0; tap < taps; ++tap)
            for (int c = 0; c < inputs; ++c) {
                const int row = transposed ? (o / outputs * inputs + c) * outputs + o % outputs : o * inputs + c;
                weights.push_back(step.weight[static_cast<std::size_t>(row * taps + tap)]);
            }
    return weights;
}

std::string convolution_call(const tool::EmbeddedLayer& layer, const Step& step, int x_zero, const tool::CMaps& maps,
                             tool::CFile& file) {
    const depix::ConvGeometry& g = step.geometry;
    const depix::Shape in = maps.shape(layer.input), out = maps.shape(layer.output);
    const std::string weight = file.array(layer.name + ": weights", weights_by_tap(step));
    const std::string bias = file.array(layer.name + ": biases", step.bias);
    const std::string multiplier = file.array(layer.name + ": multipliers", step.multiplier);
    const std::string shift = file.array(layer.name + ": shifts", step.shift);
    const std::string negative = step.negative_multiplier.empty()
                                     ? "0"
                                     : file.array(layer.name + ": multipliers of negatives", step.negative_multiplier);
    const std::string table = step.table.empty() ? "0" : file.array(layer.name + ": activation", step.table);
    const bool transposed = step.operation == depix::integers::Operation::TransposedConvolution;
    std::string fields;
    const auto line = [&](std::initializer_list<std::pair<const char*, std::string>> values) {
        fields += "   ";
        for (const auto& [field, value] : values) fields.append(" .").append(field).append(" = ").append(value) += ",";
        fields += "\n";
    };
    const auto number = [](int value) { return std::to_string(value); };
    line({{"h", number(in.height)},
          {"w", number(in.width)},
          {"out", number(out.channels)},
          {"oh", number(out.height)},
          {"ow", number(out.width)},
          {"inputs", number(g.group_in())},
          {"outputs", number(g.group_out())}});
    line({{"kh", number(g.kernel)},
          {"kw", number(g.kernel_width)},
          {"stride", number(g.stride)},
          {"dilation", number(g.dilation)},
          {"top", number(g.padding_before)},
          {"left", number(g.width_padding_before)},
          {"transposed", number(transposed)}});
    line({{"x_zero", number(x_zero)}, {"y_zero", number(step.zero_point)}, {"low", number(step.low)}});
    line({{"weight", weight},
          {"bias", bias},
          {"multiplier", multiplier},
          {"negative_multiplier", negative},
          {"shift", shift},
          {"table", table}});
    const std::string name = "convolution_" + std::to_string(layer.integer_step);
    file.add("static const struct int8_convolution " + name + " = {\n" + fields + "};\n\n");
    return file.use("int8_conv") + "(&" + name + ", " + maps.memory(layer.input) + ", " + maps.memory(layer.output) +
           ");";
}

}  // namespace

std::string tool::integer_call(const EmbeddedLayer& layer, const depix::integers::Program& program, const CMaps& maps,
                               CFile& file) {
    using enum depix::integers::Operation;
    const depix::Shape in = maps.shape(layer.input), out = maps.shape(layer.output);
    const std::string x = maps.memory(layer.input), y = maps.memory(layer.output);
    const auto number = [](auto value) { return std::to_string(value); };
    const std::string count = number(out.size());
    const depix::integers::Encoding& from = program.encoding(layer.input);
    const std::string zero = number(from.zero_point);
    if (layer.kind == "Encode")
        return file.use("int8_encode") + "(" + x + ", " +
               depix::detail::float_literal(depix::integers::inverse(from.scale)) + ", " + zero + ", " + y + ", " +
               count + ");";
    if (layer.kind == "Decode")
        return file.use("int8_decode") + "(" + x + ", " + depix::detail::float_literal(from.scale) + ", " + zero +
               ", " + y + ", " + count + ");";
    const Step& step = program.steps[static_cast<std::size_t>(layer.integer_step)];
    const std::string in_size = number(in.height) + ", " + number(in.width);
    switch (step.operation) {
        case Convolution:
        case TransposedConvolution:
            return convolution_call(layer, step, from.zero_point, maps, file);
        case MaxPool:
            return file.use("int8_max_pool") + "(" + x + ", " + in_size + ", " + y + ", " + number(out.channels) +
                   ", " + number(out.height) + ", " + number(out.width) + ", " + number(step.pool.window) + ", " +
                   number(step.pool.stride) + ");";
        case Add: {
            const depix::integers::Addition& a = step.addition;
            std::string text =
                file.use("int8_add") + "(" + x + ", " + maps.memory(layer.other) + ", " + y + ", " + count;
            for (const int value : {a.a_zero, a.b_zero, a.a_factor, a.b_factor, a.shift, a.zero_point, a.low})
                text += ", " + number(value);
            return text + ");";
        }
        case Concatenate:
            return file.use("int8_concatenate") + "(" + x + ", " + number(in.size()) + ", " + maps.memory(layer.other) +
                   ", " + number(maps.shape(layer.other).size()) + ", " + y + ");";
        case PixelShuffle:
        case Upsample:
            return file.use(step.operation == PixelShuffle ? "int8_pixel_shuffle" : "int8_upsample") + "(" + x + ", " +
                   in_size + ", " + y + ", " + number(out.channels) + ", " + number(step.factor) + ");";
        case Table:
            return file.use("int8_table") + "(" + x + ", " + file.array(layer.name + ": activation", step.table) +
                   ", " + y + ", " + count + ");";
        case Slice:
        case Copy:
        case Float:
            break;
    }
    refuse_in_c(layer);
}
