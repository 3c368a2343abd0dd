#include "c_maps.hpp"

#include <algorithm>
#include <array>

#include "depix/error.hpp"
#include "depix/plan/place.hpp"

void tool::refuse_in_c(const EmbeddedLayer& layer) {
    throw depix::Error("layer " + layer.name + " (" + layer.kind + ") is not written in C");
}

std::string tool::to_c_comment(depix::Shape shape) {
    return std::to_string(shape.channels) + "x" + std::to_string(shape.height) + "x" + std::to_string(shape.width);
}

namespace {

using tool::EmbeddedLayer;

bool is_elementwise(const EmbeddedLayer& layer) {
    return layer.role == depix::Role::BatchNorm || layer.role == depix::Role::Rectifier || layer.kind == "PReLU" ||
           layer.kind == "Sigmoid" || layer.kind == "Tanh" || layer.is_elementwise;
}

}  // namespace

tool::CMaps::CMaps(const EmbeddedNetwork& network, int height, int width) : network_(network) {
    int last = network.output;
    for (const EmbeddedLayer& layer : network.layers) last = std::max(last, layer.output);
    shapes_.resize(static_cast<std::size_t>(last) + 1);
    is_integer_.resize(shapes_.size());
    shapes_[0] = {network.channels, height, width};
    is_integer_[0] = network.integer_picture;
    for (const EmbeddedLayer& layer : network.layers) {
        find_shape(layer);
        is_integer_[static_cast<std::size_t>(layer.output)] = layer.integer_step >= 0 || layer.kind == "Encode";
    }
    place_maps();
}

int tool::CMaps::root(int map) const {
    while (plan_->tensor(map).parent >= 0) map = plan_->tensor(map).parent;
    return map;
}

void tool::CMaps::find_shape(const EmbeddedLayer& layer) {
    const depix::Shape in = shape(layer.input);
    depix::Shape out{layer.out_channels, in.height, in.width};
    const depix::ConvGeometry& g = layer.geometry;
    if (layer.role == depix::Role::Convolution) {
        out.height = depix::count_windows(in.height + g.padding_before + g.padding_after, g.height_extent(), g.stride);
        out.width =
            depix::count_windows(in.width + g.width_padding_before + g.width_padding_after, g.width_extent(), g.stride);
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
            throw depix::Error("layer " + layer.name + " cannot join maps of " + to_c_comment(in) + " and " +
                               to_c_comment(shape(layer.other)));
    } else if (!is_elementwise(layer)) {
        refuse_in_c(layer);
    }
    if (out.height <= 0 || out.width <= 0)
        throw depix::Error("the picture is too small: layer " + layer.name + " gives nothing for " + to_c_comment(in));
    shapes_[static_cast<std::size_t>(layer.output)] = out;
}

bool tool::CMaps::is_in_place(const EmbeddedLayer& layer) const {
    const auto readers = std::ranges::count(network_.layers, layer.input, &EmbeddedLayer::input) +
                         std::ranges::count(network_.layers, layer.input, &EmbeddedLayer::other);
    return is_elementwise(layer) && is_integer(layer.input) == is_integer(layer.output) && root(layer.input) != 0 &&
           readers == 1;
}

void tool::CMaps::place_maps() {
    if (shapes_.size() > capacity || network_.layers.size() > capacity)
        throw depix::Error("a network of more than " + std::to_string(capacity) + " layers is not written in C");
    plan_ = std::make_unique<depix::Plan<capacity, capacity>>();
    plan_->tensor_count = static_cast<int>(shapes_.size());
    plan_->step_count = static_cast<int>(network_.layers.size());
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
        const EmbeddedLayer& layer = network_.layers[i];
        if (is_in_place(layer)) plan_->tensor(layer.output).parent = layer.input;
        const int step = static_cast<int>(i);
        plan_->tensor(root(layer.output)).last = step;
        if (root(layer.output) == layer.output) plan_->tensor(layer.output).first = step;
        for (const int read : {layer.input, layer.other})
            if (read >= 0) plan_->tensor(root(read)).last = step;
    }
    std::array<std::size_t, capacity> sizes{};
    for (const EmbeddedLayer& layer : network_.layers)
        if (root(layer.output) == layer.output && layer.output != root(network_.output)) {
            sizes[static_cast<std::size_t>(layer.output)] =
                shape(layer.output).size() * (is_integer(layer.output) ? 1 : sizeof(float));
            holds_floats_ = holds_floats_ || !is_integer(layer.output);
        }
    if (holds_floats_)  // floats begin at multiples of their size
        for (std::size_t& size : sizes) size = (size + sizeof(float) - 1) / sizeof(float) * sizeof(float);
    const auto placement = depix::place(*plan_, sizes);
    bytes_ = placement.total;
    offsets_.assign(placement.offset.begin(), placement.offset.begin() + static_cast<std::ptrdiff_t>(shapes_.size()));
}

std::string tool::CMaps::memory(int map) const {
    const int at = root(map);
    if (at == 0) return "input";
    if (at == root(network_.output)) return "output";
    const std::size_t offset = offsets_[static_cast<std::size_t>(at)];
    if (!is_integer(map)) return "maps + " + std::to_string(offset / sizeof(float));
    return (holds_floats_ ? "(int8_t *)maps + " : "maps + ") + std::to_string(offset);
}

std::string tool::CMaps::declaration() const {
    if (bytes_ == 0) return "";
    return holds_floats_ ? "static float maps[" + std::to_string(bytes_ / sizeof(float)) + "];\n\n"
                         : "static int8_t maps[" + std::to_string(bytes_) + "];\n\n";
}
