// ONNX files: what was read has a graph, or is refused; a graph has a type, or is refused.
#include "../../examples/depix/import/network_type.hpp"
#include "../../examples/depix/import/read_graph.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace depix;
    return depix_fuzz::refuse_or(data, size, [](std::span<const std::byte> bytes) {
        const OnnxFile file = OnnxFile::parse(bytes);
        file.tensors();
        // One of the two, because the second reads the graph twice.
        const tool::Graph graph = bytes.size() % 4 != 0 ? tool::graph_of(file, {3, 64, 64}) : tool::read_graph(file);
        const tool::NetworkType type = tool::network_type(graph, "Net");
        depix_fuzz::require(type.definitions.ends_with(";\n"), "the type is whole");
    });
}
