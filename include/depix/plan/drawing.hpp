// What is drawn of a network: boxes, joins, and the blocks that are repeated. draw.hpp makes a picture of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "depix/layers/layer.hpp"
#include "depix/network/skip.hpp"

namespace depix::detail {

/// What an arrow stands for.
enum class Operation {
    None,  // only a continuation
    Convolution,
    StridedConvolution,
    TransposedConvolution,
    Pooling,
    Upsampling,
    PixelShuffle,
    Other
};

/// A layer or a join, as DrawingVisitor meets it.
struct DrawnStep {
    const LayerInfo* layer = nullptr;
    int kernel = 0;  // of a convolution: its height
    int kernel_width = 0;
    int input = 0, other = -1;  // tensors; the step's output is tensor number i + 1 for step i
    int block = -1;             // the innermost repeated block that it belongs to
};

/// A block that is drawn once and repeated `count` times.
struct DrawnBlock {
    int count = 1;
    int around = -1;  // the block that it lies in
    double left = 0, right = 0, top = 0, bottom = 0;
};

/// A box, which is a feature map, or a circle, which is a sum or a product.
struct DrawnNode {
    bool sum = false;  // or a product
    bool product = false;
    Shape shape;
    Operation operation = Operation::None;  // of the arrow that leads to it
    std::string label{};                    // at this arrow
    int from = -1;                          // the node at which the arrow begins
    int skip = -1;                          // the node at which a skip that ends here begins
    int skip_channels = 0;                  // of a concatenation: the channels that came by the skip
    std::string after{};                    // elementwise layers after the operation: "BatchNorm2d + ReLU"
    int block = -1;
    int level = 0;  // 0: the largest maps
    double x = 0, y = 0, width = 0, height = 0;

    double right() const { return x + width; }
    double bottom() const { return y + height; }
    double middle() const { return y + height / 2; }
    // What the arrow brings: without what came by the skip.
    Shape arrived() const { return {shape.channels - skip_channels, shape.height, shape.width}; }
    // Of a concatenation, the width of what came by the skip.
    double skipped_width() const { return width * skip_channels / (std::max)(shape.channels, 1); }
    // Where the arrow to the box ends, if it comes from another level: in the middle of what did not come by the skip.
    double entry() const { return x + (width + skipped_width()) / 2; }
};

struct Drawing {
    std::vector<DrawnNode> nodes;  // in order of execution; the first is the input, the last the output
    std::vector<DrawnBlock> blocks;
    double width = 0, bottom = 0;
};

inline std::string shape_text(Shape s) {
    return std::to_string(s.channels) + "\u00d7" + std::to_string(s.height) + "\u00d7" + std::to_string(s.width);
}

/// A visitor that records every layer with its shapes. A Repeat whose child keeps the shape is recorded once.
class DrawingVisitor {
  public:
    explicit DrawingVisitor(Shape input) : shapes{input} {}

    void enter(const char*) {}
    void enter(int) {}
    void leave() {}
    template <Layer L>
    int layer(int input) {
        DrawnStep step{.layer = &layer_info<L>, .input = input, .block = block_};
        if constexpr (requires { L::geometry.kernel; }) {
            step.kernel = L::geometry.kernel;
            step.kernel_width = L::geometry.kernel_width;
        }
        return append(step, L::output(shape(input)));
    }
    template <class Join>
    int join(int a, int b) {
        return append({&layer_info<Join>, 0, 0, a, b, block_}, joined_shape<Join>(shape(a), shape(b)));
    }
    void tap(const char* name, int tensor) { taps_.emplace_back(name, tensor); }
    template <int>
    int use(const char* name) {
        const auto found =
            std::find_if(taps_.rbegin(), taps_.rend(), [&](const auto& tap) { return tap.first == name; });
        return found == taps_.rend() ? 0 : found->second;
    }
    template <int Count, Module Child>
    int repeat(int tensor) {
        if (Count == 1 || Child::output(shape(tensor)) != shape(tensor)) {
            for (int i = 0; i < Count; ++i) tensor = walk<Child>(*this, tensor);
            return tensor;
        }
        blocks.push_back({Count, block_});
        block_ = static_cast<int>(blocks.size()) - 1;
        tensor = walk<Child>(*this, tensor);
        block_ = blocks[static_cast<std::size_t>(block_)].around;
        return tensor;
    }

    std::vector<Shape> shapes;  // of every tensor
    std::vector<DrawnStep> steps;
    std::vector<DrawnBlock> blocks;

