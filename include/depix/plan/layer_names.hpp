// layer_names: a name for every layer of a network, as PyTorch's state_dict begins the names of its parameters.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "depix/network/skip.hpp"

namespace depix {

namespace detail {

// A visitor that records the name of every layer and join.
class LayerNameVisitor {
  public:
    [[gnu::noinline]] void enter(const char* name) { path_.emplace_back(name); }
    [[gnu::noinline]] void enter(int index) { path_.push_back(std::to_string(index)); }
    [[gnu::noinline]] void leave() { path_.pop_back(); }
    template <Layer L>
    int layer(int) {
        return append("");
    }
    template <class Join>
    int join(int, int) {
        return append(Join::path);
    }

    std::vector<std::string> names;

  private:
    [[gnu::noinline]] int append(const char* last) {
        std::string name;
        const auto extend = [&name](const std::string& part) {
            if (!part.empty()) name.append(name.empty() ? "" : ".").append(part);
        };
        std::ranges::for_each(path_, extend);
        extend(last);
        const std::string first = name;
        for (int i = 1; std::ranges::find(names, name) != names.end(); ++i) name = first + "_" + std::to_string(i);
        names.push_back(std::move(name));
        return 0;
    }

    std::vector<std::string> path_;
};

}  // namespace detail

/// The name of every layer and join, in order of execution, which is that of flatten<Network>()'s steps: "encoder.0"
/// for the layer whose weights are called "encoder.0.weight".
///
/// A join has the name of its Sum, Concat or Product, and "add", "concatenate" or "multiply" after it: "blocks.2.add".
/// Names differ from each other. Layers without parameters may have the same path, where a network is built of parts
/// without names; the second of them ends in "_1", the third in "_2", as in torch.fx.
template <Module Network>
std::vector<std::string> layer_names() {
    detail::LayerNameVisitor visitor;
    walk<Network>(visitor, 0);
    return std::move(visitor.names);
}

}  // namespace depix
