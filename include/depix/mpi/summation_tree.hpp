// The order in which the gradients of a batch's parts are added: a binary tree, which the ranks share.
//
// Sums in floating point depend on their order. Here the order is a tree over the parts, so it depends on nothing else.
// A rank adds what belongs together among its own parts; what is left joins the other ranks' sums at the same places.
//
//     parts        0   1   2   3   4   5          3 ranks have the parts 0, 1 | 2, 3 | 4, 5
//                   \ /     \ /     \ /           and one node each;
//                   0-1     2-3     4-5           2 ranks have the parts 0, 1, 2 | 3, 4, 5
//                      \   /       /              and the nodes 0-1, 2 | 3, 4-5.
//                       0-3      /
//                          \   /
//                           all
#pragma once

#include <vector>

namespace depix::detail {

/// The sum of the parts [first, first + parts). `parts` is a power of two and divides `first`.
struct SumNode {
    int first = 0;
    int parts = 1;

    /// Whether the next node is this one's other half in the tree.
    constexpr bool joins(const SumNode& next) const {
        return parts == next.parts && first + parts == next.first && first % (2 * parts) == 0;
    }
    friend constexpr bool operator==(const SumNode&, const SumNode&) = default;
};

/// Nodes that wait for their other halves, in the order of their parts. A caller keeps one array of values per node.
class SumNodes {
  public:
    /// `ordered` adds everything to the first node instead, in the order of the calls.
    explicit SumNodes(bool ordered = false) : ordered_(ordered) {}

    void clear() { nodes_.clear(); }
    int size() const { return static_cast<int>(nodes_.size()); }

    /// Appends a node. Returns how often the last two arrays must be added (into the first of the two) after it.
    int push(SumNode node) {
        nodes_.push_back(node);
        int joins = 0;
        while (nodes_.size() > 1 && (ordered_ || nodes_[nodes_.size() - 2].joins(nodes_.back()))) {
            join();
            ++joins;
        }
        return joins;
    }
    /// The tree's right edge, where other halves are missing: joins all that is left. Returns as push() does.
    int finish() {
        int joins = 0;
        for (; nodes_.size() > 1; ++joins) join();
        return joins;
    }
    const std::vector<SumNode>& nodes() const { return nodes_; }

  private:
    void join() {
        nodes_[nodes_.size() - 2].parts += nodes_.back().parts;
        nodes_.pop_back();
    }

    bool ordered_;
    std::vector<SumNode> nodes_;
};

/// The nodes of a rank that has the parts [first, last).
inline std::vector<SumNode> find_sum_nodes(int first, int last, bool ordered) {
    SumNodes nodes(ordered);
    for (int part = first; part < last; ++part) nodes.push({part, 1});
    return nodes.nodes();
}

}  // namespace depix::detail
