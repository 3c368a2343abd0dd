#include "networks.hpp"

#include "../device.hpp"
#include "depix/models/depixelizer.hpp"
#include "depix/models/text_restorer.hpp"
#include "load_type.hpp"

namespace example {

// Only cuda.cu can compile these.
extern template depix::AnyRestorer load_type<depix::TextRestorer, Cuda>(const std::filesystem::path&, bool, int);
extern template depix::AnyRestorer load_type<depix::NotebookDepixelizer, Cuda>(const std::filesystem::path&, bool, int);
extern template depix::AnyRestorer load_type<depix::Depixelizer, Cuda>(const std::filesystem::path&, bool, int);

}  // namespace example

depix::AnyRestorer example::load_network(const std::string& network, const std::filesystem::path& weights,
                                         bool normalise, int threads, const std::string& device) {
    return on_device(device, [&]<class Backend> {
        if (network == "text_restorer") return load_type<depix::TextRestorer, Backend>(weights, normalise, threads);
        if (network == "notebook") return load_type<depix::NotebookDepixelizer, Backend>(weights, normalise, threads);
        return load_type<depix::Depixelizer, Backend>(weights, normalise, threads);
    });
}
