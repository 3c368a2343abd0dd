#include "networks.hpp"

#include "../device.hpp"
#include "depix/data/masks.hpp"
#include "depix/models/pixel_shuffle_unet.hpp"

// Only cuda.cu can compile these two.
extern template depix::AnyRestorer depix::load_restorer<depix::PixelShuffleUNet<16>, example::Cuda>(const std::string&,
                                                                                                    int);
extern template depix::AnyRestorer depix::load_restorer<depix::PixelShuffleUNet<32>, example::Cuda>(const std::string&,
                                                                                                    int);

depix::AnyRestorer example::load_network(int filters, const std::filesystem::path& weights, int threads,
                                         const std::string& device) {
    return on_device(device, [&]<class Backend> {
        return filters == 16 ? depix::load_restorer<depix::PixelShuffleUNet<16>, Backend>(weights.string(), threads)
                             : depix::load_restorer<depix::PixelShuffleUNet<32>, Backend>(weights.string(), threads);
    });
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
