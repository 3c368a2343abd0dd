#include "networks.hpp"

#include <memory>

#include "depix/io/safetensors.hpp"
#include "depix/models/documents_autoencoder.hpp"
#include "depix/models/page_cleaner.hpp"
#include "depix/restore/restore.hpp"

namespace {

template <class Network>
example::Cleaner load_network(const std::filesystem::path& weights, int threads) {
    depix::Model<Network> model;
    depix::load(model, weights.string());
    const auto network = std::make_shared<const depix::Inference<Network>>(model, threads);
    return [network](const depix::Image& page) { return depix::restore(*network, page); };
}

}  // namespace

example::Cleaner example::load_cleaner(const std::string& network, const std::filesystem::path& weights, int threads) {
    if (network == "page_cleaner") return load_network<depix::PageCleaner>(weights, threads);
    return load_network<depix::DocumentsAutoencoder>(weights, threads);
}
