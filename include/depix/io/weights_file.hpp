// read_weights: the named tensors of a weights file of any format that depix reads. A program that includes this file
// can load any of them by load(model, path).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/io/pytorch_file.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/io/safetensors_file.hpp"
#include "depix/io/tensor_file.hpp"

namespace depix {

/// Reads a weights file from memory; `name` stands for the path in messages. See read_weights.
inline TensorFile parse_weights(std::vector<std::byte> bytes, const std::string& name = "memory") {
    // Any bytes can be the length of a safetensors header, but the header begins with '{'.
    if (bytes.size() > 8 && bytes[8] == std::byte{'{'}) return SafetensorsFile::parse(std::move(bytes), name);
    if (is_pytorch_file(bytes)) return parse_pytorch_file(std::move(bytes), name);
    const std::string kind = detail::foreign_kind(bytes);
    detail::fail(FileError(name, "no weights file that is read (safetensors; PyTorch's .pth, .pt, .ckpt)" +
                                     (kind.empty() ? "" : ": " + kind)));
}

/// Reads a weights file: safetensors, or what torch.save wrote. The format is found by what the file holds; its name
/// does not matter. Throws FileError where the file is none of these, damaged or larger than `maximum_bytes`.
inline TensorFile read_weights(const std::string& path, std::size_t maximum_bytes = std::size_t{1} << 32) {
    return parse_weights(read_file(path, maximum_bytes), path);
}

namespace detail {

inline const bool reads_any_weights = (
    read_any_weights = [](const std::string& path) { return read_weights(path); }, true);

}  // namespace detail

}  // namespace depix
