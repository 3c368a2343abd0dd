// GraphBuilder::finish: what several nodes of a file say becomes the layer that depix has for it.
#include <algorithm>
#include <cmath>
#include <set>

#include "graph_builder.hpp"

namespace tool {

namespace {

class Simplifier {
  public:
    explicit Simplifier(Graph& graph) : graph_(graph) {}

    void run() {
        drop_unneeded();
        for (GraphNode& node : graph_.nodes) {
            if (node.type == "Multiply") find_gate(node);
            if (node.type == "*Affine") find_gelu(node);
        }
        drop_unneeded();
        for (GraphNode& node : graph_.nodes)
            if (node.type == "*Affine") merge_affine(node);
        drop_unneeded();
        for (GraphNode& node : graph_.nodes) {
            if (node.type == "*Affine") give_to_norm(node);
            if (node.type == "*Permute") merge_permutation(node);
        }
        drop_unneeded();
        for (GraphNode& node : graph_.nodes) {
            if (node.type == "*Affine") name_affine(node);
            if (node.type == "*Permute") fold_permutation(node);
        }
        drop_unneeded();
        nest_concatenations();
    }

  private:
    // The node that writes a map, if it is of this type and only `times` nodes read the map; otherwise null.
    GraphNode* producer(int map, std::string_view type, int times = 1) {
        const int index = graph_.map(map).producer;
        if (index < 0 || uses(map) != times) return nullptr;
        GraphNode& node = graph_.nodes[static_cast<std::size_t>(index)];
        return node.type.starts_with(type) ? &node : nullptr;
    }
    int uses(int map) const { return uses_[static_cast<std::size_t>(map)]; }

    static void become(GraphNode& node, const char* type, int input) {
        node.type = type;
        node.inputs = {input};
        node.tensors.clear();
    }

    // x * sigmoid(x), x * hardsigmoid(x), x * tanh(softplus(x)), and one half of the channels times the other.
    void find_gate(GraphNode& node) {
        if (node.inputs.size() != 2) return;
        const int a = node.inputs[0], b = node.inputs[1];
        for (const auto& [x, gate] : {std::pair{a, b}, std::pair{b, a}}) {
            if (const GraphNode* p = producer(gate, "Sigmoid"); p && p->inputs[0] == x) return become(node, "SiLU", x);
            if (const GraphNode* p = producer(gate, "Hardsigmoid"); p && p->inputs[0] == x)
                return become(node, "Hardswish", x);
            if (const GraphNode* tanh = producer(gate, "Tanh"))
                if (const GraphNode* p = producer(tanh->inputs[0], "*Softplus"); p && p->inputs[0] == x)
                    return become(node, "Mish", x);
            const GraphNode *first = producer(x, "Slice<"), *second = producer(gate, "Slice<");
            if (first && second && first->inputs == second->inputs) {
                const int half = graph_.map(x).shape.channels;
                const std::string whole = "Slice<" + std::to_string(2 * half) + ", ";
                if (first->type == whole + "0, " + std::to_string(half) + ">" &&
                    second->type == whole + std::to_string(half) + ", " + std::to_string(half) + ">")
                    return become(node, "SimpleGate", first->inputs[0]);
            }
        }
    }

    // An affine node with these two numbers for all channels.
    static bool is_affine(const GraphNode* node, double scale, double shift) {
        if (node == nullptr || node->type != "*Affine") return false;
        const auto all = [](const std::vector<float>& values, double wanted) {
            return std::all_of(values.begin(), values.end(), [&](float v) { return std::abs(v - wanted) < 1e-6; });
        };
        return all(node->tensors[0].values, scale) && all(node->tensors[1].values, shift);
    }

    // 0.5 * (x * (1 + erf(x / sqrt(2)))), as PyTorch writes GELU.
    void find_gelu(GraphNode& node) {
        if (!is_affine(&node, 0.5, 0)) return;
        const GraphNode* product = producer(node.inputs[0], "Multiply");
        if (product == nullptr || product->inputs.size() != 2) return;
        const int a = product->inputs[0], b = product->inputs[1];
        for (const auto& [x, gate] : {std::pair{a, b}, std::pair{b, a}}) {
            const GraphNode* plus = producer(gate, "*Affine");
            const GraphNode* erf = is_affine(plus, 1, 1) ? producer(plus->inputs[0], "*Erf") : nullptr;
            const GraphNode* scaled = erf != nullptr ? producer(erf->inputs[0], "*Affine") : nullptr;
            if (is_affine(scaled, std::sqrt(0.5), 0) && scaled->inputs[0] == x) return become(node, "GELU", x);
        }
    }

