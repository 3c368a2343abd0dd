// train: the first of the two published phases, SRResNet by mean squared error.
//
// It needs no special data set, because any folder of pictures is one. Each time a picture is read, a square of 96x96
// is cut out at a random place, mirrored and turned at random. A bicubic filter makes it 24x24, and the network has to
// undo that. It cannot do so exactly, because many different squares shrink to the same small one. The squared error is
// least for their mean, so such a network is right on average and too smooth everywhere. The second phase starts from
// it.
//
// The published recipe has batches of 16, Adam with a learning rate of 1e-4, and a million steps. That took days on a
// GPU. In an hour on one core, --width small --crops 16 --batch 4 --epochs 30 --learning-rate 1.5e-3 --cosine reaches
// 30.96 dB on Set5. Smaller batches make more steps of the same pictures, and the rate is fifteen times as high. It
// rises over the first steps and falls to 0 along half a cosine.
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
    // The range -1..1 is twice as wide as 0..1, so the squared error is four times as large.
    std::printf("best epoch %d: mean squared error %.6f on the validation pictures, %.2f dB\n", result.best_epoch,
                result.best_loss, depix::decibels(result.best_loss / 4));

    // float16 is precise enough to restore with, and halves the file.
    const std::string weights = (options.run / ("srresnet_" + to_string(options.width) + ".safetensors")).string();
    depix::save(model, weights, {.dtype = depix::DataType::F16});
    std::printf("weights: %s\n", weights.c_str());
    return 0;
}

}  // namespace example
