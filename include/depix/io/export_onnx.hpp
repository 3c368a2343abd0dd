// export_onnx: writes a network and its weights as an ONNX file.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/io/onnx_layers.hpp"
#include "depix/model.hpp"
#include "depix/network/split.hpp"
#include "depix/network/tap.hpp"

namespace depix {

namespace detail {

// A visitor that writes one layer after another.
template <class T>
struct OnnxVisitor {
    // A map: its name in the file and its channels.
    struct Map {
        std::string name;
        int channels;
    };
    struct Tapped {
        std::string_view name;
        int map;
    };

    std::vector<NamedTensor<const T>> tensors;
    OnnxGraph graph{};
    std::vector<Map> maps{};
    std::vector<std::string> path{};
    std::vector<Tapped> taps{};
    std::size_t next_tensor = 0;

    void enter(const char* name) { path.emplace_back(name); }
    void enter(int index) { path.push_back(std::to_string(index)); }
    void leave() { path.pop_back(); }

    template <Layer L>
    int layer(int input) {
        static_assert(
            requires { graph.layer(std::type_identity<L>{}, std::string(), 0, std::span<const std::string>()); },
            "depix: export_onnx does not know how ONNX computes this layer: see io/onnx_layers.hpp");
        const Map from = at(input);
        const std::vector<std::string> weights = write_tensors(L::tensors.size());
        graph.place = name();
        return add(graph.layer(std::type_identity<L>{}, from.name, from.channels, weights),
                   L::out_channels(from.channels));
    }
    template <class Join>
    int join(int a, int b) {
        constexpr bool joins_channels = std::is_same_v<Join, Concatenate>;
        graph.place = name(Join::path);
        OnnxGraph::Attributes attributes;
        if (joins_channels) attributes.push_back({"axis", std::int64_t{1}});
        const char* type = joins_channels ? "Concat" : std::is_same_v<Join, Add> ? "Add" : "Mul";
        return add(graph.node(type, {at(a).name, at(b).name}, attributes),
                   Join::joined_channels(at(a).channels, at(b).channels));
    }
    void tap(const char* tapped, int map) { taps.push_back({tapped, map}); }
    template <int>
    int use(const char* tapped) {
        for (auto tap = taps.rbegin(); tap != taps.rend(); ++tap)
            if (tap->name == tapped) return tap->map;
        return 0;  // the plan has refused it
    }

    const Map& at(int map) const { return maps[static_cast<std::size_t>(map)]; }
    int add(std::string map_name, int channels) {
        maps.push_back({std::move(map_name), channels});
        return static_cast<int>(maps.size()) - 1;
    }

  private:
    std::string name(const char* last = "") const {
        std::string result;
        const auto append = [&result](std::string_view part) {
            if (part.empty()) return;
            if (!result.empty()) result += '.';
            result += part;
        };
        for (const std::string& part : path) append(part);
        append(last);
        return result;
    }
    // The next tensors of the model, which come in the order of the layers.
    std::vector<std::string> write_tensors(std::size_t count) {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < count; ++i) {
            const NamedTensor<const T>& tensor = tensors[next_tensor++];
            names.push_back(graph.unique(tensor.name));
            graph.writer.weight(names.back(), tensor.shape,
                                std::vector<float>(tensor.values.begin(), tensor.values.end()));
        }
        return names;
    }
};

}  // namespace detail

/// The network and its weights as the bytes of an ONNX file, of opset 17. Its input is called "input" and is (batch,
/// channels, height, width), where all but the channels may be any; its output is called "output". The weights have
/// their names in the model. Batch norms are written as in inference; Dropout is left out.
///
/// Two layers are refused by the compiler: AveragePool with CeilMode, and a layer of the user's own.
template <Module Network, class T>
std::vector<std::byte> onnx_bytes(const Model<Network, T>& model) {
    static_assert(Network::in_channels > 0,
                  "depix: a network begins with a layer that says how many channels it takes");
    detail::OnnxVisitor<T> visitor{model.tensors()};
    detail::OnnxGraph& graph = visitor.graph;
    visitor.add(graph.unique("input"), Network::in_channels);
    const std::string output = graph.unique("output");
    const auto last = visitor.at(walk<Network>(visitor, 0));
    graph.writer.node("Identity", {last.name}, {output});
    graph.writer.input("input", {"batch", std::to_string(Network::in_channels), "height", "width"});
    graph.writer.output(output, {"batch", std::to_string(last.channels), "output_height", "output_width"});
    return graph.writer.bytes();
}

/// Writes that file, whole or not at all. Throws FileError when it cannot be written.
///
///     Model<Denoiser> model;
///     load(model, "denoiser.safetensors");
///     export_onnx(model, "denoiser.onnx");
///
/// In PyTorch: torch.onnx.export(model, picture, "denoiser.onnx", opset_version=17).
template <Module Network, class T>
void export_onnx(const Model<Network, T>& model, const std::string& path) {
    write_file(path, onnx_bytes(model));
}

}  // namespace depix
