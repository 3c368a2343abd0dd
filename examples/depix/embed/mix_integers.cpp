#include "mix_integers.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace {

using depix::integers::Operation;
using depix::integers::Step;
using tool::EmbeddedLayer;

/// The layers of a step, which are the ones from its output back to its input.
std::vector<EmbeddedLayer> layers_of(const tool::EmbeddedNetwork& network, const Step& step) {
    std::vector<EmbeddedLayer> layers;
    int map = step.output;
    do {
        layers.insert(layers.begin(), *std::ranges::find(network.layers, map, &EmbeddedLayer::output));
        map = layers.front().input;
    } while (map != step.input || layers.front().other != step.other);
    return layers;
}

}  // namespace

tool::MixedNetwork tool::mix_integers(const EmbeddedInt8& from) {
    MixedNetwork mixed{from.network, from.program};
    mixed.network.layers.clear();
    mixed.network.integer_picture = std::ranges::none_of(from.program.steps, [](const Step& step) {
        return step.operation == Operation::Float && (step.input == 0 || step.other == 0);
    });
    std::map<std::pair<int, bool>, int> held{{{0, mixed.network.integer_picture}, 0}};  // as integers, or as floats
    const auto find = [&](int map, bool as_integers) {
        if (const auto found = held.find({map, as_integers}); found != held.end()) return found->second;
        EmbeddedLayer conversion;
        conversion.kind = conversion.name = as_integers ? "Encode" : "Decode";
        conversion.input = held.at({map, !as_integers});
        conversion.output = static_cast<int>(mixed.program.encodings.size());
        conversion.out_channels = from.network.map_channels(map);
        conversion.is_elementwise = true;
        mixed.program.encodings.push_back(from.program.encoding(map));
        mixed.network.layers.push_back(conversion);
        held[{map, as_integers}] = conversion.output;
        return conversion.output;
    };
    for (std::size_t i = 0; i < from.program.steps.size(); ++i) {
        const Step& step = from.program.steps[i];
        const bool as_integers = step.operation != Operation::Float;
        std::vector<EmbeddedLayer> layers = layers_of(from.network, step);
        EmbeddedLayer& first = layers.front();
        first.input = find(step.input, as_integers);
        if (step.other >= 0) first.other = find(step.other, as_integers);
        if (as_integers) {
            first.output = step.output;
            first.integer_step = static_cast<int>(i);
            first.is_elementwise = step.operation == Operation::Table;
            if (step.is_convolution()) {  // also a Dense of one pixel
                first.geometry = step.geometry;
                first.role = step.operation == Operation::Convolution ? depix::Role::Convolution
                                                                      : depix::Role::TransposedConvolution;
            }
            layers.resize(1);
        }
        mixed.network.layers.insert(mixed.network.layers.end(), layers.begin(), layers.end());
        held[{step.output, as_integers}] = step.output;
    }
    return mixed;
}
