#include "../architecture.hpp"
#include "depix/models/pixel_shuffle_unet.hpp"
#include "train_network.hpp"

int tool::train_unet_16(const TrainOptions& options, const depix::TensorFile* start) {
    return train_network<depix::PixelShuffleUNet<16>>(options, start, depix::Initialisation::HeNormal);
}
