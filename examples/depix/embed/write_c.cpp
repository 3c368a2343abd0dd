#include "write_c.hpp"

#include <algorithm>

#include "c_calls.hpp"
#include "c_int8_functions.hpp"
#include "depix/io/weights_header.hpp"
#include "mix_integers.hpp"

namespace {

using tool::EmbeddedLayer;
using tool::EmbeddedNetwork;

// Dropout does nothing here: who reads its result reads its input.
void remove_dropout(EmbeddedNetwork& network) {
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const EmbeddedLayer layer = network.layers[i];
        if (layer.kind != "Dropout") continue;
        const auto rename = [&](int& map) { map = map == layer.output ? layer.input : map; };
        network.layers.erase(network.layers.begin() + static_cast<std::ptrdiff_t>(i--));
        for (EmbeddedLayer& other : network.layers) rename(other.input), rename(other.other);
        rename(network.output);
    }
}

std::string copy_call(const EmbeddedNetwork& network, const tool::CMaps& maps, tool::CFile& file) {
    if (maps.root(network.output) != 0) return "";  // a layer writes the output
    return "    " + file.use(maps.is_integer(0) ? "int8_copy" : "copy") + "(input, output, " +
           std::to_string(maps.shape(network.output).size()) + ");\n";
}

// What the integers of a map stand for.
std::string encoding(const std::string& map, const depix::integers::Encoding& encoding) {
    return "const float " + map + "_scale = " + depix::detail::float_literal(encoding.scale) + ";\nconst int " + map +
           "_zero_point = " + std::to_string(encoding.zero_point) + ";\n";
}

// The largest patch of the network's convolutions, for which C needs constants.
std::string patch_sizes(const EmbeddedNetwork& network, std::size_t& bytes) {
    int numbers = 0, taps = 0;
    for (const EmbeddedLayer& layer : network.layers)
        if (layer.integer_step >= 0 &&
            (layer.role == depix::Role::Convolution || layer.role == depix::Role::TransposedConvolution)) {
            taps = std::max(taps, layer.geometry.taps());
            numbers = std::max(numbers, layer.geometry.taps() * layer.geometry.group_in());
        }
    bytes += static_cast<std::size_t>(2 * numbers + 4 * taps);
    return "enum { int8_patch_size = " + std::to_string(numbers) + ", int8_patch_taps = " + std::to_string(taps) +
           " };\n";
}

// `program` is null if the network is in float.
std::string write(const EmbeddedNetwork& network, const depix::integers::Program* program, const std::string& name,
                  int height, int width, const std::string& about) {
    const tool::CMaps maps(network, height, width);
    tool::CFile file;
    std::string calls;
    for (const EmbeddedLayer& layer : network.layers) {
        const bool in_float = layer.integer_step < 0 && layer.kind != "Encode" && layer.kind != "Decode";
        calls += "    " + (in_float ? float_call(layer, maps, file) : integer_call(layer, *program, maps, file)) +
                 "  /* " + layer.name + " */\n";
    }
    calls += copy_call(network, maps, file);
    const std::string prototype =
        "void " + name + "_run(const " + maps.type(0) + " *input, " + maps.type(network.output) + " *output)";
    std::size_t bytes = maps.bytes();
    std::string types, encodings;
    if (file.uses("int8_conv")) types = patch_sizes(network, bytes) + std::string(tool::c_int8_convolution) + "\n";
    if (program && maps.is_integer(0)) encodings += encoding(name + "_input", program->encoding(0));
    if (program && maps.is_integer(network.output))
        encodings += encoding(name + "_output", program->encoding(network.output));
    if (!encodings.empty()) encodings = "/* number = scale * (integer - zero_point) */\n" + encodings + "\n";
    std::string text = "/* Written by `depix embed`: " + about + "\n\n   " + tool::to_c_comment(maps.shape(0)) +
                       " becomes " + tool::to_c_comment(maps.shape(network.output)) +
                       ", channel after channel. The maps take " + std::to_string(bytes) +
                       " bytes. It is not reentrant. */\n";
    if (file.uses("sigmoid") || file.uses("hyperbolic_tangent")) text += "#include <math.h>\n";
    if (program) text += "#include <stdint.h>\n";
    return text + "\n" + prototype + ";\n\n" + encodings + types + file.arrays() + "\n" + maps.declaration() +
           file.functions() + prototype + " {\n" + calls + "}\n";
}

}  // namespace

std::string tool::network_as_c(EmbeddedNetwork network, const std::string& name, int height, int width,
                               const std::string& about) {
    remove_dropout(network);
    return write(network, nullptr, name, height, width, about);
}

std::string tool::network_as_c(const EmbeddedInt8& network, const std::string& name, int height, int width,
                               const std::string& about) {
    MixedNetwork mixed = mix_integers(network);
    remove_dropout(mixed.network);
    return write(mixed.network, &mixed.program, name, height, width, about);
}
