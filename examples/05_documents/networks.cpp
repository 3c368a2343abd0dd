#include "networks.hpp"

#include "depix/models/documents_autoencoder.hpp"
#include "depix/models/page_cleaner.hpp"

depix::AnyRestorer example::load_network(const std::string& network, const std::filesystem::path& weights,
                                         int threads) {
    if (network == "page_cleaner") return depix::load_restorer<depix::PageCleaner>(weights.string(), threads);
    return depix::load_restorer<depix::DocumentsAutoencoder>(weights.string(), threads);
}
