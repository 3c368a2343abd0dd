// Weights files: every tensor's values, a network's weights by name, and which network the names and shapes are of. A
// text is a list of names and shapes, one tensor in a line; the values are 0.
#include <algorithm>
#include <sstream>

#include "depix/io/identify.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/layers/batch_norm.hpp"
#include "depix/layers/conv.hpp"
#include "depix/model.hpp"
#include "depix/network/sequential.hpp"
#include "fuzz.hpp"

namespace {

using namespace depix;

TensorFile parse_list(std::span<const std::byte> bytes) {
    std::istringstream text(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    TensorFile file("list", "PyTorch");
    for (std::string line, name; std::getline(text, line);) {
        std::istringstream words(line);
        std::vector<std::size_t> shape;
        words >> name;
        for (std::size_t extent; words >> extent;) shape.push_back(extent);
        const std::size_t count = element_count(shape).value_or(depix_fuzz::maximum_pixels);
        if (count < 4096)
            file.add(name, DataType::F32, shape, std::vector<std::byte>(4 * count));
        else
            file.add(name, DataType::Other, shape, {});
    }
    return file;
}

void check_network(const TensorFile& file) {
    const std::optional<NetworkDescription> found = find_network(file);
    if (!found) return;
    depix_fuzz::require(!found->architecture.empty() && found->scale > 0, "a network has a name and a scale");
    depix_fuzz::require(found->in_channels > 0 && found->out_channels > 0, "a network has channels");
    prepare_weights(file, *found);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return depix_fuzz::refuse_or(data, size, [](std::span<const std::byte> bytes) {
        constexpr std::string_view list = "list\n";
        if (bytes.size() > list.size() && std::memcmp(bytes.data(), list.data(), list.size()) == 0)
            return check_network(parse_list(bytes.subspan(list.size())));
        const SafetensorsFile file = SafetensorsFile::parse({bytes.begin(), bytes.end()});
        for (const auto& [name, entry] : file.entries) {
            try {
                const std::vector<float> values = file.values<float>(name);
                depix_fuzz::require(values.size() == element_count(entry.shape), "as many values as the shape says");
            } catch (const Error&) {  // of a type that cannot be converted
            }
        }
        check_network(file);
        Model<Sequential<Conv<1, 2>, BatchNorm<2>>> model;
        load(model, file);
    });
}
