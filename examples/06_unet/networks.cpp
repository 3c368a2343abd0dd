#include "networks.hpp"

#include <memory>

#include "depix/data/masks.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/models/pixel_shuffle_unet.hpp"
#include "depix/restore/restore.hpp"

namespace {

template <int Filters>
example::Restorer load_unet(const std::filesystem::path& weights, int threads) {
    using Network = depix::PixelShuffleUNet<Filters>;
    depix::Model<Network> model;
    depix::load(model, weights.string());
    const auto network = std::make_shared<const depix::Inference<Network>>(model, threads);
    return [network](const depix::Image& picture) { return depix::restore(*network, picture); };
}

}  // namespace

example::Restorer example::load_restorer(int filters, const std::filesystem::path& weights, int threads) {
    return filters == 16 ? load_unet<16>(weights, threads) : load_unet<32>(weights, threads);
}

depix::Image example::restore_picture(const Restorer& network, depix::Image picture, const depix::Image* mask) {
    if (mask == nullptr) return network(picture);
    depix::apply_mask(picture, *mask);
    const depix::Image painted = network(picture);
    const std::size_t area = picture.shape.area();
    for (std::size_t i = 0; i < picture.pixels.size(); ++i)
        if (mask->pixels[i % area] > 0) picture.pixels[i] = painted.pixels[i];
    return picture;
}
