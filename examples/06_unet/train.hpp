// train: trains on any folder of pictures.
//
// It needs no special data set, because any folder of clean pictures is one. Each time a picture is read, a part of it
// is cut out at a random place, mirrored and turned at random, and damaged at random. So no pair is ever seen twice,
// and the network cannot memorise pictures. Background threads read ahead; only a few batches are in memory at any
// time.
//
// The published recipe (--recipe published) has pictures of 3x512x512, batches of 16, the mean squared error, Adam with
// a constant learning rate of 3e-3, and 20 epochs. The weights of the blocks are normal with variance 2 / fan-in (He et
// al. 2015), those of the other convolutions uniform (Glorot and Bengio 2010). That rate is high for a deep network
// without normalisation. depix's own recipe has a schedule: the rate rises over the first steps and falls to 0 along
// half a cosine.
#pragma once

#include <cmath>
#include <cstdio>

#include "commands.hpp"
#include "damages.hpp"
#include "depix/data/loader.hpp"
#include "depix/data/sources/image_source.hpp"
#include "depix/models/pixel_shuffle_unet.hpp"
#include "depix/train/run.hpp"

namespace example {

/// Keras initialises by Glorot what does not say otherwise: the convolutions before the pixel shuffles and the last
/// one.
template <class Network>
depix::Model<Network> initial_model(const TrainOptions& options) {
    depix::Model<Network> model(options.seed, depix::Initialisation::HeNormal);
    if (!options.glorot_outside) return model;
    depix::Random random(options.seed, 1, 0);
    for (const char* part : {"up.", "out."}) model.initialise_part(part, random, depix::Initialisation::GlorotUniform);
    return model;
}

template <int Filters, class Backend>
int train_unet(const TrainOptions& options) {
    const depix::Damage damage = training_damage(options.task, options.masks, options.noise);
    const depix::ImageSplit images = split_images(options.images);
    depix::ImageOptions cut{.shape = {3, options.size, options.size},
                            .enlarge = true,
                            .crops_per_image = static_cast<std::size_t>(options.crops),
                            .damage = damage,
                            .seed = 2 * options.seed};
    depix::ImageOptions fixed = cut;
    fixed.crops_per_image = 8;
    fixed.seed = 2 * options.seed + 1;
    fixed.redraw = depix::Redraw::Never;
    const depix::Keep keep = options.in_memory ? depix::Keep::InMemory : depix::Keep::OnDisk;
    const depix::Loader training{depix::AnyPairSource(depix::DamagedImageSource(images.train, cut, keep)),
                                 {.batch_size = options.batch_size, .seed = options.seed}};
    const depix::Loader validation{depix::AnyPairSource(depix::DamagedImageSource(images.validation, fixed, keep)),
                                   {.batch_size = options.batch_size, .shuffle = false}};

    using Network = depix::PixelShuffleUNet<Filters>;
    auto model = initial_model<Network>(options);
    depix::Trainer trainer{model, depix::MeanSquaredError{}, depix::Adam{.learning_rate = options.learning_rate},
                           Backend{}, options.threads};

    const depix::FitResult result = depix::train_in_folder(trainer, training, validation,
                                                           {.folder = options.run,
                                                            .name = "U-Net",
                                                            .epochs = options.epochs,
                                                            .cosine = !options.constant_rate,
                                                            .checkpoint_every_steps = 200});
    std::printf("best epoch %d: mean squared error %.6f on the validation pictures, %.2f dB\n", result.best_epoch,
                result.best_loss, -10 * std::log10(result.best_loss));

    // float16 is precise enough to restore with, and halves the file.
    const std::string weights = (options.run / (options.run.filename().string() + ".safetensors")).string();
    depix::save(trainer.model(), weights, {.dtype = depix::DataType::F16});
    std::printf("weights: %s\n", weights.c_str());
    return 0;
}

}  // namespace example
