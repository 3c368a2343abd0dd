#include "depix/models/pixel_shuffle_unet.hpp"
#include "make_architecture.hpp"

tool::Architecture tool::unet_32() {
    return make_architecture<depix::PixelShuffleUNet<32>>(
        "unet_32", "photographs: the pixel-shuffle U-Net as published, 32 filters");
}
