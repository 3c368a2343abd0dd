// read_graph: the graph of an ncnn, ONNX or TensorFlow.js file, in depix's layers.
#pragma once

#include <functional>
#include <string>

#include "depix/io/ncnn_file.hpp"
#include "depix/io/onnx_file.hpp"
#include "depix/io/tensorflow_js.hpp"
#include "graph.hpp"

namespace tool {

/// The graph for one picture of this shape. Throws FileError, which names the layer, for what depix has no layer for.
Graph graph_of(const depix::NcnnFile& file, depix::Shape input);
Graph graph_of(const depix::OnnxFile& file, depix::Shape input);
Graph graph_of(const depix::TensorflowJsFile& file, depix::Shape input);

/// The same for pictures of any size, where the file does not say the size: it is read for two sizes, and refused if
/// the layers differ.
Graph read_graph(const depix::NcnnFile& file);
Graph read_graph(const depix::OnnxFile& file);
Graph read_graph(const depix::TensorflowJsFile& file);

/// The graph of a file, by its name: .param and .bin are ncnn's, .onnx is ONNX's, .json is TensorFlow.js's.
Graph read_graph(const std::string& path);

/// Calls `read` for two sizes of a picture with so many channels and compares what comes out.
Graph read_for_two_sizes(const std::function<Graph(depix::Shape)>& read, int channels);

}  // namespace tool
