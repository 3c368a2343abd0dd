// ncnn's two files, in one: two bytes with the length of the .param file, that file, the .bin file. What was read has a
// graph, or is refused; a graph has a type, or is refused.
#include "../../examples/depix/import/network_type.hpp"
#include "../../examples/depix/import/read_graph.hpp"
#include "fuzz.hpp"

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
        const tool::NetworkType type = tool::network_type(tool::graph_of(file, {3, 64, 64}), "Net");
        depix_fuzz::require(type.definitions.ends_with(";\n"), "the type is whole");
    });
}
