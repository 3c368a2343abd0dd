// train: the first of the two published phases, a generator by mean squared error.
//
// It needs no special data set, because any folder of pictures is one. Each time a picture is read, a square of 96x96
// is cut out at a random place, mirrored and turned at random. A bicubic filter makes it 24x24, and the network has to
// undo that. It cannot do so exactly, because many different squares shrink to the same small one. The squared error is
// least for their mean, so such a network is right on average and too smooth everywhere. The second phase starts from
// it.
//
// SRGAN's published recipe has batches of 16, Adam with a learning rate of 1e-4, and a million steps. That took days on
// a GPU. In an hour on one core, --width small --crops 16 --batch 4 --epochs 30 --learning-rate 1.5e-3 --cosine reaches
// 30.96 dB on Set5. Smaller batches make more steps of the same pictures, and the rate is fifteen times as high. It
// rises over the first steps and falls to 0 along half a cosine.
#pragma once

#include <cstdio>

#include "checks.hpp"
#include "commands.hpp"
#include "depix/data/loader.hpp"
#include "depix/train/run.hpp"
#include "pairs.hpp"

namespace example {

template <class Generator, class Backend>
int train_generator(const TrainOptions& options) {
    const auto [height, width] =
        check_size(options.high, options.height, options.width, 4, "the small ones have a quarter of them");
    check_betas(options.beta1, options.beta2);
    check_counts({{"--crops", options.crops}, {"--epochs", options.epochs}, {"--batch", options.batch_size}}, 1);
    check_counts({{"--checkpoint-interval", options.checkpoint_interval}}, 0);
    constexpr depix::ValueRange range = output_range<Generator>;

    // The trainer comes first, because on a machine without a GPU it refuses --device cuda.
    depix::Model<Generator> model(options.seed);
    depix::Trainer trainer{
        model, depix::MeanSquaredError{},
        depix::Adam{.learning_rate = options.learning_rate, .beta1 = options.beta1, .beta2 = options.beta2}, Backend{},
        options.threads};

    const auto [trained, held_out] = make_pairs(options.images,
                                                {.high = height,
                                                 .high_width = width,
                                                 .channels = options.generator.channels,
                                                 .target_range = range,
                                                 .enlarge = options.enlarge,
                                                 .crops_per_image = static_cast<std::size_t>(options.crops),
                                                 .seed = options.seed},
                                                options.in_memory);
    const depix::Loader training{depix::AnyPairSource(trained),
                                 {.batch_size = options.batch_size, .seed = options.seed}};
    const depix::Loader validation{depix::AnyPairSource(held_out),
                                   {.batch_size = options.batch_size, .shuffle = false}};

    const std::string name = to_string(options.generator);
    const depix::FitResult result =
        depix::train_in_folder(trainer, training, validation,
                               {.folder = options.run,
                                .name = name,
                                .epochs = options.epochs,
                                .cosine = options.cosine,
                                .checkpoint_every_steps = static_cast<std::size_t>(options.checkpoint_interval)});
    // Decibels are stated for pictures in 0..1. The range -1..1 is twice as wide, so the squared error is four times as
    // large.
    const double white = range.white - range.black;
    std::printf("best epoch %d: mean squared error %.6f on the validation pictures, %.2f dB\n", result.best_epoch,
                result.best_loss, depix::decibels(result.best_loss / (white * white)));

    // float16 is precise enough to restore with, and halves the file.
    const std::string weights = (options.run / (name + ".safetensors")).string();
    depix::save(trainer.model(), weights, {.dtype = depix::DataType::F16});
    std::printf("weights: %s\n", weights.c_str());
    return 0;
}

}  // namespace example
