#include "networks.hpp"

#include "../device.hpp"
#include "depix/models/documents_autoencoder.hpp"
#include "depix/models/page_cleaner.hpp"

// Only cuda.cu can compile these two.
extern template depix::AnyRestorer depix::load_restorer<depix::PageCleaner, example::Cuda>(const std::string&, int);
extern template depix::AnyRestorer depix::load_restorer<depix::DocumentsAutoencoder, example::Cuda>(const std::string&,
                                                                                                    int);

depix::AnyRestorer example::load_network(const std::string& network, const std::filesystem::path& weights, int threads,
                                         const std::string& device) {
    return on_device(device, [&]<class Backend> {
        if (network == "page_cleaner")
            return depix::load_restorer<depix::PageCleaner, Backend>(weights.string(), threads);
        return depix::load_restorer<depix::DocumentsAutoencoder, Backend>(weights.string(), threads);
    });
}
