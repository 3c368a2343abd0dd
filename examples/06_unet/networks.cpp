#include "networks.hpp"

#include "depix/data/masks.hpp"
#include "depix/models/pixel_shuffle_unet.hpp"

depix::AnyRestorer example::load_network(int filters, const std::filesystem::path& weights, int threads) {
    return filters == 16 ? depix::load_restorer<depix::PixelShuffleUNet<16>>(weights.string(), threads)
                         : depix::load_restorer<depix::PixelShuffleUNet<32>>(weights.string(), threads);
}

depix::Image example::restore_image(const depix::AnyRestorer& network, depix::Image image, const depix::Image* mask) {
    if (mask == nullptr) return network(image);
    depix::apply_mask(image, *mask);
    const depix::Image painted = network(image);
    const std::size_t area = image.shape.area();
    for (std::size_t i = 0; i < image.pixels.size(); ++i)
        if (mask->pixels[i % area] > 0) image.pixels[i] = painted.pixels[i];
    return image;
}
