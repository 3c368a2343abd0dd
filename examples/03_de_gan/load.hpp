// load_generator: reads a generator's weights and prepares it.
#pragma once

#include <filesystem>
#include <ratio>

#include "depix/data/sources/super_resolution.hpp"
#include "depix/models/binarizer.hpp"
#include "depix/models/de_gan.hpp"
#include "depix/models/de_gan_pytorch.hpp"
#include "depix/restore/any_restorer.hpp"
#include "depix/restore/binarize_page.hpp"
#include "depix/restore/blended_tiles.hpp"

namespace example {

/// The authors' watermark generator, which has 512 channels at the bottom.
using NarrowGenerator = depix::DeGanGenerator<64, std::ratio<1, 2>, 512>;

/// `range` is that of the values that the network takes and gives.
template <class Generator, class Backend>
depix::AnyRestorer load_generator(const std::filesystem::path& weights, int threads, depix::ValueRange range) {
    return depix::load_restorer<Generator, Backend>(
        weights.string(), threads, [range](const auto& network, const depix::Image& page) {
            return from_range(depix::restore_by_tiles(network, to_range(page, range)), range);
        });
}

/// Pages are cut into tiles, which see 160 pixels around them; that changes nothing that can be seen.
template <class Backend>
depix::AnyRestorer load_binarizer(const std::filesystem::path& weights, int threads) {
    return depix::load_restorer<depix::Binarizer, Backend>(
        weights.string(), threads, [](const auto& network, const depix::Image& page) {
            return depix::binarize_page(network, page, {.size = 1024, .reach = 160});
        });
}

}  // namespace example
