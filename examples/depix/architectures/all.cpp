#include <utility>

#include "../architecture.hpp"

std::vector<tool::Architecture> tool::all_architectures() {
#ifdef DEPIX_TOOL_ONLY
    return {DEPIX_TOOL_ONLY()};
#else
    std::vector<Architecture> all{denoiser(),       enlarger(),         inpainter(),
                                  srresnet_small(), page_cleaner(),     binarizer(),
                                  de_gan_8(),       de_gan_pytorch_8(), documents_autoencoder(),
                                  text_restorer(),  depixelizer()};
#ifdef DEPIX_TOOL_ALL_NETWORKS
    all.push_back(unet_16());
    all.push_back(unet_32());
    const auto families = {&compact, &compact_32, &rrdbnet, &span, &denoising, &upconv_7};
#else
    const auto families = {&compact, &upconv_7};
#endif
    for (const auto family : families)
        for (Architecture& network : family()) all.push_back(std::move(network));
    return all;
#endif
}
