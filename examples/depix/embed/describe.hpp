// Makes an EmbeddedNetwork of a network's type and weights.
#pragma once

#include <string_view>
#include <utility>

#include "depix/io/safetensors.hpp"
#include "depix/model.hpp"
#include "depix/plan/layer_names.hpp"
#include "embedded_network.hpp"

namespace tool::inline DEPIX_TOOL_LEVEL {

// A visitor that appends one layer for each layer of a network.
class EmbeddingVisitor {
  public:
    explicit EmbeddingVisitor(EmbeddedNetwork& network) : network_(network) {}

    void enter(const char*) {}
    void enter(int) {}
    void leave() {}
    template <depix::Layer L>
    int layer(int input) {
        EmbeddedLayer layer;
        layer.kind = L::name;
        layer.role = L::traits.role;
        layer.input = input;
        layer.out_channels = L::out_channels(network_.map_channels(input));
        layer.negative_slope = L::traits.negative_slope;
        layer.up = L::traits.up;
        tensor_counts.push_back(L::tensors.size());
        if constexpr (requires { L::geometry; }) {
            layer.has_geometry = true;
            layer.geometry = L::geometry;
            if constexpr (requires { L::output_padding; }) layer.output_padding = L::output_padding;
        }
        if constexpr (requires { L::window; }) {
            layer.window = L::inside ? L::window : 0;
            layer.stride = L::stride;
        }
        if constexpr (L::traits.role == depix::Role::BatchNorm) layer.epsilon = L::epsilon;
        return append(std::move(layer));
    }
    template <class Join>
    int join(int a, int b) {
        EmbeddedLayer layer;
        layer.kind = Join::name;
        layer.role = Join::traits.role;
        layer.input = a;
        layer.other = b;
        layer.out_channels = Join::joined_channels(network_.map_channels(a), network_.map_channels(b));
        tensor_counts.push_back(0);
        return append(std::move(layer));
    }
    void tap(const char* name, int map) { taps_.emplace_back(name, map); }
    template <int>
    int use(const char* name) {
        for (auto tap = taps_.rbegin(); tap != taps_.rend(); ++tap)
            if (tap->first == name) return tap->second;
        return 0;
    }

    std::vector<std::size_t> tensor_counts;  // of each layer

  private:
    int append(EmbeddedLayer layer) {
        layer.output = static_cast<int>(network_.layers.size()) + 1;
        network_.layers.push_back(std::move(layer));
        return network_.layers.back().output;
    }

    EmbeddedNetwork& network_;
    std::vector<std::pair<std::string_view, int>> taps_;
};

/// Throws depix::FileError if the weights are another network's.
template <class Network>
EmbeddedNetwork embed_network(const depix::TensorFile& weights) {
    depix::Model<Network> model;
    depix::load(model, weights);
    EmbeddedNetwork network;
    network.channels = Network::in_channels;
    network.size_multiple = Network::size_multiple;
    EmbeddingVisitor visitor(network);
    network.output = depix::walk<Network>(visitor, 0);
    const auto names = depix::layer_names<Network>();
    const auto tensors = model.tensors();
    std::size_t next = 0;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        network.layers[i].name = names[i];
        for (std::size_t k = 0; k < visitor.tensor_counts[i]; ++k, ++next)
            network.layers[i].tensors.push_back({tensors[next].name,
                                                 tensors[next].shape,
                                                 {tensors[next].values.begin(), tensors[next].values.end()},
                                                 tensors[next].trainable});
    }
    return network;
}

}  // namespace tool::inline DEPIX_TOOL_LEVEL
