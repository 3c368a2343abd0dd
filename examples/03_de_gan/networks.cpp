#include "networks.hpp"

#include "depix/models/de_gan.hpp"
#include "depix/restore/blended_tiles.hpp"

namespace {

template <int Filters>
depix::AnyRestorer load_generator(const std::filesystem::path& weights, int threads) {
    return depix::load_restorer<depix::DeGanGenerator<Filters>>(
        weights.string(), threads,
        [](const auto& network, const depix::Image& page) { return depix::restore_by_tiles(network, page); });
}

}  // namespace

depix::AnyRestorer example::load_network(int filters, const std::filesystem::path& weights, int threads) {
    return filters == 8 ? load_generator<8>(weights, threads) : load_generator<64>(weights, threads);
}
