#include "write_project.hpp"

#include <span>
#include <string_view>

#include "depix/io/atomic_file.hpp"
#include "depix/io/safetensors_writer.hpp"
#include "network_type.hpp"

namespace tool {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Replaces every @WORD@.
std::string fill(std::string text, std::initializer_list<std::pair<std::string_view, std::string>> values) {
    for (const auto& [word, value] : values)
        for (std::size_t found = text.find(word); found != std::string::npos;
             found = text.find(word, found + value.size()))
            text.replace(found, word.size(), value);
    return text;
}

// For a network without padding, which makes less of a picture than `up` times its size: by how many pixels the picture
// has to go on at each side. 0: it makes all of it, or no number helps.
int missing_border(depix::Shape input, depix::Shape output) {
    for (int up = 1; up <= 8; ++up) {
        const int missing = up * input.height - output.height;
        if (missing <= 0 || missing != up * input.width - output.width || missing >= output.height) continue;
        if (missing % (2 * up) == 0) return missing / (2 * up);
    }
    return 0;
}

constexpr std::string_view program =
    R"(// @FILE@ IN.png OUT.png: runs the network @TYPE@ on a picture. Written by `depix import`.
#include <cstdio>
#include <exception>

#include <depix/depix.hpp>
#include <depix/io/image.hpp>

#include "@FILE@.hpp"

int main(int count, char** arguments) try {
    if (count != 3) return std::fprintf(stderr, "usage: @FILE@ IN.png OUT.png\n"), 2;
    depix::Model<imported::@TYPE@> model;
    depix::load(model, WEIGHTS);
    const depix::Inference<imported::@TYPE@> network{model};
    depix::write_image(arguments[2], depix::restore(network, depix::read_image(arguments[1], @CHANNELS@)));
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
)";

constexpr std::string_view build_file =
    R"(# Written by `depix import`. depix is an installed one, or its sources: -DDEPIX_SOURCE=FOLDER.
cmake_minimum_required(VERSION 3.25)
project(@FILE@ LANGUAGES CXX)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()
if(DEPIX_SOURCE)
    add_subdirectory("${DEPIX_SOURCE}" depix EXCLUDE_FROM_ALL)
else()
    find_package(depix CONFIG REQUIRED COMPONENTS pictures)
endif()
add_executable(@FILE@ main.cpp)
target_link_libraries(@FILE@ PRIVATE depix::pictures)
target_compile_options(@FILE@ PRIVATE -O3 -march=native)
target_compile_definitions(@FILE@ PRIVATE WEIGHTS="${CMAKE_CURRENT_SOURCE_DIR}/@FILE@.safetensors")
)";

}  // namespace

std::string type_name(const std::string& stem) {
    std::string name;
    bool begins = true;  // a word
    for (const char c : stem) {
        if (is_letter(c) || is_digit(c)) {
            name += begins && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
            begins = false;
        } else {
            // 2.0 and 20 are different numbers.
            if (c == '.' && !name.empty() && is_digit(name.back())) name += '_';
            begins = true;
        }
    }
    if (name.empty()) return "Network";
    return is_digit(name[0]) ? "Net" + name : name;
}

ProjectNames project_names(const std::string& path) {
    ProjectNames names;
    names.source = std::filesystem::path(path).filename().string();
    const std::string stem = std::filesystem::path(path).stem().string();
    names.type = type_name(stem);
    for (const char c : stem) names.file += is_letter(c) || is_digit(c) ? c : '_';
    if (names.file.empty() || !is_letter(names.file[0])) names.file = "net_" + names.file;
    // A comment ends with its line.
    std::erase_if(names.source, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    return names;
}

WholePictureNetwork whole_picture_network(const Graph& graph, const std::string& name) {
    WholePictureNetwork result{network_type(graph, name), name};
    const int border = missing_border(result.network.input, result.network.output);
    if (border == 0) return result;
    // The network itself gets another name, and the picture goes on beyond its edges.
    result.inner_name = name + "Unpadded";
    result.network = network_type(graph, result.inner_name);
    const std::string pixels = std::to_string(border);
    result.network.definitions +=
        "\n/// The same for whole pictures: the picture goes on beyond its edges as its last rows and columns, by " +
        pixels + " pixels,\n/// which the network without padding cuts off.\nusing " + name +
        " = Sequential<ReplicationPadding<" + pixels + ">, Named<\"\", " + result.inner_name + ">>;\n";
    return result;
}

std::string project_header(const Graph& graph, const ProjectNames& names) {
    const auto [network, inner_name] = whole_picture_network(graph, names.type);
    const auto shape = [](depix::Shape s) {  // appended, because g++ 12 at -O3 falsely warns of "{" + a string
        std::string text = "{";
        text.append(std::to_string(s.channels)).append(", ").append(std::to_string(s.height)).append(", ");
        return text.append(std::to_string(s.width)).append("}");
    };
    const std::string about = "/// From " + depix::to_string(network.input) + " to " +
                              depix::to_string(network.output) + ", for one size of picture. The weights, " +
                              names.file + ".safetensors, have the names of this type.\n";
    return "// " + names.type + ": imported from " + names.source + " (" + graph.format + ") by `depix import`.\n" +
           "#pragma once\n\n#include <depix/depix.hpp>\n\nnamespace imported {\n\nusing namespace depix;\n\n// "
           "clang-format " +
           "off\n" + about + network.definitions + "// clang-format on\n\nstatic_assert(" + inner_name +
           "::parameter_count == " + std::to_string(network.parameters) + ");\nstatic_assert(" + inner_name +
           "::output(" + shape(network.input) + ") == Shape" + shape(network.output) +
           ");\n\n}  // namespace imported\n";
}

void write_project(const Graph& graph, const ProjectNames& names, const std::filesystem::path& folder) {
    const std::string header = project_header(graph, names);  // before anything is written: it may be refused
    const NetworkType network = network_type(graph, names.type);
    depix::SafetensorsWriter weights;
    weights.metadata["source"] = names.source;
    for (const GraphTensor& tensor : network.tensors)
        weights.add(tensor.name, tensor.shape, std::span<const float>(tensor.values));

    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) throw depix::FileError(folder.string(), "cannot be made: " + error.message());
    const auto path = [&](const std::string& name) { return (folder / name).string(); };
    const auto with_names = [&](std::string_view text) {
        return fill(
            std::string(text),
            {{"@FILE@", names.file}, {"@TYPE@", names.type}, {"@CHANNELS@", std::to_string(network.input.channels)}});
    };
    depix::write_file(path(names.file + ".hpp"), header);
    weights.write(path(names.file + ".safetensors"));
    depix::write_file(path("main.cpp"), with_names(program));
    depix::write_file(path("CMakeLists.txt"), with_names(build_file));
}

}  // namespace tool
