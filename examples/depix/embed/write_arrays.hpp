// The weights of a network as files for firmware: a C++ header, or assembly with a file of bytes beside it.
#pragma once

#include <filesystem>
#include <string>

#include "embedded_network.hpp"

namespace tool {

enum class EmbeddedType { Float32, Float16 };

/// A header with the arrays NAME_weights and NAME_statistics, in the order of Model's arrays: as
/// depix::write_weights_header writes it, or with the bits of 16-bit numbers. `about` is a comment. Throws depix::Error
/// for a value that the type does not hold.
std::string arrays_as_header(const EmbeddedNetwork& network, const std::string& name, EmbeddedType type,
                             const std::string& about);

/// Assembly that includes NAME's bytes from `bytes_file` in its own folder.
std::string arrays_as_assembly(const EmbeddedNetwork& network, const std::string& name, EmbeddedType type,
                               const std::string& about, const std::string& bytes_file);
/// These bytes: the weights, then the statistics.
std::string arrays_as_bytes(const EmbeddedNetwork& network, EmbeddedType type);

}  // namespace tool
