#include "networks.hpp"

#include <memory>

#include "depix/io/safetensors.hpp"
#include "depix/models/de_gan.hpp"
#include "depix/restore/blended_tiles.hpp"

namespace {

template <int Filters>
example::Enhancer load_generator(const std::filesystem::path& weights, int threads) {
    using Network = depix::DeGanGenerator<Filters>;
    depix::Model<Network> model;
    depix::load(model, weights.string());
    const auto network = std::make_shared<const depix::Inference<Network>>(model, threads);
    return [network](const depix::Image& page) { return depix::restore_by_tiles(*network, page); };
}

}  // namespace

example::Enhancer example::load_enhancer(int filters, const std::filesystem::path& weights, int threads) {
    return filters == 8 ? load_generator<8>(weights, threads) : load_generator<64>(weights, threads);
}
