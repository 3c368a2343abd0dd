// ncnn's two files, in one: two bytes with the length of the .param file, that file, the .bin file. What was read has a
// graph, or is refused; a graph has a type, or is refused; and what is written of a graph can be read again.
#include "../../examples/depix/import/ncnn_files.hpp"
#include "../../examples/depix/import/network_type.hpp"
#include "../../examples/depix/import/read_graph.hpp"
#include "fuzz.hpp"

namespace {

void check_written(const tool::Graph& graph, const tool::NetworkType& type) {
    if (type.input != depix::Shape{3, 64, 64}) return;
    const tool::NcnnFiles files = tool::ncnn_files(graph);
    try {
        const depix::NcnnFile again = depix::NcnnFile::parse(files.param, files.bin);
        const tool::NetworkType read = tool::network_type(tool::graph_of(again, {3, 64, 64}), "Net");
        depix_fuzz::require(read.output == type.output, "what is written gives an output of the same shape");
    } catch (const depix::Error& error) {
        depix_fuzz::require(false, (files.param + error.what()).c_str());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace depix;
    return depix_fuzz::refuse_or(data, size, [](std::span<const std::byte> bytes) {
        if (bytes.size() < 2) return;
        const std::size_t wanted = std::to_integer<std::size_t>(bytes[0]) | std::to_integer<std::size_t>(bytes[1]) << 8;
        const std::size_t length = std::min(wanted, bytes.size() - 2);
        const std::string_view param(reinterpret_cast<const char*>(bytes.data()) + 2, length);
        const NcnnFile file = NcnnFile::parse(param, bytes.subspan(2 + length));
        std::size_t values = 0;
        for (const auto& [name, entry] : file.tensors().entries) values += *element_count(entry.shape);
        depix_fuzz::require(2 * values <= bytes.size(), "no more values than the file has halves");
        // One of the two, because the second reads the graph up to ten times.
        const tool::Graph graph = bytes.size() % 4 != 0 ? tool::graph_of(file, {3, 64, 64}) : tool::read_graph(file);
        const tool::NetworkType type = tool::network_type(graph, "Net");
        depix_fuzz::require(type.definitions.ends_with(";\n"), "the type is whole");
        check_written(graph, type);
    });
}
