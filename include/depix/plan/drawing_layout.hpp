// Where the boxes of a network's drawing stand. Maps of one size stand on one level, as in the U-Net paper's figure: a
// smaller map stands below, and the next map of the same size to the right.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "depix/plan/drawing.hpp"
#include "depix/plan/svg.hpp"

namespace depix::detail {

/// Lengths in pixels of the drawing.
namespace drawn {
inline constexpr double tallest = 104;      // a box on the first level
inline constexpr double widest = 44;        // a box
inline constexpr double square_root = 1.6;  // at most: a box's width, divided by the root of its channels
inline constexpr double radius = 7;         // of a sum
inline constexpr double gap = 28;           // between boxes of a level
inline constexpr double branch = 22;        // a skip leaves the arrow to a box so far to the left of the box
inline constexpr double block_gap = 20;     // more for each border of a block in between
inline constexpr double between = 38;       // levels
inline constexpr double margin = 84;        // left and right: "input" and "output" stand there
inline constexpr double narrowest = 600;
inline constexpr double title = 58;
inline constexpr double label = 14;  // the number over a box
}  // namespace drawn

/// A skip that passes over boxes of its own level.
struct DrawnArc {
    int target = 0;
    double left = 0, right = 0;
    double top = 0;  // above the boxes of the level
};

/// Makes the layout of a drawing.
class DrawingLayout {
  public:
    explicit DrawingLayout(Drawing& drawing) : drawing_(drawing), nodes_(drawing.nodes), blocks_(drawing.blocks) {
        find_levels();
        for (DrawnNode& node : nodes_) place_across(node);
        centre();
        for (std::size_t i = blocks_.size(); i-- > 0;) place_block(static_cast<int>(i));
        find_arcs();
        place_down();
    }
    const std::vector<DrawnArc>& arcs() const { return arcs_; }

  private:
    struct Level {
        double right = -1e9;          // of what stands there
        double height = 0;            // of its boxes
        double space = drawn::label;  // above them, for labels, arcs and the borders of blocks
        double labels = -1e9;         // how far to the right labels stand at the arrows from the level above
    };
    DrawnNode& node(int index) { return nodes_[static_cast<std::size_t>(index)]; }
    Level& level_of(const DrawnNode& node) { return levels_[static_cast<std::size_t>(node.level)]; }

    void find_levels() {
        std::vector<std::size_t> areas;
        int highest = 0, most = 0;
        for (const DrawnNode& node : nodes_) {
            areas.push_back(node.shape.area());
            highest = (std::max)(highest, node.shape.height);
            most = (std::max)(most, node.shape.channels);
        }
        std::ranges::sort(areas, std::greater<>());
        areas.erase(std::unique(areas.begin(), areas.end()), areas.end());
        levels_.resize(areas.size());
        const double scale = (std::min)(drawn::square_root, drawn::widest / std::sqrt(static_cast<double>(most)));
        for (DrawnNode& node : nodes_) {
            node.level = static_cast<int>(std::ranges::find(areas, node.shape.area()) - areas.begin());
            node.height = (std::max)(6.0, drawn::tallest * std::sqrt(static_cast<double>(node.shape.height) / highest));
            node.width = (std::max)(2.0, scale * std::sqrt(static_cast<double>(node.shape.channels)));
            level_of(node).height = (std::max)(level_of(node).height, node.height);
            if (node.sum) node.height = node.width = 2 * drawn::radius;
        }
    }

    // How many borders of blocks an arrow from block a into block b crosses inwards.
    int borders(int a, int b) const {
        int count = 0;
        for (; b >= 0; b = blocks_[static_cast<std::size_t>(b)].around) {
            int around = a;
            while (around >= 0 && around != b) around = blocks_[static_cast<std::size_t>(around)].around;
            if (around != b) ++count;
        }
        return count;
    }

    void place_across(DrawnNode& node) {
        Level& level = level_of(node);
        node.x = node.from < 0 ? drawn::margin : level.right + drawn::gap;
        if (node.from >= 0) {
            const DrawnNode& from = nodes_[static_cast<std::size_t>(node.from)];
            const int crossed = borders(from.block, node.block) + borders(node.block, from.block);
            const double to_the_right = from.right() + drawn::gap + crossed * drawn::block_gap;
            // Straight below or above, if there is room and no border of a block between. An arrow upwards leaves a sum
            // to the right, because a skip may come from above.
            const bool above = node.level < from.level;
            const double straight = from.sum && above ? from.right() + 14 : from.x + from.width / 2;
            const double aligned = straight - (node.entry() - node.x);
            node.x = (std::max)(node.x, node.level == from.level || crossed > 0 ? to_the_right : aligned);
            const int first = (std::min)(node.level, from.level) + 1, last = (std::max)(node.level, from.level);
            for (int i = first; i < last; ++i)  // nor any box of a level between
                node.x = (std::max)(node.x, levels_[static_cast<std::size_t>(i)].right + drawn::gap - node.width / 2);
            if (node.level != from.level) {
                double& labels = levels_[static_cast<std::size_t>(last)].labels;
                node.x += (std::max)(0.0, labels + SvgCanvas::width_of(node.label, 9) + 20 - node.entry());
                labels = node.entry() + 6 + SvgCanvas::width_of(shape_text(node.arrived()), 10);
            }
            if (node.entry() > from.right() && node.level != from.level) {  // the arrow leads to the right first
                Level& before = levels_[static_cast<std::size_t>(from.level)];
                before.right = (std::max)(before.right, node.entry());
            }
        }
        level.right = node.right();
    }

