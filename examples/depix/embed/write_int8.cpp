#include "write_int8.hpp"

#include <bit>
#include <type_traits>

#include "depix/io/weights_header.hpp"

namespace {

template <class T>
constexpr const char* type_name = std::is_same_v<T, float>         ? "float"
                                  : std::is_same_v<T, std::int8_t> ? "std::int8_t"
                                                                   : "std::int32_t";

template <class T>
std::string array(const std::vector<T>& values, const std::string& name) {
    std::string body, line = "   ";
    for (const T value : values) {
        std::string text = " ";
        if constexpr (std::is_same_v<T, float>)
            text += depix::detail::float_literal(value);
        else
            text += std::to_string(value);
        text += ",";
        if (line.size() + text.size() > 120) {
            body += line + "\n";
            line = "   ";
        }
        line += text;
    }
    return "inline constexpr " + std::string(type_name<T>) + " " + name + "[" + std::to_string(values.size()) +
           "] = {\n" + body + line + "\n};\n\n";
}

// Calls body(array, its name's ending) for the arrays that are not empty.
template <class Body>
void for_each_array(const depix::PackedInt8& network, const Body& body) {
    const auto visit = [&](const auto& values, const char* ending) {
        if (!values.empty()) body(values, ending);
    };
    visit(network.numbers, "_numbers");
    visit(network.parameters, "_parameters");
    visit(network.statistics, "_statistics");
    visit(network.weights, "_weights");
}

std::string encoding(const std::string& name, const depix::integers::Encoding& encoding, bool is_float) {
    if (is_float) return "// " + name + " is float.\n";
    return "// number = " + name + "_scale * (integer - " + name + "_zero_point)\ninline constexpr float " + name +
           "_scale = " + depix::detail::float_literal(encoding.scale) + ";\ninline constexpr int " + name +
           "_zero_point = " + std::to_string(encoding.zero_point) + ";\n";
}

// Everything but the arrays.
std::string declarations(const depix::PackedInt8& network, const std::string& name) {
    std::string steps;
    for (const int step : network.float_steps) steps += (steps.empty() ? "" : ", ") + std::to_string(step);
    const auto pointer = [&](const auto& values, const char* ending) {
        return values.empty() ? std::string("nullptr") : name + ending;
    };
    return "using " + name + "_int8 = depix::StaticInt8<" + steps + ">;\ninline constexpr depix::Int8Arrays " + name +
           "{" + pointer(network.weights, "_weights") + ", " + pointer(network.numbers, "_numbers") + ", " +
           pointer(network.parameters, "_parameters") + ", " + pointer(network.statistics, "_statistics") + "};\n" +
           encoding(name + "_input", network.input, network.float_input) +
           encoding(name + "_output", network.output, network.float_output);
}

}  // namespace

std::string tool::int8_as_header(const depix::PackedInt8& network, const std::string& name, const std::string& about) {
    std::string text = "// Written by `depix embed`: " + about +
                       "\n//\n//     static depix::StreamingInference<Network, width, " + name +
                       "_int8> network;\n//     network.begin(" + name +
                       ", height);\n#pragma once\n\n#include <depix/quantize/static_inference.hpp>\n\n"
                       "// clang-format off\n";
    for_each_array(network, [&](const auto& values, const char* ending) { text += array(values, name + ending); });
    return text + declarations(network, name) + "// clang-format on\n";
}

std::string tool::int8_as_assembly(const depix::PackedInt8& network, const std::string& name, const std::string& about,
                                   const std::string& bytes_file) {
    std::string in_cpp, arrays;
    std::size_t first = 0;
    for_each_array(network, [&]<class T>(const std::vector<T>& values, const char* ending) {
        const std::string symbol = name + ending;
        const std::size_t bytes = values.size() * sizeof(T);
        in_cpp += "   extern \"C\" const " + std::string(type_name<T>) + " " + symbol + "[" +
                  std::to_string(values.size()) + "];\n";
        arrays += "    .global " + symbol + "\n    .balign 8\n" + symbol + ":\n    .incbin \"" + bytes_file + "\", " +
                  std::to_string(first) + ", " + std::to_string(bytes) + "\n";
        first += bytes;
    });
    std::string declared = declarations(network, name);
    for (std::size_t at = 0; (at = declared.find('\n', at)) + 1 < declared.size();) declared.insert(++at, "   ");
    return "/* Written by `depix embed`: " + about +
           "\n   In C++:\n\n   #include <depix/quantize/static_inference.hpp>\n" + in_cpp + "   " + declared +
           "\n   The assembler looks for " + bytes_file + " in the folders of -I. */\n    .section .rodata." + name +
           ", \"a\"\n" + arrays + "    .section .note.GNU-stack, \"\"\n";
}

std::string tool::int8_as_bytes(const depix::PackedInt8& network) {
    std::string bytes;
    for_each_array(network, [&]<class T>(const std::vector<T>& values, const char*) {
        for (const T value : values) {
            if constexpr (sizeof(T) == 1) {
                bytes.push_back(static_cast<char>(value));
            } else {
                const auto bits = std::bit_cast<std::uint32_t>(value);
                for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(bits >> (8 * i) & 0xff));
            }
        }
    });
    return bytes;
}
