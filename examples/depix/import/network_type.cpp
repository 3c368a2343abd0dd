#include "network_type.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

#include "depix/error.hpp"

namespace tool {

namespace {

// A part of the type: a layer, or a composition of parts.
struct Part {
    std::string head;  // "Conv<3, 64>", "Residual", "Series<16"
    std::vector<Part> children{};
    int node = -1;               // of a layer: in the graph
    int in_channels = 0;         // that it states
    long long up = 1, down = 1;  // by how much height and width are scaled, as depix counts it
    std::string text{};          // the whole, on one line
};
using Parts = std::vector<Part>;

bool is_chain(const std::string& head) {
    return head == "Sequential" || head == "Residual" || head == "SkipConcat" || head == "Gate";
}

// The number after this text in a type; 1 if it is not there.
long long number_after(const std::string& type, const std::string& text) {
    const std::size_t found = type.find(text);
    return found == std::string::npos ? 1 : std::stoll(type.substr(found + text.size()));
}

Part layer(const Graph& graph, int index) {
    const GraphNode& node = graph.node(index);
    Part part{node.type, {}, index, node.in_channels};
    const bool strides = node.type.find("Stride<") != std::string::npos;
    if (node.type.starts_with("ConvTranspose<"))
        part.up = number_after(node.type, "Stride<");
    else if (strides)
        part.down = number_after(node.type, "Stride<");
    else
        for (const char* pool : {"MaxPool<", "AveragePool<", "PixelUnshuffle<"})
            if (node.type.starts_with(pool)) part.down = number_after(node.type, pool);
    for (const char* larger : {"PixelShuffle<", "Upsample<"})
        if (node.type.starts_with(larger)) part.up = number_after(node.type, larger);
    return part;
}

std::pair<long long, long long> scaling(const Parts& parts) {
    long long up = 1, down = 1;
    for (const Part& part : parts) {
        up *= part.up;
        down *= part.down;
        const long long common = std::gcd(up, down);
        up /= common;
        down /= common;
    }
    return {up, down};
}

Part compose(std::string head, Parts children) {
    Part part{std::move(head), std::move(children)};
    const bool chained = is_chain(part.head);
    for (const Part& child : part.children) {
        if (part.in_channels == 0) part.in_channels = child.in_channels;
        if (chained) break;
    }
    const bool is_skip = chained && part.head != "Sequential";  // which scales nothing
    if (!is_skip && !part.children.empty())
        std::tie(part.up, part.down) = chained ? scaling(part.children) : scaling({part.children[0]});
    return part;
}
Part chain(Parts parts) {
    if (parts.empty()) return {"Identity"};
    return parts.size() == 1 ? std::move(parts[0]) : compose("Sequential", std::move(parts));
}

/// Finds the nesting.
class Nesting {
  public:
    explicit Nesting(const Graph& graph) : graph_(graph) { find_dominators(); }

    Part run() {
        // What is used elsewhere is known only at the end, so everything is written twice.
        express(graph_.input, graph_.output, 0);
        emitted_.clear();
        return chain(express(graph_.input, graph_.output, 0));
    }

  private:
    static constexpr int maximum_depth = 256;

    void find_dominators() {
        const std::size_t count = graph_.maps.size();
        dominator_.assign(count, -1);
        depth_.assign(count, 0);
        uses_.assign(count, 0);
        for (const GraphNode& node : graph_.nodes) {
            int common = node.inputs[0];
            for (const int input : node.inputs) {
                ++uses_[at(input)];
                for (int other = input; common != other;)
                    (depth_[at(common)] > depth_[at(other)] ? common : other) =
                        dominator_[at(depth_[at(common)] > depth_[at(other)] ? common : other)];
            }
            dominator_[at(node.output)] = common;
            depth_[at(node.output)] = depth_[at(common)] + 1;
        }
        ++uses_[at(graph_.output)];
    }

