// train: minimises the mean squared error to the clean picture with Adam, at a learning rate that falls to 0 along half
// a cosine.
//
// The run's folder keeps the checkpoint, the loss curve and the weights. The same command continues a run that was
// stopped. The metadata of the weights names their architecture for `depix restore -m run/weights.safetensors`.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>

#include "../architecture.hpp"
#include "../commands.hpp"
#include "../pairs.hpp"
#include "depix/data/loader.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/plan/summary.hpp"
#include "depix/train/run.hpp"

namespace tool::inline DEPIX_TOOL_LEVEL {

template <class Network>
int train_network(const TrainOptions& options, const depix::TensorFile* start, depix::Initialisation initialisation) {
    constexpr depix::Scaling scale = depix::scale_after<Network>(depix::Scaling{});
    const TrainingPairs pairs = make_pairs(options, Network::in_channels, scale.up / scale.down);
    const depix::Loader training{pairs.training, {.batch_size = options.batch_size, .seed = options.seed}};
    const depix::Loader validation{pairs.validation, {.batch_size = options.batch_size, .shuffle = false}};

    depix::Model<Network> model(options.seed, initialisation);
    if (start != nullptr) depix::load(model, *start);
    depix::Trainer trainer{model, depix::MeanSquaredError{}, depix::Adam{.learning_rate = options.learning_rate},
                           depix::Cpu{}, options.threads};

    const depix::FitResult result = depix::train_in_folder(trainer, training, validation,
                                                           {.folder = options.run,
                                                            .name = options.architecture,
                                                            .epochs = options.epochs,
                                                            .checkpoint_every_steps = 200,
                                                            .progress = stderr});
    const std::string weights = (options.run / "weights.safetensors").string();
    const std::string side = std::to_string(options.crop);
    depix::save(model, weights,
                {.dtype = {},
                 .metadata = {{"architecture", options.architecture},
                              {"colours", Network::in_channels == 1 ? "grey" : "kept"},
                              {"trained_on", "squares of " + side + "x" + side + " pixels of the pictures in " +
                                                 (options.pairs / "x").parent_path().filename().string()}}});
    std::printf("best epoch %d: root of the mean squared error %.4f on the pictures kept aside\nweights: %s\n",
                result.best_epoch, std::sqrt(result.best_loss), weights.c_str());
    return 0;
}

}  // namespace tool::inline DEPIX_TOOL_LEVEL
