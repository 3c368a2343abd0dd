// What an ONNX file computes from constants and from shapes alone, such as the sizes that a Resize is given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "depix/io/onnx_file.hpp"

namespace tool {

using depix::OnnxNode;
using depix::OnnxTensor;

/// One number or a list, as a tensor of integers.
OnnxTensor integer_tensor(std::vector<std::int64_t> values, bool scalar = false);

/// The values as floats, whatever they are stored as.
std::vector<float> real_values(const OnnxTensor& tensor);

/// The result of a node whose inputs are all constants (null: an optional one that is not there); no value for a node
/// that is not computed here. Tensors of more than 2^20 values are not computed.
std::optional<OnnxTensor> constant_result(const OnnxNode& node, const std::vector<const OnnxTensor*>& inputs);

}  // namespace tool
