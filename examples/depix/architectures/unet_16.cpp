#include "depix/models/pixel_shuffle_unet.hpp"
#include "make_architecture.hpp"

tool::Architecture tool::unet_16() {
    return make_architecture<depix::PixelShuffleUNet<16>>("unet_16", "photographs: the pixel-shuffle U-Net, 16 filters",
                                                          train_unet_16);
}
