// train: finds the values of a network's parameters.
//
// Training is a loop of four lines: take a batch of pairs, let the network restore the pixelated halves, measure how
// far the results are from the clean halves (the loss, here the mean squared difference), and move every parameter a
// little in the direction that lowers the loss. The gradient says which direction that is, and Adam how far to go.
//
// Three sets are kept apart. The network is trained on the training pairs. After each epoch (one pass over them) the
// validation pairs show whether it still gets better on pictures that it was not trained on. When it has not become
// better for ten epochs, training stops, and the best weights so far are kept. The test pairs are used only once, by
// `evaluate`.
//
// The published recipe draws 20,000 pairs once and splits them 18,000 / 1,200 / 800. Since a program draws the pairs,
// it need not train on the same ones again. Without --dataset every epoch gets 18,000 new pairs, so that the network
// cannot memorise them.
//
// Everything is kept in the run's folder: best weights, loss curve, and a checkpoint. You may stop the program at any
// time. Started again with the same arguments, it continues, and ends with the same bits as if it had never been
// stopped.
#pragma once

#include <cmath>
#include <cstdio>

#include "commands.hpp"
#include "depix/data/loader.hpp"
#include "depix/train/run.hpp"
#include "pairs.hpp"

namespace example {

/// Throws what choose_pairs, load and train_in_folder throw.
template <class Network, class Backend>
int train_on(const Backend& backend, const TrainOptions& options, depix::Initialisation initialisation) {
    const Pairs pairs = choose_pairs(options);
    // Under mpirun each rank makes and trains on its share of every batch (train_mpi.cpp).
    depix::BatchShare share;
    if constexpr (requires { backend.share(); }) share = backend.share();
    const depix::Loader training{pairs.training,
                                 {.batch_size = options.batch_size, .seed = options.seed, .share = share}};
    const depix::Loader validation{pairs.validation,
                                   {.batch_size = options.batch_size, .shuffle = false, .share = share}};

    depix::Model<Network> model(options.seed, initialisation);
    if (!options.start.empty()) load(model, options.start.string());
    depix::Trainer trainer{model, depix::MeanSquaredError{}, depix::Adam{.learning_rate = options.learning_rate},
                           backend, options.threads};

    const std::filesystem::path weights = options.run / (options.network + ".safetensors");
    const depix::FitResult result = depix::train_in_folder(trainer, training, validation,
                                                           {.folder = options.run,
                                                            .name = options.network,
                                                            .best_weights = weights,
                                                            .epochs = options.epochs,
                                                            .patience = options.patience,
                                                            .cosine = options.cosine,
                                                            .progress = share.rank == 0 ? stdout : nullptr});
    if (share.rank != 0) return 0;
    std::printf("best epoch %d: mean squared error %.6f on the validation pairs, %.2f dB\n", result.best_epoch,
                result.best_loss, -10 * std::log10(result.best_loss));
    std::printf("weights: %s\n", weights.string().c_str());
    return 0;
}

template <class Network, class Backend>
int train_network(const TrainOptions& options, depix::Initialisation initialisation) {
    return train_on<Network>(Backend{}, options, initialisation);
}

}  // namespace example
