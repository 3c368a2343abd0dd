// import: writes a network of another format as a folder that compiles, or as a file of ncnn or ONNX.
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "commands.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/io/identify.hpp"
#include "depix/io/weights_file.hpp"
#include "import/ncnn_files.hpp"
#include "import/read_graph.hpp"
#include "import/write_project.hpp"
#include "on_demand/on_demand.hpp"

namespace {

// The path without its ending, if it has the one of the format.
std::string without_ending(const std::string& path, std::initializer_list<std::string_view> endings) {
    for (const std::string_view ending : endings)
        if (path.ends_with(ending)) return path.substr(0, path.size() - ending.size());
    return path;
}

void check_replaces_no_input(const std::string& output, const std::string& input) {
    std::error_code unknown;
    if (std::filesystem::equivalent(output, input, unknown))
        throw tool::UsageError("-o " + output + ": would replace the network");
}

// Writes any network that is known as a file of another format.
int convert(const tool::ImportOptions& options) {
    depix::TensorFile weights = depix::read_weights(options.file);
    const bool has_graph = tool::has_graph(weights);
    const std::optional<depix::NetworkDescription> known =
        has_graph ? std::nullopt : std::optional(depix::identify(weights));
    if (!tool::has_network(weights, known))
        throw depix::FileError(options.file, "depix has no network for these weights: " + known->architecture);
    const std::string base =
        options.output.empty() ? std::filesystem::path(options.file).stem().string() : options.output;

    if (options.to == "onnx") {
        const std::string output = without_ending(base, {".onnx"}) + ".onnx";
        check_replaces_no_input(output, options.file);
        depix::write_file(output, tool::onnx_of(weights, known));
        std::printf("%s\n", output.c_str());
    } else {
        const std::string output = without_ending(base, {".param", ".bin"});
        for (const char* ending : {".param", ".bin"}) check_replaces_no_input(output + ending, options.file);
        const tool::Graph graph =
            has_graph ? tool::read_graph(options.file)
                      : tool::read_graph(depix::OnnxFile::parse(tool::onnx_of(weights, known), options.file));
        const tool::NcnnFiles files = tool::ncnn_files(graph);
        depix::write_file(output + ".param", std::string_view(files.param));
        depix::write_file(output + ".bin", files.bin);
        std::printf("%s.param, %s.bin\n", output.c_str(), output.c_str());
    }
    if (known && !known->note.empty()) std::printf("note: %s\n", known->note.c_str());
    return 0;
}

}  // namespace

int tool::import_network(const ImportOptions& options) {
    if (!options.to.empty()) return convert(options);
    const ProjectNames names = project_names(options.file);
    const std::filesystem::path folder = options.output.empty() ? names.file : options.output;
    write_project(read_graph(options.file), names, folder);
    const std::string path = folder.string();
    std::printf(
        "%s: %s.hpp, %s.safetensors, main.cpp, CMakeLists.txt\n"
        "cmake -B %s/build -S %s && cmake --build %s/build && %s/build/%s IN.png OUT.png\n",
        path.c_str(), names.file.c_str(), names.file.c_str(), path.c_str(), path.c_str(), path.c_str(), path.c_str(),
        names.file.c_str());
    return 0;
}
