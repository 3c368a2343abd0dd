// The drawings of the networks. They are all in this file, because what turns a network into a drawing is then compiled
// once and not for each architecture.
#include "drawings.hpp"

#include <string>
#include <utility>

#include "depix/models/binarizer.hpp"
#include "depix/models/compact.hpp"
#include "depix/models/de_gan.hpp"
#include "depix/models/de_gan_pytorch.hpp"
#include "depix/models/denoiser.hpp"
#include "depix/models/depixelizer.hpp"
#include "depix/models/dncnn.hpp"
#include "depix/models/documents_autoencoder.hpp"
#include "depix/models/drunet.hpp"
#include "depix/models/enlarger.hpp"
#include "depix/models/ffdnet.hpp"
#include "depix/models/inpainter.hpp"
#include "depix/models/page_cleaner.hpp"
#include "depix/models/pixel_shuffle_unet.hpp"
#include "depix/models/rrdb.hpp"
#include "depix/models/rrdbnet.hpp"
#include "depix/models/span.hpp"
#include "depix/models/srresnet.hpp"
#include "depix/models/text_restorer.hpp"
#include "depix/models/upconv_7.hpp"
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
        drawing<depix::Enlarger<4>>("enlarger", "Enlarger"),
        drawing<depix::Inpainter>("inpainter", "Inpainter"),
        drawing<depix::PixelShuffleUNet<16>>("unet_16", "Pixel-shuffle U-Net, 16 filters"),
        drawing<depix::PixelShuffleUNet<32>>("unet_32", "Pixel-shuffle U-Net, 32 filters"),
        drawing<depix::SRResNet<32, 4>>("srresnet_small", "SRResNet, 32 channels and 4 blocks"),
        drawing<depix::PageCleaner>("page_cleaner", "Page cleaner"),
        drawing<depix::Binarizer>("binarizer", "Binarizer"),
        drawing<depix::DeGanGenerator<8>>("de_gan_8", "DE-GAN's generator, 8 filters"),
        drawing<depix::DeGanPyTorchGenerator<8>>("de_gan_pytorch_8", "DE-GAN's generator in PyTorch, 8 filters"),
        drawing<depix::DocumentsAutoencoder>("documents_autoencoder", "Documents autoencoder"),
        drawing<depix::TextRestorer>("text_restorer", "Text restorer"),
        drawing<depix::Depixelizer>("depixelizer", "Depixelizer"),
        drawing<depix::Compact<64, 16, 4>>("compact_16_x4", "Compact, 16 convolutions"),
        drawing<depix::Compact<64, 16, 2>>("compact_16_x2", "Compact, 16 convolutions, x2"),
        drawing<depix::PaddedUpConv7>("upconv_7", "upconv_7"),
#ifdef DEPIX_TOOL_ALL_NETWORKS
        drawing<depix::Compact<64, 16, 1>>("compact_16_x1", "Compact, 16 convolutions, x1"),
        drawing<depix::Compact<64, 32, 4>>("compact_32_x4", "Compact, 32 convolutions"),
        drawing<depix::Compact<64, 32, 2>>("compact_32_x2", "Compact, 32 convolutions, x2"),
        drawing<depix::RRDBNet<64, 32, 23>>("rrdbnet_23_x4", "RRDBNet, 23 blocks"),
        drawing<depix::UnshuffledRRDBNet<2, 64, 32, 23>>("rrdbnet_23_x2", "RRDBNet, 23 blocks, x2"),
        drawing<depix::RRDBNet<64, 32, 6>>("rrdbnet_6_x4", "RRDBNet, 6 blocks"),
        drawing<depix::SPAN<4, 48>>("span_48_x4", "SPAN, 48 channels"),
        drawing<depix::SPAN<2, 48>>("span_48_x2", "SPAN, 48 channels, x2"),
        drawing<depix::DnCNN<1, 17, 64>>("dncnn_17_grey", "DnCNN, 17 convolutions"),
        drawing<depix::DnCNN<3, 20, 64>>("dncnn_20_color", "DnCNN, 20 convolutions"),
        drawing<depix::DnCNN<1, 20, 64>>("dncnn_20_grey", "DnCNN, 20 convolutions, grey"),
        drawing<depix::FFDNet<3, 12, 96>>("ffdnet_color", "FFDNet"),
        drawing<depix::FFDNet<1, 15, 64>>("ffdnet_grey", "FFDNet, grey"),
        drawing<depix::DRUNet<3, 64, 4>>("drunet_color", "DRUNet"),
        drawing<depix::DRUNet<1, 64, 4>>("drunet_grey", "DRUNet, grey"),
#endif
        // As published. The tool has no weights of these.
        drawing<depix::DeGanGenerator<>>("de_gan", "DE-GAN's generator"),
        drawing<depix::DeGanPyTorchGenerator<>>("de_gan_pytorch", "DE-GAN's generator in PyTorch"),
        drawing<depix::SRResNet<>>("srresnet", "SRResNet"),
        drawing<depix::RRDB<>>("rrdb", "RRDB, ESRGAN's generator"),
    };
    return all;
}
