#include "networks.hpp"

#include "../device.hpp"
#include "load.hpp"

namespace example {

// Only cuda.cu can compile these two.
extern template depix::AnyRestorer load_generator<8, Cuda>(const std::filesystem::path&, int);
extern template depix::AnyRestorer load_generator<64, Cuda>(const std::filesystem::path&, int);

}  // namespace example

depix::AnyRestorer example::load_network(int filters, const std::filesystem::path& weights, int threads,
                                         const std::string& device) {
    return on_device(device, [&]<class Backend> {
        return filters == 8 ? load_generator<8, Backend>(weights, threads)
                            : load_generator<64, Backend>(weights, threads);
    });
}
