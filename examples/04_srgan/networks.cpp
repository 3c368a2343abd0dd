#include "networks.hpp"

#include <memory>

#include "depix/data/sources/super_resolution.hpp"
#include "depix/inference.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/restore/restore.hpp"
#include "foreign.hpp"
#include "generators.hpp"

namespace {

template <class Network>
example::Enlarger load_network(const std::filesystem::path& weights, int threads) {
    depix::Model<Network> model;
    depix::load(model, weights.string());
    const auto network = std::make_shared<const depix::Inference<Network>>(model, threads);
    return [network](const depix::Image& picture) {
        const depix::Image low = depix::to_range(picture, depix::low_resolution_range);
        // In tiles, since a map of 64 channels at 16 times a photograph's pixels is gigabytes.
        return depix::from_range(depix::restore(*network, low, depix::Tiles{.size = 160}),
                                 depix::high_resolution_range);
    };
}

}  // namespace

example::Enlarger example::load_enlarger(Width width, const std::filesystem::path& weights, int threads) {
    if (width == Width::foreign) return load_network<ForeignSrgan>(weights, threads);
    return width == Width::published ? load_network<PublishedGenerator>(weights, threads)
                                     : load_network<SmallGenerator>(weights, threads);
}
