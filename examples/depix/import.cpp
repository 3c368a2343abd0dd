// import: writes a network of another format as a folder that compiles.
#include <cstdio>
#include <filesystem>
#include <string>

#include "commands.hpp"
#include "import/read_graph.hpp"
#include "import/write_project.hpp"

int tool::import_network(const ImportOptions& options) {
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
