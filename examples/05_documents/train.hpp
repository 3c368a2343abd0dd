// train: trains a network to tell ink from dirt.
//
// The recipe is that of github.com/Sarthak-22/Convolutional_AutoEncoders_for_Denoising_Images: whole pages, all resized
// to 420x540, batches of 16, Adam with a learning rate of 1e-3, and the mean squared difference to the clean page as
// the loss. Its first version trained for 64 epochs, as here; the last one trains for 100. It resizes with
// torchvision's Resize, which is PIL's bilinear interpolation, and so does --resize bilinear. (There the resized pages
// are floats, here they are rounded to 8 bits.) --resize bicubic is sharper.
//
// Two flags go beyond it. --crop trains on squares cut from the pages at random places, in their full resolution. This
// gives many more different pictures, and no letter is ever squeezed. --cosine lets the learning rate fall to 0 in the
// end, which costs nothing and gains much.
//
// The set holds every page four times, with four kinds of dirt. If it were split by *picture*, the test set would hold
// pages whose clean twins the network was trained on. So it is split by *page*.
#pragma once

#include <cmath>
#include <cstdio>
#include <string>

#include "commands.hpp"
#include "depix/data/loader.hpp"
#include "depix/data/sources/documents.hpp"
#include "depix/models/documents_autoencoder.hpp"
#include "depix/models/page_cleaner.hpp"
#include "depix/train/run.hpp"

namespace example {

/// The resampling of --resize. Throws depix::Error for another word.
inline depix::Resampling resampling(const std::string& name) {
    if (name == "bilinear") return depix::Resampling::Bilinear;
    if (name == "bicubic") return depix::Resampling::Bicubic;
    throw depix::Error("--resize " + name + ": pages are resized by bilinear or bicubic interpolation");
}

/// The weights that a network starts from.
template <class Network>
inline constexpr depix::Initialisation initialisation = depix::Initialisation::PyTorch;
template <>
inline constexpr depix::Initialisation initialisation<depix::PageCleaner> = depix::Initialisation::HeNormal;

template <class Network, class Backend>
int train_network(const TrainOptions& options) {
    depix::PageOptions cut{.resampling = resampling(options.resize), .seed = options.seed};
    // The trainer comes first, because on a machine without a GPU it refuses --device cuda.
    depix::Model<Network> model(options.seed, initialisation<Network>);
    depix::Trainer trainer{model, depix::MeanSquaredError{}, depix::Adam{.learning_rate = options.learning_rate},
                           Backend{}, options.threads};

    const depix::PairSplit pages = depix::split_by_page(depix::document_pairs(options.documents));
    if (options.crop > 0) {
        cut.shape = {1, options.crop, options.crop};
        cut.fit = depix::PageFit::Crop;
        cut.crops = static_cast<std::size_t>(options.crops);
    }
    depix::PageOptions fixed = cut;
    fixed.redraw = depix::Redraw::Never;
    fixed.crops = 4;
    const depix::Loader training{depix::AnyPairSource(depix::PageSource(pages.train, cut)),
                                 {.batch_size = options.batch_size, .seed = options.seed, .keep_partial = true}};
    const depix::Loader validation{depix::AnyPairSource(depix::PageSource(pages.validation, fixed)),
                                   {.batch_size = options.batch_size, .shuffle = false}};

    const std::filesystem::path weights = options.run / (options.network + ".safetensors");
    const depix::FitResult result = depix::train_in_folder(trainer, training, validation,
                                                           {.folder = options.run,
                                                            .name = options.network,
                                                            .best_weights = weights,
                                                            .epochs = options.epochs,
                                                            .cosine = options.cosine});
    std::printf("best epoch %d: root of the mean squared error %.4f on the validation pages\nweights: %s\n",
                result.best_epoch, std::sqrt(result.best_loss), weights.string().c_str());
    return 0;
}

}  // namespace example
