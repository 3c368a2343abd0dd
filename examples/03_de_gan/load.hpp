// load_generator: reads a generator's weights and prepares it.
#pragma once

#include "depix/models/de_gan.hpp"
#include "depix/restore/blended_tiles.hpp"
#include "networks.hpp"

namespace example {

template <int Filters, class Backend>
depix::AnyRestorer load_generator(const std::filesystem::path& weights, int threads) {
    return depix::load_restorer<depix::DeGanGenerator<Filters>, Backend>(
        weights.string(), threads,
        [](const auto& network, const depix::Image& page) { return depix::restore_by_tiles(network, page); });
}

}  // namespace example
