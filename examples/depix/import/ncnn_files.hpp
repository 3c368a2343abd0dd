// ncnn_files: writes a graph as ncnn's two files.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "graph.hpp"

namespace tool {

struct NcnnFiles {
    std::string param;           ///< NAME.param: the layers, as text
    std::vector<std::byte> bin;  ///< NAME.bin: the weights, float32
};

/// The graph as ncnn has it (depix/io/ncnn_file.hpp says how). The picture is the map "data", the result the map
/// "output". Throws FileError, which names the node, for what ncnn has no layer for: LayerNorm2d, dense layers of whole
/// maps, and after a global pooling what needs height and width, such as a convolution of 3x3.
NcnnFiles ncnn_files(const Graph& graph);

}  // namespace tool
