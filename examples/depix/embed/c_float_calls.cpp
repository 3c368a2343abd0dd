#include <cmath>

#include "c_calls.hpp"
#include "depix/io/weights_header.hpp"

namespace {

using tool::EmbeddedLayer;

std::string norm_call(const EmbeddedLayer& layer, tool::CFile& file, const std::string& x, const std::string& y,
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
    return file.use("batch_norm") + "(" + x + ", " + file.array(layer.name + ": mean", mean) + ", " +
           file.array(layer.name + ": scale", scale) + ", " + file.array(layer.name + ": shift", shift) + ", " + y +
           ", " + channels_area + ");";
}

}  // namespace

std::string tool::float_call(const EmbeddedLayer& layer, const CMaps& maps, CFile& file) {
    const depix::Shape in = maps.shape(layer.input), out = maps.shape(layer.output);
    const std::string x = maps.memory(layer.input), y = maps.memory(layer.output);
    const auto number = [](auto value) { return std::to_string(value); };
    const std::string in_size = number(in.height) + ", " + number(in.width);
    const std::string out_size = number(out.channels) + ", " + number(out.height) + ", " + number(out.width);
    const std::string count = number(out.size());
    const std::string channels_area = number(out.channels) + ", " + number(out.area());
    const auto tensor = [&](std::size_t i) { return file.array(layer.tensors[i].name, layer.tensors[i].values); };
    if (layer.has_geometry) {
        const depix::ConvGeometry& g = layer.geometry;
        const std::string weight = tensor(0), bias = g.bias ? tensor(1) : "0";
        std::string text = file.use(layer.role == depix::Role::Convolution ? "conv" : "conv_transpose") + "(" + x +
                           ", " + in_size + ", " + weight + ", " + bias + ", " + y + ", " + out_size;
        for (const int value : {g.group_in(), g.group_out(), g.kernel, g.kernel_width, g.stride, g.dilation,
                                g.padding_before, g.width_padding_before})
            text += ", " + number(value);
        return text + ");";
    }
    if (layer.role == depix::Role::BatchNorm) return norm_call(layer, file, x, y, channels_area);
    if (layer.kind == "PReLU")
        return file.use("rectify_channels") + "(" + x + ", " + tensor(0) + ", " +
               number(layer.tensors[0].values.size()) + ", " + y + ", " + channels_area + ");";
    if (layer.role == depix::Role::Rectifier)
        return file.use("rectify") + "(" + x + ", " + depix::detail::float_literal(layer.negative_slope) + ", " + y +
               ", " + count + ");";
    if (layer.kind == "Sigmoid") return file.use("sigmoid") + "(" + x + ", " + y + ", " + count + ");";
    if (layer.kind == "Tanh") return file.use("hyperbolic_tangent") + "(" + x + ", " + y + ", " + count + ");";
    if (layer.window > 0)
        return file.use(layer.kind == "MaxPool2d" ? "max_pool" : "average_pool") + "(" + x + ", " + in_size + ", " + y +
               ", " + out_size + ", " + number(layer.window) + ", " + number(layer.stride) + ");";
    if (layer.role == depix::Role::PixelShuffle || layer.role == depix::Role::Upsample)
        return file.use(layer.role == depix::Role::PixelShuffle ? "pixel_shuffle" : "upsample") + "(" + x + ", " +
               in_size + ", " + y + ", " + number(out.channels) + ", " + number(layer.up) + ");";
    const std::string other = maps.memory(layer.other);
    if (layer.role == depix::Role::Add)
        return file.use("add") + "(" + x + ", " + other + ", " + y + ", " + count + ");";
    if (layer.role == depix::Role::Concatenate)
        return file.use("concatenate") + "(" + x + ", " + number(in.size()) + ", " + other + ", " +
               number(maps.shape(layer.other).size()) + ", " + y + ");";
    refuse_in_c(layer);
}
