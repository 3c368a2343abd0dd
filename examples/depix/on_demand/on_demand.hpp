// Networks that are not compiled into the tool: they are compiled when a weights file needs one.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "../architecture.hpp"
#include "depix/io/network_description.hpp"
#include "depix/io/tensor_file.hpp"

namespace tool {

/// Whether the weights are from a file that holds the graph, too: ncnn's, ONNX's, or TensorFlow.js's.
bool has_graph(const depix::TensorFile& weights);

/// Whether compile_architecture may find a network for these weights: a type that `known` names, or a graph.
bool has_network(const depix::TensorFile& weights, const std::optional<depix::NetworkDescription>& known);

/// The network of a weights file, compiled for this processor: the type that depix::identify found (`known`), or the
/// file's graph (ncnn, ONNX). `weights` are given the names of that network. Throws depix::Error if it cannot be
/// compiled (compile_module), or is no network that restores pictures.
const Architecture& compile_architecture(depix::TensorFile& weights,
                                         const std::optional<depix::NetworkDescription>& known);

/// The network and its weights as the bytes of an ONNX file (depix::export_onnx), by a module that is compiled for it.
/// Throws as compile_architecture does.
std::vector<std::byte> onnx_of(depix::TensorFile& weights, const std::optional<depix::NetworkDescription>& known);

}  // namespace tool