    // a' (a x + b) + b'
    void merge_affine(GraphNode& node) {
        const GraphNode* first = producer(node.inputs[0], "*Affine");
        if (first == nullptr) return;
        const std::vector<float>&a = first->tensors[0].values, &b = first->tensors[1].values;
        std::vector<float>&scale = node.tensors[0].values, &shift = node.tensors[1].values;
        const std::size_t count = std::max({a.size(), b.size(), scale.size(), shift.size()});
        const auto at = [](const std::vector<float>& values, std::size_t i) {
            return values[values.size() == 1 ? 0 : i];
        };
        std::vector<float> new_scale, new_shift;
        for (std::size_t i = 0; i < count; ++i) {
            new_scale.push_back(at(scale, i) * at(a, i));
            new_shift.push_back(at(scale, i) * at(b, i) + at(shift, i));
        }
        scale = std::move(new_scale);
        shift = std::move(new_shift);
        node.inputs = first->inputs;
    }

    // A norm of groups without a weight and a bias takes those that follow it.
    void give_to_norm(GraphNode& node) {
        GraphNode* norm = producer(node.inputs[0], "GroupNorm<");
        if (norm == nullptr || !norm->tensors.empty()) return;
        const std::size_t no_affine = norm->type.find(", NoAffine>");
        if (no_affine == std::string::npos) return;
        norm->type.erase(no_affine);
        norm->type += '>';
        const auto count = static_cast<std::size_t>(norm->in_channels);
        std::vector<float> weight = node.tensors[0].values, bias = node.tensors[1].values;
        if (weight.size() == 1) weight.assign(count, weight[0]);
        if (bias.size() == 1) bias.assign(count, bias[0]);
        norm->tensors = {{"weight", {count}, std::move(weight)}, {"bias", {count}, std::move(bias)}};
        redirect(node.output, node.inputs[0]);
    }

    // Two permutations are one; one that changes nothing is none.
    void merge_permutation(GraphNode& node) {
        if (const GraphNode* first = producer(node.inputs[0], "*Permute")) {
            for (int& source : node.permutation) source = first->permutation[static_cast<std::size_t>(source)];
            node.inputs = first->inputs;
        }
        if (std::is_sorted(node.permutation.begin(), node.permutation.end())) redirect(node.output, node.inputs[0]);
    }

    // Scale, ChannelScale, or a convolution of one tap for each channel, which also adds.
    void name_affine(GraphNode& node) {
        const int channels = graph_.map(node.output).shape.channels;
        const auto count = static_cast<std::size_t>(channels);
        std::vector<float> scale = node.tensors[0].values, shift = node.tensors[1].values;
        const auto uniform = [](const std::vector<float>& values) {
            return std::all_of(values.begin(), values.end(), [&](float value) { return value == values[0]; });
        };
        const std::string number = std::to_string(channels);
        const bool adds = !uniform(shift) || shift[0] != 0;
        const auto ratio = uniform(scale) ? ratio_of(scale[0]) : std::nullopt;
        if (!adds && ratio) {
            if (scale[0] == 1) return redirect(node.output, node.inputs[0]);
            return become(node, ("Scale<" + *ratio + ">").c_str(), node.inputs[0]);
        }
        if (scale.size() == 1) scale.assign(count, scale[0]);
        if (shift.size() == 1) shift.assign(count, shift[0]);
        node.in_channels = channels;
        if (!adds) {
            node.type = "ChannelScale<" + number + ">";
            node.tensors = {{"", {1, count, 1, 1}, std::move(scale)}};
            return;
        }
        node.type = "Conv<" + number + ", " + number + ", 1" + (channels > 1 ? ", Groups<" + number + ">>" : ">");
        node.tensors = {{"weight", {count, 1, 1, 1}, std::move(scale)}, {"bias", {count}, std::move(shift)}};
    }