    // The parts that lead from one map to another that it dominates.
    Parts express(int from, int to, int depth) {
        if (depth > maximum_depth) fail("is nested more than 256 times");
        std::vector<int> maps;
        Parts parts;
        for (int map = to; map != from; map = dominator_[at(map)]) {
            if (emitted_.contains(map)) {
                tapped_.insert(map);
                parts.push_back(
                    {"Use<\"" + tap_name(map) + "\", " + std::to_string(graph_.map(map).shape.channels) + ">"});
                break;
            }
            maps.push_back(map);
        }
        for (auto map = maps.rbegin(); map != maps.rend(); ++map) {
            const GraphNode& node = graph_.node(graph_.map(*map).producer);
            if (node.is_join())
                join(node, parts, depth);
            else
                parts.push_back(layer(graph_, graph_.map(*map).producer));
            emitted_.insert(*map);
            if (tapped_.contains(*map)) parts.push_back({"Tap<\"" + tap_name(*map) + "\">"});
        }
        return parts;
    }

    std::string tap_name(int map) {
        const auto [place, inserted] = tap_names_.emplace(map, tap_names_.size() + 1);
        return "tap" + std::to_string(place->second);
    }

    // A sum of sums is one sum, where nothing else reads the inner one: (a + b) + c.
    std::vector<int> operands(const GraphNode& node) const {
        std::vector<int> inputs = node.inputs;
        const int d = dominator_[at(node.output)];
        if (node.type == "Add") {
            for (;;) {
                std::size_t inner = 0;
                for (; inner < std::min<std::size_t>(inputs.size(), 2); ++inner) {
                    const int map = inputs[inner];
                    if (map != d && uses_[at(map)] == 1 && dominator_[at(map)] == d &&
                        graph_.node(graph_.map(map).producer).type == "Add")
                        break;
                }
                if (inner == std::min<std::size_t>(inputs.size(), 2)) break;
                if (inner == 1 && inputs.size() > 2) break;
                // The order of two summands does not matter, the order of three does.
                std::vector<int> flat = graph_.node(graph_.map(inputs[inner]).producer).inputs;
                if (inner == 1) flat.push_back(inputs[0]);
                flat.insert(flat.end(), inputs.begin() + static_cast<std::ptrdiff_t>(inner) + 1, inputs.end());
                inputs = std::move(flat);
            }
        }
        // x itself comes first: Residual and Gate are written so.
        const bool swaps = node.type == "Add" ||
                           (node.type == "Multiply" && graph_.map(inputs[0]).shape == graph_.map(inputs[1]).shape);
        if (swaps && inputs[0] != d && inputs[1] == d) std::swap(inputs[0], inputs[1]);
        return inputs;
    }

    void join(const GraphNode& node, Parts& parts, int depth) {
        const int d = dominator_[at(node.output)];
        const std::vector<int> inputs = operands(node);
        std::vector<Parts> branches;
        for (const int input : inputs) branches.push_back(express(d, input, depth + 1));

        if (branches.size() == 2 && branches[0].empty() && !branches[1].empty() && !is_use(branches[1])) {
            const char* head = node.type == "Add" ? "Residual" : node.type == "Multiply" ? "Gate" : "SkipConcat";
            parts.push_back(compose(head, std::move(branches[1])));
            return;
        }
        // If all branches but one are maps from elsewhere, that one goes on.
        const auto others = std::count_if(branches.begin(), branches.end(), [](const Parts& b) { return !is_use(b); });
        const bool scales_alike = scale_alike(branches);
        if (others < static_cast<std::ptrdiff_t>(branches.size()) && (others == 1 || !scales_alike)) {
            if (others > 1) fail_scales(node);
            auto own = std::find_if(branches.begin(), branches.end(), [](const Parts& b) { return !is_use(b); });
            if (own == branches.end()) own = branches.begin();
            parts.insert(parts.end(), own->begin(), own->end());
            own->clear();
            if (!scale_alike(branches)) fail_scales(node);
        } else if (!scales_alike) {
            fail_scales(node);
        }
        if (node.type == "Concatenate" && as_split(branches, graph_.map(d).shape.channels, parts)) return;
        Parts children;
        for (Parts& branch : branches) children.push_back(chain(std::move(branch)));
        parts.push_back(compose(node.type == "Add"        ? "Sum"
                                : node.type == "Multiply" ? "Product"
                                                          : "Concat",
                                std::move(children)));
    }

    // A branch that is a map from elsewhere and nothing more.
    static bool is_use(const Parts& branch) { return branch.size() == 1 && branch[0].head.starts_with("Use<"); }

