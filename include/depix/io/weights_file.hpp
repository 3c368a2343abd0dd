// read_weights: the named tensors of a weights file of any format that depix reads. A program that includes this file
// can load any of them by load(model, path).
#pragma once

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/io/ncnn_file.hpp"
#include "depix/io/onnx_file.hpp"
#include "depix/io/pytorch_file.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/io/safetensors_file.hpp"
#include "depix/io/tensor_file.hpp"
#include "depix/io/tensorflow_js.hpp"

namespace depix {

namespace detail {

inline constexpr const char* weights_formats =
    "no weights file that is read (safetensors; PyTorch's .pth, .pt, .ckpt; ncnn's .param and .bin; .onnx; "
    "TensorFlow.js's model.json)";

inline bool begins_with(std::span<const std::byte> bytes, std::string_view text) {
    return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

/// Any bytes can be the length of a safetensors header, but the header begins with '{'.
inline bool is_safetensors_file(std::span<const std::byte> bytes) {
    return bytes.size() > 8 && bytes[8] == std::byte{'{'};
}

/// Whether the file is one of ncnn's two: its text begins with a number, and its weights may be any bytes.
inline bool is_ncnn_file(std::span<const std::byte> bytes, const std::string& path) {
    if (begins_with(bytes, "7767517")) return true;
    std::error_code unknown;
    return path.ends_with(".bin") && std::filesystem::exists(path.substr(0, path.size() - 4) + ".param", unknown);
}

}  // namespace detail

/// Reads a weights file of a format that is one file, from memory: safetensors, PyTorch's, ONNX. `name` stands for the
/// path in messages. See read_weights.
inline TensorFile parse_weights(std::vector<std::byte> bytes, const std::string& name = "memory") {
    if (detail::is_safetensors_file(bytes)) return SafetensorsFile::parse(std::move(bytes), name);
    if (is_pytorch_file(bytes)) return parse_pytorch_file(std::move(bytes), name);
    // An ONNX file's first field is the version of its format, or its last: protobuf's fields come in any order.
    if (name.ends_with(".onnx") || detail::begins_with(bytes, "\x08")) return OnnxFile::parse(bytes, name).tensors();
    const std::string kind = detail::foreign_kind(bytes);
    detail::fail(FileError(name, detail::weights_formats + (kind.empty() ? "" : ": " + kind)));
}

/// Reads a weights file: safetensors, what torch.save wrote, ncnn's two files (given either), ONNX, or a layers model
/// of TensorFlow.js (given its model.json). The format is found by what the file holds; its name matters only for
/// ncnn's .bin. The tensors of ncnn, and of most ONNX files, have names of their own: in_order_of gives them a model's.
/// Throws FileError where the file is none of these, damaged or larger than `maximum_bytes`.
inline TensorFile read_weights(const std::string& path, std::size_t maximum_bytes = std::size_t{1} << 32) {
    std::vector<std::byte> bytes = read_file(path, maximum_bytes);
    if (!detail::is_safetensors_file(bytes) && !is_pytorch_file(bytes)) {
        if (detail::is_ncnn_file(bytes, path)) return NcnnFile::read_other(bytes, path, maximum_bytes).tensors();
        if (detail::begins_with(bytes, "{")) return read_tensorflow_js(path, maximum_bytes);
    }
    return parse_weights(std::move(bytes), path);
}

/// The tensors under the names of the model's, taken in the order in which both have them: for files whose names say
/// nothing, such as ncnn's. Tensors of integers (shapes, in ONNX) are left out. Throws FileError, naming the first
/// tensor whose shape is another, or both numbers of tensors.
template <HasTensors Model>
TensorFile in_order_of(const Model& model, const TensorFile& file) {
    TensorFile ordered(file.path, file.format);
    ordered.metadata = file.metadata;
    const auto own = model.tensors();
    std::size_t count = 0;
    for (const std::string& name : file.names) {
        const TensorFile::Entry& entry = file.entry(name);
        if (!converts_to<float>(entry.dtype)) continue;
        if (count < own.size() && own[count].shape != entry.shape)
            detail::fail(FileError(file.path, "tensor " + std::to_string(count + 1) + ", " + name + ", is " +
                                                  to_string(entry.shape) + ", but the model's " + own[count].name +
                                                  " is " + to_string(own[count].shape)));
        if (count < own.size()) ordered.add(own[count].name, entry.dtype, entry.shape, file.bytes(name));
        ++count;
    }
    if (count != own.size())
        detail::fail(FileError(
            file.path, "has " + std::to_string(count) + " tensors, but the model has " + std::to_string(own.size())));
    return ordered;
}

namespace detail {

inline const bool reads_any_weights = (
    read_any_weights = [](const std::string& path) { return read_weights(path); }, true);

}  // namespace detail

}  // namespace depix
