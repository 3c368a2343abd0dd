#include "networks.hpp"

#include "depix/models/depixelizer.hpp"
#include "depix/models/text_restorer.hpp"

namespace {

template <class Network>
depix::AnyRestorer load_type(const std::filesystem::path& weights, bool normalise, int threads) {
    // A picture whose sides fit goes through the network as in training and in the original. Others, and those that are
    // larger than a tile, are continued by reflection.
    const auto call = [](const depix::Inference<Network>& inference, const depix::Image& image) {
        constexpr int multiple = Network::size_multiple, largest = 1024;
        const auto [channels, height, width] = image.shape;
        const bool fits = height % multiple == 0 && width % multiple == 0 && height <= largest && width <= largest;
        return fits ? inference(image) : depix::restore(inference, image);
    };
    const depix::AnyRestorer network = depix::load_restorer<Network>(weights.string(), threads, call);
    if (!normalise) return network;
    return [network](depix::Image image) {
        for (float& value : image.pixels) value = 2 * value - 1;
        depix::Image restored = network(image);
        for (float& value : restored.pixels) value = (value + 1) / 2;
        return restored;
    };
}

}  // namespace

depix::AnyRestorer example::load_network(const std::string& network, const std::filesystem::path& weights,
                                         bool normalise, int threads) {
    if (network == "text_restorer") return load_type<depix::TextRestorer>(weights, normalise, threads);
    if (network == "notebook") return load_type<depix::NotebookDepixelizer>(weights, normalise, threads);
    return load_type<depix::Depixelizer>(weights, normalise, threads);
}