    static bool scale_alike(const std::vector<Parts>& branches) {
        return std::all_of(branches.begin(), branches.end(),
                           [&](const Parts& branch) { return scaling(branch) == scaling(branches[0]); });
    }
    [[noreturn]] void fail_scales(const GraphNode& node) const {
        depix::detail::fail(depix::FileError(graph_.path, node.name + "joins branches that scale differently"));
    }

    // Branches that each begin with the next channels of x are a Split.
    static bool as_split(std::vector<Parts>& branches, int channels, Parts& parts) {
        int next = 0;
        for (const Parts& branch : branches) {
            if (branch.empty() || !branch[0].head.starts_with("Slice<")) return false;
            const auto [first, count] = slice_of(branch[0].head);
            if (first != next) return false;
            next += count;
            if (branch.size() > 1 && branch[1].in_channels != count) return false;
        }
        if (next != channels || branches.size() < 2) return false;
        Parts children;
        for (Parts& branch : branches) {
            const int count = slice_of(branch[0].head).second;
            branch.erase(branch.begin());
            children.push_back(branch.empty() ? Part{"Pass<" + std::to_string(count) + ">", {}, -1, count}
                                              : chain(std::move(branch)));
        }
        Part split{"Split", std::move(children)};
        split.in_channels = channels;
        parts.push_back(std::move(split));
        return true;
    }
    // "Slice<64, 16, 48>": 16 and 48.
    static std::pair<int, int> slice_of(const std::string& type) {
        const std::size_t first = type.find(", ") + 2, second = type.find(", ", first) + 2;
        return {std::stoi(type.substr(first)), std::stoi(type.substr(second))};
    }

    static std::size_t at(int index) { return static_cast<std::size_t>(index); }
    [[noreturn]] void fail(const char* what) const { depix::detail::fail(depix::FileError(graph_.path, what)); }

    const Graph& graph_;
    std::vector<int> dominator_, depth_, uses_;
    std::set<int> emitted_, tapped_;
    std::map<int, std::size_t> tap_names_;
};

/// Writes a part down.
class Printer {
  public:
    explicit Printer(std::string name) : name_(std::move(name)) {}

    std::string definitions(Part network) {
        shorten(network);
        count(network);
        std::string result;
        for (const Part* part : order_) {
            if (counts_[part->text] < 2) continue;
            const std::string alias = name_ + "Block" + std::to_string(aliases_.size() + 1);
            const std::string text = define(alias, *part);
            aliases_[part->text] = alias;
            result += text;
        }
        return result + define(name_, network);
    }

  private:
    static constexpr std::size_t line_width = 118;

    // Repetitions become Series, from the inside out; and every part gets its text.
    void shorten(Part& part) {
        for (Part& child : part.children) shorten(child);
        if (is_chain(part.head)) part.children = repeat(std::move(part.children));
        part.text = part.head;
        if (part.children.empty()) return;
        part.text += opening(part);
        for (std::size_t i = 0; i < part.children.size(); ++i) part.text += (i > 0 ? ", " : "") + part.children[i].text;
        part.text += ">";
    }

    // The longest repetition that begins with part i: how many parts are repeated, and how often.
    static std::pair<std::size_t, std::size_t> repetition(const Parts& parts, std::size_t i) {
        std::pair<std::size_t, std::size_t> best{1, 1};
        for (std::size_t period = 1; period <= std::min<std::size_t>((parts.size() - i) / 2, 64); ++period) {
            std::size_t end = i + period;
            while (end < parts.size() && parts[end].text == parts[end - period].text) ++end;
            const std::size_t times = (end - i) / period;
            const bool worth = times * period > 2 || (times > 1 && !parts[i].children.empty());
            if (times > 1 && worth && times * period > best.first * best.second) best = {period, times};
        }
        return best;
    }
    static bool is_main(const Part& part) { return !part.children.empty() || part.head.starts_with("Conv"); }
    static Parts repeat(Parts parts) {
        Parts result;
        for (std::size_t i = 0; i < parts.size();) {
            const auto [period, times] = repetition(parts, i);
            if (times > 1 && i + 1 < parts.size()) {
                const auto [next_period, next_times] = repetition(parts, i + 1);
                // One that begins a part later and is as long begins with a convolution instead of an activation.
                const bool begins_better = !is_main(parts[i]) && is_main(parts[i + 1]);
                if (next_times > 1 && next_period * next_times >= period * times && begins_better) {
                    result.push_back(std::move(parts[i++]));
                    continue;
                }
            }
            if (times == 1) {
                result.push_back(std::move(parts[i++]));
                continue;
            }
            Part series{"Series<" + std::to_string(times)};
            series.text = series.head;
            for (std::size_t k = 0; k < period; ++k) {
                series.text += ", " + parts[i + k].text;
                series.children.push_back(std::move(parts[i + k]));
            }
            series.text += ">";
            result.push_back(std::move(series));
            i += period * times;
        }
        return result;
    }

