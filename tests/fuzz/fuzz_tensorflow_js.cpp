// TensorFlow.js models, in one file: two bytes with the length of model.json, that file, and the weights, which every
// name of a file stands for. What was read has a graph, or is refused; a graph has a type, or is refused.
#include "../../examples/depix/import/network_type.hpp"
#include "../../examples/depix/import/read_graph.hpp"
#include "depix/io/tensorflow_js.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace depix;
    return depix_fuzz::refuse_or(data, size, [](std::span<const std::byte> bytes) {
        if (bytes.size() < 2) return;
        const std::size_t wanted = std::to_integer<std::size_t>(bytes[0]) | std::to_integer<std::size_t>(bytes[1]) << 8;
        const std::size_t length = std::min(wanted, bytes.size() - 2);
        JsonReader reader({reinterpret_cast<const char*>(bytes.data()) + 2, length}, "model.json");
        TensorflowJsFile file{"model.json", detail::read_json(reader), {}};
        reader.end();
        std::size_t read = 0;
        const std::span<const std::byte> weights = bytes.subspan(2 + length);
        const auto shard = [&](const std::string&) {
            read += weights.size();
            if (read > 1 << 20) throw Error("more than a megabyte");
            return std::vector<std::byte>(weights.begin(), weights.end());
        };
        detail::TensorflowJsReader(file.model, "model.json", shard).read();
        read = 0;
        file.weights = detail::TensorflowJsReader(file.model, "model.json", shard, false).read();
        std::size_t values = 0;
        for (const auto& [name, entry] : file.weights.entries) values += *element_count(entry.shape);
        depix_fuzz::require(values <= read, "no more values than the files have bytes");
        const tool::NetworkType type = tool::network_type(tool::graph_of(file, {3, 64, 64}), "Net");
        depix_fuzz::require(type.definitions.ends_with(";\n"), "the type is whole");
    });
}
