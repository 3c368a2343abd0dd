// train: the first of the two published phases, SRResNet by mean squared error.
//
// There is no data set: a folder of pictures is one. Each time a picture is read, a square of 96x96 is cut out at a
// random place, mirrored and turned at random; a bicubic filter makes it 24x24, and the network has to find the way
// back. It cannot: many different squares shrink to the same small one. The squared error is least for their mean,
// which is why such a network is right on average and too smooth everywhere. It is where the second phase starts from.
//
// The published recipe: batches of 16, Adam with a learning rate of 1e-4, a million steps. That took days on a GPU. In
// an hour of one core, --width small --crops 16 --batch 4 --epochs 30 --learning-rate 1.5e-3 --cosine reaches 30.96 dB
// on Set5: smaller batches make more steps of the same pictures, and the rate is fifteen times as high, up over the
// first steps and down to nothing along half a cosine.
#pragma once

#include <cstdio>

#include "commands.hpp"
#include "depix/data/loader.hpp"
#include "depix/train/run.hpp"
#include "generators.hpp"
#include "pairs.hpp"

namespace example {

template <class Generator>
int train_generator(const TrainOptions& options) {
    const auto [trained, held_out] = make_pairs(options.images,
                                                {.high = options.high,
                                                 .enlarge = options.enlarge,
                                                 .crops_per_image = static_cast<std::size_t>(options.crops),
                                                 .seed = options.seed},
                                                options.in_memory);
    const depix::Loader training{depix::AnyPairSource(trained),
                                 {.batch_size = options.batch_size, .seed = options.seed}};
    const depix::Loader validation{depix::AnyPairSource(held_out),
                                   {.batch_size = options.batch_size, .shuffle = false}};

    depix::Model<Generator> model(options.seed);
    depix::Trainer trainer{model, depix::MeanSquaredError{}, depix::Adam{.learning_rate = options.learning_rate},
                           depix::Cpu{}, options.threads};

    const depix::FitResult result = depix::train_in_folder(trainer, training, validation,
                                                           {.folder = options.run,
                                                            .name = "SRResNet",
                                                            .epochs = options.epochs,
                                                            .cosine = options.cosine,
                                                            .checkpoint_every_steps = 200});
    // From -1 to 1 is twice as far as from 0 to 1, and its square four times.
    std::printf("best epoch %d: mean squared error %.6f on the validation pictures, %.2f dB\n", result.best_epoch,
                result.best_loss, depix::decibels(result.best_loss / 4));

    // Half the digits are enough to restore with, and half the file.
    const std::string weights = (options.run / ("srresnet_" + to_string(options.width) + ".safetensors")).string();
    depix::save(model, weights, {.dtype = depix::DataType::F16});
    std::printf("weights: %s\n", weights.c_str());
    return 0;
}

}  // namespace example
