// load_generator: reads a generator's weights and prepares it.
#pragma once

#include <memory>

#include "depix/io/safetensors.hpp"
#include "depix/restore/restore.hpp"
#include "networks.hpp"

namespace example {

/// Pictures are restored in tiles, because a map of 64 channels at 16 times a photograph's pixels takes gigabytes. A
/// tile is computed with all that it sees. SRResNet sees 40 pixels far, RRDB with 23 blocks 350; with small tiles it
/// would compute everything several times.
template <class Generator>
inline constexpr int tile_size = depix::receptive_field<Generator>() < 200 ? 160 : 512;

template <class Generator, class Backend>
depix::AnyRestorer load_generator(const std::filesystem::path& weights, int threads) {
    depix::Model<Generator> model;
    // ESRGAN's own files have other names than BasicSR's. No other network has any of them.
    depix::load(model, weights.string(), {.name_map = depix::esrgan_name});
    const auto network = std::make_shared<const depix::Inference<Generator, Backend>>(model, threads);
    return [network](const depix::Image& image) {
        const depix::Image low = depix::to_range(image, depix::low_resolution_range);
        return depix::from_range(depix::restore(*network, low, depix::Tiles{.size = tile_size<Generator>}),
                                 output_range<Generator>);
    };
}

}  // namespace example
