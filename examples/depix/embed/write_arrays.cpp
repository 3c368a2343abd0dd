#include "write_arrays.hpp"

#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "depix/error.hpp"
#include "depix/finite.hpp"
#include "depix/half.hpp"
#include "depix/io/tensor_file.hpp"
#include "depix/io/weights_header.hpp"

namespace {

std::vector<tool::EmbeddedTensor> all_tensors(const tool::EmbeddedNetwork& network) {
    std::vector<tool::EmbeddedTensor> tensors;
    for (const tool::EmbeddedLayer& layer : network.layers)
        tensors.insert(tensors.end(), layer.tensors.begin(), layer.tensors.end());
    return tensors;
}

std::uint16_t to_half(const tool::EmbeddedTensor& tensor, float value) {
    const std::uint16_t bits = depix::Float16::encode(value);
    if (!depix::is_finite(value) || !depix::is_finite(depix::Float16::decode(bits)))
        throw depix::Error(tensor.name + " holds " + std::to_string(value) + ", which is no finite number of 16 bits");
    return bits;
}

std::string half_array(const std::vector<tool::EmbeddedTensor>& tensors, bool trainable, const std::string& array) {
    std::string body, line = "   ";
    std::size_t count = 0;
    for (const tool::EmbeddedTensor& tensor : tensors) {
        if (tensor.trainable != trainable) continue;
        body += "    // " + tensor.name + " " + depix::to_string(tensor.shape) + "\n";
        for (const float value : tensor.values) {
            char text[16];
            std::snprintf(text, sizeof text, " 0x%04x,", to_half(tensor, value));
            if (line.size() + std::strlen(text) > 120) {
                body += line + "\n";
                line = "   ";
            }
            line += text;
            ++count;
        }
        body += line + "\n";
        line = "   ";
    }
    if (count == 0) return "inline constexpr unsigned short " + array + "[1] = {};  // the network has none\n";
    return "inline constexpr unsigned short " + array + "[" + std::to_string(count) + "] = {\n" + body + "};\n";
}

std::size_t count_values(const tool::EmbeddedNetwork& network, bool trainable) {
    std::size_t count = 0;
    for (const tool::EmbeddedTensor& tensor : all_tensors(network))
        if (tensor.trainable == trainable) count += tensor.values.size();
    return count;
}

}  // namespace

std::string tool::arrays_as_header(const EmbeddedNetwork& network, const std::string& name, EmbeddedType type,
                                   const std::string& about) {
    const auto tensors = all_tensors(network);
    std::string text = "// Written by `depix embed`: " + about + "\n#pragma once\n\n// clang-format off\n";
    if (type == EmbeddedType::Float32)
        return text + depix::detail::weights_array(tensors, true, name + "_weights") + "\n" +
               depix::detail::weights_array(tensors, false, name + "_statistics") + "// clang-format on\n";
    text += "// The bits of numbers of 16 bits. depix::Float16::decode (depix/half.hpp) makes a float of one.\n";
    return text + half_array(tensors, true, name + "_weights") + "\n" +
           half_array(tensors, false, name + "_statistics") + "// clang-format on\n";
}

std::string tool::arrays_as_assembly(const EmbeddedNetwork& network, const std::string& name, EmbeddedType type,
                                     const std::string& about, const std::string& bytes_file) {
    const std::size_t size = type == EmbeddedType::Float32 ? 4 : 2;
    const std::size_t weights = count_values(network, true), statistics = count_values(network, false);
    const std::string element = size == 4 ? "float" : "unsigned short";
    const auto array = [&](const std::string& suffix, std::size_t first, std::size_t count) {
        const std::string symbol = name + suffix;
        return "    .global " + symbol + "\n    .balign 8\n" + symbol + ":\n    .incbin \"" + bytes_file + "\", " +
               std::to_string(first * size) + ", " + std::to_string(count * size) + "\n";
    };
    return "/* Written by `depix embed`: " + about + "\n   In C++:\n\n   extern \"C\" const " + element + " " + name +
           "_weights[" + std::to_string(weights) + "], " + name + "_statistics[" + std::to_string(statistics) +
           "];\n\n   The assembler looks for " + bytes_file + " in the folders of -I. */\n    .section .rodata." +
           name + ", \"a\"\n" + array("_weights", 0, weights) +
           (statistics > 0 ? array("_statistics", weights, statistics)
                           : "    .global " + name + "_statistics\n" + name + "_statistics:  /* none */\n") +
           "    .section .note.GNU-stack, \"\"\n";
}

std::string tool::arrays_as_bytes(const EmbeddedNetwork& network, EmbeddedType type) {
    std::string bytes;
    for (const bool trainable : {true, false})
        for (const EmbeddedTensor& tensor : all_tensors(network)) {
            if (tensor.trainable != trainable) continue;
            for (const float value : tensor.values) {
                const std::uint32_t bits =
                    type == EmbeddedType::Float32 ? std::bit_cast<std::uint32_t>(value) : to_half(tensor, value);
                if (!depix::is_finite(value)) throw depix::Error(tensor.name + " holds a value that is not finite");
                for (int i = 0; i < (type == EmbeddedType::Float32 ? 4 : 2); ++i)
                    bytes.push_back(static_cast<char>(bits >> (8 * i) & 0xff));
            }
        }
    return bytes;
}
