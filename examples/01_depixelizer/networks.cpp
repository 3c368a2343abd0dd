#include "networks.hpp"

#include "depix/models/depixelizer.hpp"
#include "depix/models/text_restorer.hpp"

namespace {

template <class Network>
depix::AnyRestorer load_type(const std::filesystem::path& weights, bool normalise, int threads) {
    const depix::AnyRestorer network = depix::load_restorer<Network>(weights.string(), threads);
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
