// Graph: a network that was read from a file, as a value. What ncnn's and ONNX's graphs have in common, in depix's
// terms.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "depix/shape.hpp"

namespace tool {

using depix::Shape;

/// One tensor of a network that was read with its graph: its name, its shape in PyTorch, and its values, row-major.
struct GraphTensor {
    std::string name;
    std::vector<std::size_t> shape;
    std::vector<float> values;
};

/// A layer or a join. Its type is written as in C++, so it states the operator and its attributes: "Conv<3, 64>",
/// "LeakyReLU<std::ratio<1, 5>>", "Slice<64, 0, 16>". The joins are "Add", "Concatenate" and "Multiply", with two or
/// more inputs; all others have one.
struct GraphNode {
    std::string type;
    std::string name;                  ///< in the file, for messages
    std::vector<int> inputs;           ///< maps, as indices of Graph::maps
    int output = -1;                   ///<
    int in_channels = 0;               ///< that the type states; 0: any number
    std::vector<GraphTensor> tensors;  ///< named as in the layer: "weight", "bias", "running_mean" ...
    std::vector<int> permutation;  ///< of a convolution that only changes the channels' order: output c is input [c]

    bool is_join() const { return type == "Add" || type == "Concatenate" || type == "Multiply"; }
};

/// A map between two nodes. Its height and width are those of one picture as large as the file says, or of a sample.
struct GraphMap {
    Shape shape;
    int producer = -1;  ///< index of a node; -1: the network's input
};

/// Nodes in an order in which they can run; each map is written once.
struct Graph {
    std::string path;    ///< of the file, for messages
    std::string format;  ///< "ncnn", "ONNX"
    std::vector<GraphMap> maps;
    std::vector<GraphNode> nodes;
    int input = 0;
    int output = -1;

    const GraphMap& map(int index) const { return maps[static_cast<std::size_t>(index)]; }
    const GraphNode& node(int index) const { return nodes[static_cast<std::size_t>(index)]; }
};

}  // namespace tool
