// A network in 8-bit integers as files for firmware: a C++ header, or assembly with a file of bytes beside it.
#pragma once

#include <string>

#include "embedded_int8.hpp"

namespace tool {

/// A header with the arrays NAME_weights, NAME_numbers, NAME_parameters and NAME_statistics, with NAME, which is all of
/// them as depix::Int8Arrays, with the type NAME_int8, which is depix::StaticInt8 with the steps that stay float, and
/// with the scales and zero points of the picture and of the result. `about` is a comment.
std::string int8_as_header(const depix::PackedInt8& network, const std::string& name, const std::string& about);

/// Assembly that includes the arrays' bytes from `bytes_file`, and the header of it, in which they are declared.
std::string int8_as_assembly(const depix::PackedInt8& network, const std::string& name, const std::string& about,
                             const std::string& bytes_file);
/// These bytes: numbers, parameters, statistics, weights.
std::string int8_as_bytes(const depix::PackedInt8& network);

}  // namespace tool
