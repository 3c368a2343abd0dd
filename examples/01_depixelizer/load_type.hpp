// load_type: a network of this example as a function, on any backend. networks.cpp and cuda.cu compile it.
#pragma once

#include <filesystem>

#include "depix/restore/any_restorer.hpp"
#include "networks.hpp"

namespace example {

/// A picture whose sides fit goes through the network as in training and in the original. Others, and those that are
/// larger than a tile, are continued by reflection. With `normalise` the network sees values of -1..1.
template <class Network, class Backend>
depix::AnyRestorer load_type(const std::filesystem::path& weights, bool normalise, int threads) {
    const auto call = [](const depix::Inference<Network, Backend>& inference, const depix::Image& image) {
        constexpr int multiple = Network::size_multiple, largest = 1024;
        const int height = image.shape.height, width = image.shape.width;
        const bool fits = height % multiple == 0 && width % multiple == 0 && height <= largest && width <= largest;
        return fits ? inference(image) : depix::restore(inference, image);
    };
    const depix::AnyRestorer network = depix::load_restorer<Network, Backend>(weights.string(), threads, call);
    return [network, range = value_range(normalise)](const depix::Image& image) {
        return depix::from_range(network(depix::to_range(image, range)), range);
    };
}

}  // namespace example
