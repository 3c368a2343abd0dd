#include "../architecture.hpp"

std::vector<tool::Architecture> tool::all_architectures() {
    return {denoiser(),      unet_16(),    unet_32(),          srresnet_small(),
            page_cleaner(),  de_gan_8(),   de_gan_pytorch_8(), documents_autoencoder(),
            text_restorer(), depixelizer()};
}
