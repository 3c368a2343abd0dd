// The weights that are compiled in: all safetensors files of the examples, byte by byte.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace tool {

/// The file's contents; empty if no file of this name (without .safetensors) is compiled in.
std::span<const std::byte> compiled_in_weights(std::string_view name);

}  // namespace tool
