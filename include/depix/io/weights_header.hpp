// Weights as a C++ header: constexpr arrays, which the compiler of a firmware puts into flash.
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "depix/error.hpp"
#include "depix/finite.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/model.hpp"

namespace depix {

namespace detail {

/// The shortest decimal literal that reads back as exactly this float: "0.1f", "-3.0f", "1e-08f".
inline std::string float_literal(float value) {
    std::array<char, 32> buffer;
    const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    std::string text(buffer.data(), result.ptr);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text + "f";
}

/// Whether a name has only letters, digits and underscores, and no digit first.
inline bool is_identifier(std::string_view name) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    if (name.empty() || digit(name.front())) return false;
    for (const char c : name)
        if (!letter(c) && !digit(c)) return false;
    return true;
}

/// One array: a comment and a paragraph of values for each tensor.
template <class Tensors>
std::string weights_array(const Tensors& tensors, bool trainable, const std::string& array) {
    std::string body;
    std::size_t count = 0;
    for (const auto& tensor : tensors) {
        if (tensor.trainable != trainable) continue;
        std::string shape;
        for (const std::size_t extent : tensor.shape) shape += (shape.empty() ? "" : ", ") + std::to_string(extent);
        body.append("    // ").append(tensor.name).append(" (").append(shape).append(")\n");
        std::string line = "   ";
        for (const float value : tensor.values) {
            if (!is_finite(value)) throw Error(tensor.name + " holds a value that is not finite");
            const std::string literal = std::string(" ").append(float_literal(value)).append(",");
            if (line.size() + literal.size() > 120) {
                body += line + "\n";
                line = "   ";
            }
            line += literal;
            ++count;
        }
        body += line + "\n";
    }
    // C++ has no empty arrays.
    if (count == 0) return "inline constexpr float " + array + "[1] = {};  // the network has none\n";
    return "inline constexpr float " + array + "[" + std::to_string(count) + "] = {\n" + body + "};\n";
}

}  // namespace detail

/// Writes a C++ header with the model's values, exact to the last bit, for StaticInference:
///
///     inline constexpr float NAME_weights[] = {...};     // Network::parameter_count values
///     inline constexpr float NAME_statistics[] = {...};  // the running statistics of its batch norms
///
/// The header includes nothing, not even depix. The file is written whole or not at all (AtomicFile). Throws Error if
/// `name` is not a C++ identifier or a value is not finite, FileError if the file cannot be written.
template <Module Network>
void write_weights_header(const Model<Network, float>& model, const std::string& path, const std::string& name) {
    if (!detail::is_identifier(name)) throw Error("write_weights_header: no C++ identifier: \"" + name + "\"");
    const auto tensors = model.tensors();
    const std::string weights = detail::weights_array(tensors, true, name + "_weights");
    const std::string statistics = detail::weights_array(tensors, false, name + "_statistics");
    write_file(path,
               "// Written by depix::write_weights_header: the values of a model, exact to the last bit.\n"
               "#pragma once\n\n"
               "// clang-format off\n" +
                   weights + "\n" + statistics + "// clang-format on\n");
}

}  // namespace depix
