#include "networks.hpp"

#include "depix/data/sources/super_resolution.hpp"
#include "foreign.hpp"
#include "generators.hpp"

namespace {

template <class Network>
depix::AnyRestorer load_generator(const std::filesystem::path& weights, int threads) {
    const auto enlarge = [](const depix::Inference<Network>& network, const depix::Image& image) {
        const depix::Image low = depix::to_range(image, depix::low_resolution_range);
        // Pictures are restored in tiles, because a map of 64 channels at 16 times a photograph's pixels takes
        // gigabytes.
        return depix::from_range(depix::restore(network, low, depix::Tiles{.size = 160}), depix::high_resolution_range);
    };
    return depix::load_restorer<Network>(weights.string(), threads, enlarge);
}

}  // namespace

depix::AnyRestorer example::load_network(Width width, const std::filesystem::path& weights, int threads) {
    if (width == Width::Foreign) return load_generator<ForeignSrgan>(weights, threads);
    return width == Width::Published ? load_generator<PublishedGenerator>(weights, threads)
                                     : load_generator<SmallGenerator>(weights, threads);
}