    void centre() {
        double left = drawn::margin, right = 0;
        for (const DrawnNode& node : nodes_) {
            left = (std::min)(left, node.x - drawn::gap);
            right = (std::max)(right, node.right());
        }
        drawing_.width = (std::max)(drawn::narrowest, right + drawn::margin - (std::min)(left, 0.0));
        const double shift = (std::max)((drawing_.width - right - drawn::margin) / 2, -left);
        for (DrawnNode& node : nodes_) node.x += shift;
    }

    void place_block(int index) {
        DrawnBlock& block = blocks_[static_cast<std::size_t>(index)];
        block.left = 1e9;
        const auto include = [&](double left, double right) {
            block.left = (std::min)(block.left, left);
            block.right = (std::max)(block.right, right);
        };
        for (const DrawnNode& node : nodes_)
            if (node.block == index) include(node.x - drawn::gap, node.right() + drawn::gap / 2);
        for (const DrawnBlock& inner : blocks_)
            if (inner.around == index) include(inner.left - drawn::block_gap, inner.right + drawn::block_gap);
    }

    // Skips between which nothing stands need no arc.
    void find_arcs() {
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            const DrawnNode& target = nodes_[i];
            if (target.skip < 0) continue;
            const DrawnNode& source = node(target.skip);
            const bool over = std::ranges::any_of(nodes_, [&](const DrawnNode& other) {
                return other.level == target.level && other.x > source.right() && other.right() < target.x;
            });
            if (!over) continue;
            const auto first =
                std::ranges::find_if(nodes_, [&](const DrawnNode& other) { return other.from == target.skip; });
            const int outside = borders(target.block, source.block);
            double left = source.right() + drawn::gap - drawn::branch + outside * drawn::block_gap;
            if (first != nodes_.end() && first->level == target.level)  // else only the skip leaves the source
                left = first->x - drawn::branch - borders(target.block, first->block) * drawn::block_gap;
            arcs_.push_back({static_cast<int>(i), left, target.sum ? target.x + drawn::radius : target.x - 16, 0});
        }
    }

    // The highest level on which a node of the block stands, and the lowest.
    std::pair<int, int> levels_of(int block) const {
        std::pair<int, int> found{static_cast<int>(levels_.size()), 0};
        for (const DrawnNode& node : nodes_)
            if (borders(node.block, block) == 0)
                found = {(std::min)(found.first, node.level), (std::max)(found.second, node.level)};
        return found;
    }

    void place_down() {
        // The shorter arcs and blocks lie below the longer ones that pass over them.
        struct Item {
            int level;
            double left, right;
            double* top;
            double height;
        };
        std::vector<Item> items;
        for (DrawnArc& arc : arcs_) items.push_back({node(arc.target).level, arc.left, arc.right, &arc.top, 11});
        for (std::size_t i = 0; i < blocks_.size(); ++i) {
            DrawnBlock& block = blocks_[i];
            items.push_back({levels_of(static_cast<int>(i)).first, block.left, block.right, &block.top, 19});
        }
        std::ranges::stable_sort(items, {}, [](const Item& item) { return item.right - item.left; });
        for (std::size_t i = 0; i < items.size(); ++i) {
            Level& level = levels_[static_cast<std::size_t>(items[i].level)];
            double below = drawn::label;
            for (std::size_t k = 0; k < i; ++k)
                if (items[k].level == items[i].level && items[k].left < items[i].right &&
                    items[i].left < items[k].right)
                    below = (std::max)(below, *items[k].top);
            *items[i].top = below + items[i].height;
            level.space = (std::max)(level.space, *items[i].top);
        }
        double y = drawn::title;
        std::vector<double> tops;
        for (Level& level : levels_) {
            tops.push_back(y + level.space);
            y = tops.back() + level.height + drawn::between;
        }
        drawing_.bottom = y - drawn::between;
        for (DrawnNode& node : nodes_)
            node.y = tops[static_cast<std::size_t>(node.level)] + (level_of(node).height - node.height) / 2;
        for (DrawnArc& arc : arcs_) arc.top = tops[static_cast<std::size_t>(node(arc.target).level)] - arc.top;
        for (std::size_t i = 0; i < blocks_.size(); ++i) {
            const auto [highest, lowest] = levels_of(static_cast<int>(i));
            const auto last = static_cast<std::size_t>(lowest);
            blocks_[i].top = tops[static_cast<std::size_t>(highest)] - blocks_[i].top;
            int nested = 0;
            for (const DrawnBlock& inner : blocks_)
                for (int b = inner.around; b >= 0; b = blocks_[static_cast<std::size_t>(b)].around)
                    if (b == static_cast<int>(i)) nested = 1;
            blocks_[i].bottom = tops[last] + levels_[last].height + 14 + 7 * nested;
            drawing_.bottom = (std::max)(drawing_.bottom, blocks_[i].bottom);
        }
    }

    Drawing& drawing_;
    std::vector<DrawnNode>& nodes_;
    std::vector<DrawnBlock>& blocks_;
    std::vector<Level> levels_;
    std::vector<DrawnArc> arcs_;
};

}  // namespace depix::detail
