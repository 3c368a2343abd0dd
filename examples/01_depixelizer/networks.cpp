#include "networks.hpp"

#include <memory>

#include "depix/io/safetensors.hpp"
#include "depix/models/depixelizer.hpp"
#include "depix/models/text_restorer.hpp"
#include "depix/restore/restore.hpp"

namespace {

template <class Network>
example::Restorer load_network(const std::filesystem::path& weights, int threads) {
    depix::Model<Network> model;
    depix::load(model, weights.string());
    const auto network = std::make_shared<const depix::Inference<Network>>(model, threads);
    return [network](const depix::Image& picture) { return depix::restore(*network, picture); };
}

}  // namespace

example::Restorer example::load_restorer(const std::string& network, const std::filesystem::path& weights,
                                         int threads) {
    if (network == "text_restorer") return load_network<depix::TextRestorer>(weights, threads);
    return load_network<depix::Depixelizer>(weights, threads);
}
