// TensorFlow.js models, in one file: two bytes with the length of model.json, that file, and the weights, which every
// name of a file stands for.
#include "depix/io/tensorflow_js.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace depix;
    return depix_fuzz::refuse_or(data, size, [](std::span<const std::byte> bytes) {
        if (bytes.size() < 2) return;
        const std::size_t wanted = std::to_integer<std::size_t>(bytes[0]) | std::to_integer<std::size_t>(bytes[1]) << 8;
        const std::size_t length = std::min(wanted, bytes.size() - 2);
        JsonReader reader({reinterpret_cast<const char*>(bytes.data()) + 2, length}, "model.json");
        const detail::JsonValue model = detail::read_json(reader);
        reader.end();
        std::size_t read = 0;
        const std::span<const std::byte> weights = bytes.subspan(2 + length);
        const TensorFile file = detail::TensorflowJsReader(model, "model.json", [&](const std::string&) {
                                    read += weights.size();
                                    if (read > 1 << 20) throw Error("more than a megabyte");
                                    return std::vector<std::byte>(weights.begin(), weights.end());
                                }).read();
        std::size_t values = 0;
        for (const auto& [name, entry] : file.entries) values += *element_count(entry.shape);
        depix_fuzz::require(2 * values <= read, "no more values than the files have halves");
    });
}