  private:
    Shape shape(int tensor) const { return shapes[static_cast<std::size_t>(tensor)]; }
    int append(const DrawnStep& step, Shape output) {
        steps.push_back(step);
        shapes.push_back(output);
        return static_cast<int>(steps.size());
    }

    std::vector<std::pair<std::string, int>> taps_;
    int block_ = -1;
};

inline Operation operation_of(const LayerInfo& layer) {
    switch (layer.traits.role) {
        case Role::Convolution:
            return layer.traits.down > 1 ? Operation::StridedConvolution : Operation::Convolution;
        case Role::TransposedConvolution:
            return Operation::TransposedConvolution;
        case Role::MaxPool:
            return Operation::Pooling;
        case Role::PixelShuffle:
            return Operation::PixelShuffle;
        case Role::Upsample:
            return Operation::Upsampling;
        case Role::BatchNorm:
        case Role::Rectifier:
        case Role::Activation:
        case Role::Add:
        case Role::Concatenate:
        case Role::Multiply:
        case Role::ChannelScale:
        case Role::PixelNorm:
            break;
        case Role::Slice:
        case Role::Other:  // a pooling with padding; PixelUnshuffle, which makes more channels, is none
            return layer.traits.down > layer.traits.up && layer.output({64, 64, 64}).channels == 64 ? Operation::Pooling
                                                                                                    : Operation::Other;
    }
    return Operation::Other;
}

/// The text at an arrow: "3×3" or "1×7" of a kernel or a window, "×2" of an enlargement, or the layer's name.
inline std::string operation_label(const DrawnStep& step) {
    const auto window = [](int height, int width) { return std::to_string(height) + "\u00d7" + std::to_string(width); };
    const Operation operation = operation_of(*step.layer);
    if (step.kernel > 0) return window(step.kernel, step.kernel_width);
    if (operation == Operation::Other) return step.layer->name;
    if (operation != Operation::Pooling) return "\u00d7" + std::to_string(step.layer->traits.up);
    const RowRange rows = step.layer->needs({0, 0});
    const int side = rows.last - rows.first + 1;
    return window(side, side);
}

/// Makes nodes of the steps. Elementwise layers belong to the box before them, and a concatenation to the box of its
/// second half, unless another layer reads what lies between.
inline Drawing make_drawing(const DrawingVisitor& network) {
    Drawing drawing{{}, network.blocks};
    std::vector<DrawnNode>& nodes = drawing.nodes;
    std::vector<int> reads(network.shapes.size()), node_of(network.shapes.size());
    for (const DrawnStep& step : network.steps) {
        ++reads[static_cast<std::size_t>(step.input)];
        if (step.other >= 0) ++reads[static_cast<std::size_t>(step.other)];
    }
    nodes.push_back({.shape = network.shapes[0]});
    for (std::size_t i = 0; i < network.steps.size(); ++i) {
        const DrawnStep& step = network.steps[i];
        const bool concatenates = step.layer->traits.role == Role::Concatenate;
        const auto last = static_cast<std::size_t>(step.other >= 0 ? step.other : step.input);
        DrawnNode& before = nodes[static_cast<std::size_t>(node_of[last])];
        const bool open =
            reads[last] == 1 && before.skip_channels == 0 && before.from >= 0 && before.block == step.block;
        const int skip = step.other >= 0 ? node_of[static_cast<std::size_t>(step.input)] : -1;
        node_of[i + 1] = node_of[last];
        if (step.layer->traits.elementwise && open) {
            before.after.append(before.after.empty() ? "" : " + ").append(step.layer->name);
        } else if (concatenates && open && !before.sum && skip != node_of[last]) {
            before.skip = skip;
            before.skip_channels = network.shapes[static_cast<std::size_t>(step.input)].channels;
            before.shape = network.shapes[i + 1];
        } else {
            DrawnNode node{.shape = network.shapes[i + 1], .from = node_of[last], .skip = skip, .block = step.block};
            node.product = step.layer->traits.role == Role::Multiply;
            node.sum = node.product || step.layer->traits.role == Role::Add;
            if (concatenates) node.skip_channels = network.shapes[static_cast<std::size_t>(step.input)].channels;
            if (step.other < 0) {
                node.operation = operation_of(*step.layer);
                node.label = operation_label(step);
            }
            node_of[i + 1] = static_cast<int>(nodes.size());
            nodes.push_back(std::move(node));
        }
    }
    if (nodes.back().sum || nodes.size() == 1 || nodes.back().block >= 0)
        nodes.push_back({.shape = network.shapes.back(), .from = static_cast<int>(nodes.size()) - 1});
    return drawing;
}

}  // namespace depix::detail
