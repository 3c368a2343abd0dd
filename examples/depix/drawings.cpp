// The drawings of the networks. They are all in this file, because what turns a network into a drawing is then compiled
// once and not for each architecture.
#include "drawings.hpp"

#include <string>
#include <utility>

#include "depix/models/de_gan.hpp"
#include "depix/models/de_gan_pytorch.hpp"
#include "depix/models/denoiser.hpp"
#include "depix/models/depixelizer.hpp"
#include "depix/models/documents_autoencoder.hpp"
#include "depix/models/page_cleaner.hpp"
#include "depix/models/pixel_shuffle_unet.hpp"
#include "depix/models/rrdb.hpp"
#include "depix/models/srresnet.hpp"
#include "depix/models/text_restorer.hpp"
#include "depix/plan/draw.hpp"

namespace {

template <class Network>
tool::Drawing drawing(std::string name, std::string title) {
    return {std::move(name), std::move(title), Network::in_channels, Network::size_multiple, &depix::draw_svg<Network>};
}

}  // namespace

const std::vector<tool::Drawing>& tool::drawings() {
    static const std::vector<Drawing> all{
        drawing<depix::Denoiser>("denoiser", "Denoiser"),
        drawing<depix::PixelShuffleUNet<16>>("unet_16", "Pixel-shuffle U-Net, 16 filters"),
        drawing<depix::PixelShuffleUNet<32>>("unet_32", "Pixel-shuffle U-Net, 32 filters"),
        drawing<depix::SRResNet<32, 4>>("srresnet_small", "SRResNet, 32 channels and 4 blocks"),
        drawing<depix::PageCleaner>("page_cleaner", "Page cleaner"),
        drawing<depix::DeGanGenerator<8>>("de_gan_8", "DE-GAN's generator, 8 filters"),
        drawing<depix::DeGanPyTorchGenerator<8>>("de_gan_pytorch_8", "DE-GAN's generator in PyTorch, 8 filters"),
        drawing<depix::DocumentsAutoencoder>("documents_autoencoder", "Documents autoencoder"),
        drawing<depix::TextRestorer>("text_restorer", "Text restorer"),
        drawing<depix::Depixelizer>("depixelizer", "Depixelizer"),
        // As published. The tool has no weights of these.
        drawing<depix::DeGanGenerator<>>("de_gan", "DE-GAN's generator"),
        drawing<depix::DeGanPyTorchGenerator<>>("de_gan_pytorch", "DE-GAN's generator in PyTorch"),
        drawing<depix::SRResNet<>>("srresnet", "SRResNet"),
        drawing<depix::RRDB<>>("rrdb", "RRDB, ESRGAN's generator"),
    };
    return all;
}