    // The convolution before it gives its channels in the new order; if there is none, a convolution of 1x1 does it.
    void fold_permutation(GraphNode& node) {
        const std::vector<int>& order = node.permutation;
        int map = node.inputs[0];
        while (const GraphNode* before = producer(map, "")) {  // activations may stand between
            if (before->is_join() || !before->tensors.empty() || before->type.find("Slice") == 0 ||
                before->type.find("Pixel") == 0)
                break;
            map = before->inputs[0];
        }
        GraphNode* conv = producer(map, "Conv<");
        if (conv != nullptr && conv->type.find("Groups<") == std::string::npos) {
            for (GraphTensor& tensor : conv->tensors) {
                const std::size_t row = tensor.values.size() / tensor.shape[0];
                std::vector<float> values;
                for (const int source : order)
                    values.insert(values.end(), tensor.values.begin() + static_cast<std::ptrdiff_t>(row) * source,
                                  tensor.values.begin() + static_cast<std::ptrdiff_t>(row) * (source + 1));
                tensor.values = std::move(values);
            }
            return redirect(node.output, node.inputs[0]);
        }
        const std::size_t channels = order.size();
        std::vector<float> weight(channels * channels, 0.f);
        for (std::size_t c = 0; c < channels; ++c) weight[c * channels + static_cast<std::size_t>(order[c])] = 1.f;
        const std::string number = std::to_string(channels);
        node.type = "Conv<" + number + ", " + number + ", 1, NoBias>";
        node.in_channels = static_cast<int>(channels);
        node.tensors = {{"weight", {channels, channels, 1, 1}, std::move(weight)}};
        node.permutation.clear();
    }

    // Dense blocks concatenate [x, a], then [x, a, b] and so on: [x, a, b] becomes [[x, a], b], which are nested skips.
    void nest_concatenations() {
        std::map<std::vector<int>, int> known;  // the parts of concatenations so far
        for (GraphNode& node : graph_.nodes) {
            if (node.type != "Concatenate") continue;
            const std::vector<int> parts = node.inputs;
            for (std::size_t size = parts.size() - 1; size >= 2; --size) {
                const auto cut = static_cast<std::ptrdiff_t>(size);
                if (const auto front = known.find({parts.begin(), parts.begin() + cut}); front != known.end()) {
                    node.inputs.assign(1, front->second);
                    node.inputs.insert(node.inputs.end(), parts.begin() + cut, parts.end());
                    break;
                }
                if (const auto back = known.find({parts.end() - cut, parts.end()}); back != known.end()) {
                    node.inputs.assign(parts.begin(), parts.end() - cut);
                    node.inputs.push_back(back->second);
                    break;
                }
            }
            known.emplace(parts, node.output);
        }
    }

    // Whoever reads `old_map` reads `new_map` instead.
    void redirect(int old_map, int new_map) {
        for (GraphNode& node : graph_.nodes) std::replace(node.inputs.begin(), node.inputs.end(), old_map, new_map);
        if (graph_.output == old_map) graph_.output = new_map;
        uses_[static_cast<std::size_t>(new_map)] += uses_[static_cast<std::size_t>(old_map)] - 1;
        uses_[static_cast<std::size_t>(old_map)] = 0;
    }

    // Keeps the nodes that the output depends on, and counts who reads each map.
    void drop_unneeded() {
        std::vector<bool> needed(graph_.maps.size());
        needed[static_cast<std::size_t>(graph_.output)] = true;
        uses_.assign(graph_.maps.size(), 0);
        ++uses_[static_cast<std::size_t>(graph_.output)];
        std::vector<GraphNode> kept;
        for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
            if (!needed[static_cast<std::size_t>(node->output)]) continue;
            for (const int input : node->inputs) {
                needed[static_cast<std::size_t>(input)] = true;
                ++uses_[static_cast<std::size_t>(input)];
            }
            kept.push_back(std::move(*node));
        }
        std::reverse(kept.begin(), kept.end());
        graph_.nodes = std::move(kept);
        for (GraphMap& map : graph_.maps) map.producer = -1;
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i)
            graph_.maps[static_cast<std::size_t>(graph_.nodes[i].output)].producer = static_cast<int>(i);
    }

    Graph& graph_;
    std::vector<int> uses_;
};

}  // namespace

void simplify(Graph& graph) { Simplifier(graph).run(); }

Graph GraphBuilder::finish(int output) {
    context.clear();
    graph.output = solid(output);
    if (graph.output == graph.input) fail("the network's output is its input");
    simplify(graph);
    for (const GraphNode& node : graph.nodes)
        if (node.type.starts_with("*")) {
            context = node.name;
            fail("is " + node.type.substr(1) + ", which depix has no layer for");
        }
    return std::move(graph);
}

}  // namespace tool
