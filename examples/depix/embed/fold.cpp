#include "fold.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace {

const std::vector<float>* find_tensor(const tool::EmbeddedLayer& layer, std::string_view name) {
    for (const tool::EmbeddedTensor& tensor : layer.tensors)
        if (tensor.name.ends_with(name)) return &tensor.values;
    return nullptr;
}

void fold(const tool::EmbeddedLayer& norm, tool::EmbeddedLayer& convolution) {
    depix::ConvGeometry& geometry = convolution.geometry;
    if (!geometry.bias) {
        std::string name = convolution.tensors[0].name;
        name.replace(name.rfind("weight"), 6, "bias");
        const auto channels = static_cast<std::size_t>(geometry.out_channels);
        convolution.tensors.push_back({name, {channels}, std::vector<float>(channels), true});
        geometry.bias = true;
    }
    const auto &mean = *find_tensor(norm, "running_mean"), &variance = *find_tensor(norm, "running_var");
    const std::vector<float>*weight = find_tensor(norm, ".weight"), *shift = find_tensor(norm, ".bias");
    std::vector<float>&weights = convolution.tensors[0].values, &bias = convolution.tensors[1].values;
    const auto scale_of = [&](std::size_t c) {
        return (weight ? double{(*weight)[c]} : 1.0) / std::sqrt(double{variance[c]} + norm.epsilon);
    };
    // (Out, In / Groups, KH, KW), or (In, Out / Groups, KH, KW) if it is transposed.
    const auto taps = static_cast<std::size_t>(geometry.taps());
    const auto group_in = static_cast<std::size_t>(geometry.group_in());
    const auto group_out = static_cast<std::size_t>(geometry.group_out());
    const bool transposed = convolution.role == depix::Role::TransposedConvolution;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const std::size_t outer = i / taps / (transposed ? group_out : group_in);
        const std::size_t channel = transposed ? outer / group_in * group_out + i / taps % group_out : outer;
        weights[i] = static_cast<float>(weights[i] * scale_of(channel));
    }
    for (std::size_t c = 0; c < bias.size(); ++c)
        bias[c] = static_cast<float>((double{bias[c]} - mean[c]) * scale_of(c) + (shift ? double{(*shift)[c]} : 0.0));
}

}  // namespace

int tool::fold_batch_norms(EmbeddedNetwork& network) {
    int folded = 0;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const EmbeddedLayer norm = network.layers[i];
        if (norm.role != depix::Role::BatchNorm) continue;
        const auto reads = [&](const EmbeddedLayer& layer) {
            return layer.input == norm.input || layer.other == norm.input;
        };
        const auto before = std::ranges::find(network.layers, norm.input, &EmbeddedLayer::output);
        if (before == network.layers.end() || !before->has_geometry || network.output == norm.input ||
            std::ranges::count_if(network.layers, reads) != 1)
            continue;
        fold(norm, *before);
        before->output = norm.output;
        network.layers.erase(network.layers.begin() + static_cast<std::ptrdiff_t>(i--));
        ++folded;
    }
    return folded;
}
