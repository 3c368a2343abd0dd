// The networks of depix/models, at small widths: EACH_MODEL(F) calls F(NAME, type) for each that ncnn has layers for.
#pragma once

#include "depix/models/artcnn.hpp"
#include "depix/models/compact.hpp"
#include "depix/models/cunet.hpp"
#include "depix/models/de_gan.hpp"
#include "depix/models/de_gan_pytorch.hpp"
#include "depix/models/denoiser.hpp"
#include "depix/models/depixelizer.hpp"
#include "depix/models/dncnn.hpp"
#include "depix/models/documents_autoencoder.hpp"
#include "depix/models/drunet.hpp"
#include "depix/models/edsr.hpp"
#include "depix/models/enlarger.hpp"
#include "depix/models/ffdnet.hpp"
#include "depix/models/inpainter.hpp"
#include "depix/models/ircnn.hpp"
#include "depix/models/mlperf_tiny.hpp"
#include "depix/models/mobilenet_v2.hpp"
#include "depix/models/nafnet.hpp"
#include "depix/models/page_cleaner.hpp"
#include "depix/models/pixel_shuffle_unet.hpp"
#include "depix/models/rrdb.hpp"
#include "depix/models/rrdbnet.hpp"
#include "depix/models/span.hpp"
#include "depix/models/srgan_discriminator.hpp"
#include "depix/models/srresnet.hpp"
#include "depix/models/text_restorer.hpp"
#include "depix/models/upconv_7.hpp"
#include "depix/models/vgg19.hpp"

// clang-format off
#define EACH_MODEL(F)                                                                                                  \
    F(artcnn, ArtCNN<4, 4, 2>)                                                                                         \
    F(compact, Compact<8, 2>)                                                                                          \
    F(cunet, PaddedCUNet<4, 2>)                                                                                        \
    F(upcunet, PaddedUpCUNet<4, 2>)                                                                                    \
    F(de_gan, DeGanGenerator<2>)                                                                                       \
    F(de_gan_pytorch, DeGanPyTorchGenerator<2>)                                                                        \
    F(denoiser, Denoiser)                                                                                              \
    F(depixelizer, Depixelizer)                                                                                        \
    F(notebook_depixelizer, NotebookDepixelizer)                                                                       \
    F(dncnn, DnCNN<1, 4, 8>)                                                                                           \
    F(documents_autoencoder, DocumentsAutoencoder)                                                                     \
    F(drunet, DRUNet<3, 4, 1>)                                                                                         \
    F(edsr, EDSR<4, 4, 2, std::ratio<1, 10>>)                                                                          \
    F(enlarger, Enlarger<3, 4, 2>)                                                                                     \
    F(ffdnet, FFDNet<3, 4, 8>)                                                                                         \
    F(inpainter, Inpainter)                                                                                            \
    F(ircnn, IRCNN<1, 4>)                                                                                              \
    F(page_cleaner, PageCleaner)                                                                                       \
    F(patch_discriminator, PatchDiscriminator<2>)                                                                      \
    F(pixel_shuffle_unet, PixelShuffleUNet<4, 3, 2>)                                                                   \
    F(rcan, RCAN<2, 8, 2, 2, 4>)                                                                                       \
    F(rrdb, RRDB<2, 1>)                                                                                                \
    F(rrdbnet, RRDBNet<4, 2, 1>)                                                                                       \
    F(unshuffled_rrdbnet, UnshuffledRRDBNet<2, 4, 2, 1>)                                                               \
    F(span, SPAN<4, 4>)                                                                                                \
    F(srresnet, SRResNet<4, 1>)                                                                                        \
    F(text_restorer, TextRestorer)                                                                                     \
    F(tiny_keywords, TinyKeywords)                                                                                     \
    F(tiny_resnet, TinyResNet)                                                                                         \
    F(upconv_7, PaddedUpConv7)                                                                                         \
    F(vgg19, Vgg22)
// clang-format on
