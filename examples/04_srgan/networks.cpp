#include "networks.hpp"

#include <algorithm>
#include <memory>

#include "depix/data/super_resolution.hpp"
#include "depix/inference.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/plan/summary.hpp"
#include "foreign.hpp"
#include "generators.hpp"

namespace {

constexpr int scale = 4;

/// Pictures larger than a tile are enlarged in parts, since a map of 64 channels at 16 times a photograph's pixels is
/// gigabytes. Each part brings as much of its surroundings as an output pixel can see, so that no seam is left.
template <class Network>
depix::Image enlarge(const depix::Inference<Network>& network, const depix::Image& picture) {
    constexpr int tile = 160;
    constexpr depix::Interval seen = depix::input_rows<Network>({0, scale - 1});
    constexpr int margin = std::max(-seen.first, seen.last);
    const int height = picture.shape.height, width = picture.shape.width;
    depix::Image large({3, scale * height, scale * width});
    for (int top = 0; top < height; top += tile) {
        const int bottom = std::min(top + tile, height);
        const int upper = std::max(top - margin, 0), lower = std::min(bottom + margin, height);
        for (int left = 0; left < width; left += tile) {
            const int right = std::min(left + tile, width);
            const int first = std::max(left - margin, 0), last = std::min(right + margin, width);
            const depix::Image part = network(depix::crop(picture, upper, first, lower - upper, last - first));
            for (int channel = 0; channel < 3; ++channel)
                for (int y = scale * top; y < scale * bottom; ++y)
                    std::copy_n(&part(channel, y - scale * upper, scale * (left - first)), scale * (right - left),
                                &large(channel, y, scale * left));
        }
    }
    return large;
}

template <class Network>
example::Enlarger load_network(const std::filesystem::path& weights, int threads) {
    depix::Model<Network> model;
    depix::load(model, weights.string());
    const auto network = std::make_shared<const depix::Inference<Network>>(model, threads);
    return [network](const depix::Image& picture) {
        const depix::Image low = depix::to_range(picture, depix::low_resolution_range);
        return depix::from_range(enlarge(*network, low), depix::high_resolution_range);
    };
}

}  // namespace

example::Enlarger example::load_enlarger(Width width, const std::filesystem::path& weights, int threads) {
    if (width == Width::foreign) return load_network<ForeignSrgan>(weights, threads);
    return width == Width::published ? load_network<PublishedGenerator>(weights, threads)
                                     : load_network<SmallGenerator>(weights, threads);
}
