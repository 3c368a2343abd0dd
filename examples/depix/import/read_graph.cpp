#include "read_graph.hpp"

#include <utility>

#include "depix/error.hpp"

namespace tool {

Graph read_for_two_sizes(const std::function<Graph(depix::Shape)>& read, int channels) {
    Graph first = read({channels, 128, 192});
    const Graph second = read({channels, 320, 256});
    for (std::size_t i = 0; i < first.nodes.size(); ++i)
        if (second.nodes.size() != first.nodes.size() || second.nodes[i].type != first.nodes[i].type ||
            second.nodes[i].inputs != first.nodes[i].inputs)
            throw depix::FileError(first.path, first.nodes[i].name + "depends on the picture's size: it is " +
                                                   first.nodes[i].type + " for 128x192, and not for 320x256");
    return first;
}

Graph read_graph(const std::string& path) {
    if (path.ends_with(".param") || path.ends_with(".bin")) return read_graph(depix::NcnnFile::read(path));
    if (path.ends_with(".onnx")) return read_graph(depix::OnnxFile::read(path));
    if (path.ends_with(".json")) return read_graph(depix::TensorflowJsFile::read(path));
    throw depix::FileError(
        path, "its graph is not read: those of ncnn (.param, .bin), ONNX (.onnx) and TensorFlow.js (.json) are");
}

}  // namespace tool
