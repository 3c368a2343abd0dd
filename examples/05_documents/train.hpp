// train: trains a network to tell ink from dirt.
//
// The recipe is the published one: whole pages, all resized to 420x540, 64 epochs of batches of 16, Adam with a
// learning rate of 1e-3, and the mean squared difference to the clean page as the loss. Two flags go beyond it. --crop
// trains on squares cut from the pages at random places, in their full resolution. This gives many more different
// pictures, and no letter is ever squeezed. --cosine lets the learning rate fall to 0 in the end, which costs nothing
// and gains much.
//
// The set holds every page four times, with four kinds of dirt. If it were split by *picture*, the test set would hold
// pages whose clean twins the network was trained on. So it is split by *page*.
#pragma once

#include <cmath>
#include <cstdio>

#include "commands.hpp"
#include "depix/data/loader.hpp"
#include "depix/data/sources/documents.hpp"
#include "depix/train/run.hpp"

namespace example {

template <class Network>
int train_network(const TrainOptions& options, depix::Initialisation initialisation) {
    const depix::PairSplit pages = depix::split_by_page(depix::document_pairs(options.documents));
    depix::PageOptions cut{.seed = options.seed};
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

    depix::Model<Network> model(options.seed, initialisation);
    depix::Trainer trainer{model, depix::MeanSquaredError{}, depix::Adam{.learning_rate = options.learning_rate},
                           depix::Cpu{}, options.threads};

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
