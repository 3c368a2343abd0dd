// Weights files: every tensor's values, and a network's weights by name.
#include "depix/io/safetensors.hpp"
#include "depix/layers/batch_norm.hpp"
#include "depix/layers/conv.hpp"
#include "depix/model.hpp"
#include "depix/network/sequential.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace depix;
    return depix_fuzz::refuse_or(data, size, [](std::span<const std::byte> bytes) {
        const SafetensorsFile file = SafetensorsFile::parse({bytes.begin(), bytes.end()});
        for (const auto& [name, entry] : file.entries) {
            try {
                const std::vector<float> values = file.values<float>(name);
                depix_fuzz::require(values.size() == element_count(entry.shape), "as many values as the shape says");
            } catch (const Error&) {  // of a type that cannot be converted
            }
        }
        Model<Sequential<Conv<1, 2>, BatchNorm<2>>> model;
        load(model, file);
    });
}
