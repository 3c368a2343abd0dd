// The reader of JSON. The first bytes say what the caller expects: an object whose values are strings, numbers, arrays
// or objects again.
#include <algorithm>

#include "depix/io/json.hpp"

#include "fuzz.hpp"

namespace {

struct Schema {
    std::span<const std::byte> kinds;
    std::size_t at = 0;

    int next() { return kinds.empty() ? 0 : static_cast<int>(kinds[at++ % kinds.size()]) % 4; }
};

void read_value(depix::JsonReader& reader, Schema& schema, int depth) {
    switch (depth > 8 ? 0 : schema.next()) {
        case 0:
            depix_fuzz::require(depix::is_utf8(reader.string()), "strings are UTF-8");
            break;
        case 1:
            reader.integer();
            break;
        case 2:
            reader.array([&] { read_value(reader, schema, depth + 1); });
            break;
        default:
            reader.object([&](const std::string& key) {
                depix_fuzz::require(depix::is_utf8(key), "keys are UTF-8");
                read_value(reader, schema, depth + 1);
            });
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return depix_fuzz::refuse_or(data, size, [](std::span<const std::byte> bytes) {
        const std::size_t length = std::min<std::size_t>(bytes.size(), 8);
        Schema schema{bytes.first(length)};
        const auto text = bytes.subspan(length);
        depix::JsonReader reader({reinterpret_cast<const char*>(text.data()), text.size()}, "a file");
        reader.object([&](const std::string&) { read_value(reader, schema, 0); });
        reader.end();
    });
}