    static const char* opening(const Part& part) { return part.head.starts_with("Series<") ? ", " : "<"; }

    // How often each composition occurs; those inside come before those around them.
    void count(const Part& part) {
        if (part.children.empty()) return;
        if (part.text.size() > 40 && counts_[part.text]++ > 0) return;
        for (const Part& child : part.children) count(child);
        if (part.text.size() > 40) order_.push_back(&part);
    }

    std::string define(const std::string& name, const Part& part) {
        return "using " + name + " = " + write(part, 4, line_width - 9 - name.size(), true) + ";\n";
    }

    // On one line if it has room, otherwise the children on lines of their own.
    std::string write(const Part& part, std::size_t indent, std::size_t room, bool is_definition = false) const {
        const std::string line = flat(part, is_definition);
        if (line.size() <= room || part.children.empty() || (!is_definition && aliases_.contains(part.text)))
            return line;
        std::string result = part.head + (part.head.starts_with("Series<") ? "," : "<");
        std::size_t column = line_width;  // full, so that the first child begins a line
        for (std::size_t i = 0; i < part.children.size(); ++i) {
            const bool last = i + 1 == part.children.size();
            const std::string child = flat(part.children[i], false);
            if (column + child.size() + 3 > line_width) {
                result += '\n';
                result.append(indent, ' ');
                column = indent;
            } else {
                result += " ";
                ++column;
            }
            if (indent + child.size() + 2 > line_width) {
                result += write(part.children[i], indent + 4, line_width - indent - 2);
                column = line_width;
            } else {
                result += child;
                column += child.size() + 1;
            }
            result += last ? ">" : ",";
        }
        return result;
    }
    std::string flat(const Part& part, bool is_definition) const {
        if (!is_definition)
            if (const auto found = aliases_.find(part.text); found != aliases_.end()) return found->second;
        if (part.children.empty()) return part.head;
        std::string result = part.head + opening(part);
        for (std::size_t i = 0; i < part.children.size(); ++i)
            result += (i > 0 ? ", " : "") + flat(part.children[i], false);
        return result + ">";
    }

    std::string name_;
    std::map<std::string, int> counts_;
    std::map<std::string, std::string> aliases_;
    std::vector<const Part*> order_;
};

// Children are numbered in every composition, as in PyTorch's Sequential.
void name_tensors(const Part& part, const Graph& graph, const std::string& path, NetworkType& result) {
    if (part.node >= 0) {
        for (const GraphTensor& tensor : graph.node(part.node).tensors) {
            std::string name = path + "." + tensor.name;
            if (tensor.name.empty() || path.empty()) name = path + tensor.name;
            result.tensors.push_back({name, tensor.shape, tensor.values});
            if (!tensor.name.starts_with("running_")) result.parameters += tensor.values.size();
        }
    }
    for (std::size_t i = 0; i < part.children.size(); ++i)
        name_tensors(part.children[i], graph, path + (path.empty() ? "" : ".") + std::to_string(i), result);
}

}  // namespace

NetworkType network_type(const Graph& graph, const std::string& name) {
    Part network = Nesting(graph).run();
    if (network.children.empty()) network = compose("Sequential", {std::move(network)});  // a layer is no network
    NetworkType result;
    name_tensors(network, graph, "", result);
    result.definitions = Printer(name).definitions(std::move(network));
    result.input = graph.map(graph.input).shape;
    result.output = graph.map(graph.output).shape;
    return result;
}

}  // namespace tool
