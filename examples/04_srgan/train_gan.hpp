// train-gan: the second published phase. A discriminator learns to tell the generator's pictures from photographs. The
// generator learns to make pictures that the discriminator takes for photographs.
//
// The squared error of the first phase asks for the mean of all possible pictures, and the mean of many textures is not
// a texture. Here the loss does not ask for the right pixels. It compares the features that VGG19, a network that was
// trained to recognise things, finds in the two pictures. The discriminator says whether it recognises that the picture
// comes from a generator. Pictures become sharper and less right. PSNR falls, and this is intended.
//
// VGG19's weights are other authors'; `--vgg` says where they are. Torchvision's weights and those that come from the
// authors (Caffe, Keras) need pictures prepared in different ways: see depix/models/vgg19.hpp.
#pragma once

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

#include "checks.hpp"
#include "commands.hpp"
#include "depix/data/loader.hpp"
#include "depix/image/contact_sheet.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/metrics/fidelity.hpp"
#include "depix/train/adversarial_fit.hpp"
#include "pairs.hpp"
#include "recipes.hpp"

namespace example {

/// Writes a sheet of some pairs: enlarged by bicubic | by the generator | true.
template <class Generator, class Backend>
void write_samples(const std::filesystem::path& path, const depix::Inference<Generator, Backend>& network,
                   const depix::SuperResolutionSource& pairs) {
    std::vector<std::vector<depix::Image>> rows;
    for (std::size_t i = 0; i < std::min<std::size_t>(pairs.size(), 8); ++i) {
        const auto [low, high] = pairs.pair(0, i);
        const depix::Image made =
            depix::from_range(network(depix::to_range(low, depix::low_resolution_range)), output_range<Generator>);
        rows.push_back(
            {depix::quantized(depix::resize(low, high.shape.height, high.shape.width)), depix::quantized(made), high});
    }
    depix::write_image(path.string(), depix::contact_sheet(rows));
}

/// Throws depix::Error for what a recipe cannot be trained on. Returns the large pictures' height and width.
template <class Recipe>
std::pair<int, int> check_gan(const TrainGanOptions& options) {
    if (options.channels != 3)
        throw depix::Error("--channels " + std::to_string(options.channels) +
                           ": the second phase needs 3, because VGG19 looks at RGB pictures");
    const std::pair<int, int> size = check_size(options.high != 0 ? options.high : Recipe::high, options.height,
                                                options.width, 16, "the discriminator halves them four times");
    if (Recipe::only_high && size != std::pair{Recipe::high, Recipe::high})
        throw depix::Error("--recipe " + to_string(options.recipe) + ": its discriminator takes squares of " +
                           std::to_string(Recipe::high) + " pixels only, not " + std::to_string(size.first) + "x" +
                           std::to_string(size.second));
    check_betas(options.beta1 < 0 ? 0 : options.beta1, options.beta2 < 0 ? 0 : options.beta2);
    check_counts({{"--crops", options.crops}}, 1);
    check_counts({{"--epochs", options.epochs},
                  {"--batch", options.batch_size},
                  {"--sample-every", options.sample_every},
                  {"--checkpoint-interval", options.checkpoint_interval}},
                 0);
    return size;
}

template <class Recipe, class Generator, class Backend>
int train_gan_by(const TrainGanOptions& options) {
    using Features = typename Recipe::Features;
    constexpr depix::ValueRange range = output_range<Generator>;
    const auto [height, width] = check_gan<Recipe>(options);

    depix::Model<Generator> generator(options.seed);
    depix::load(generator, options.start.string());
    depix::Model<typename Recipe::Discriminator> discriminator(options.seed + 1);
    depix::Model<Features> vgg;
    depix::load(vgg, options.vgg.string(), {.name_map = depix::vgg19_part<Features>});
    const depix::ChannelMap input = options.torchvision ? depix::VggInput::torchvision : depix::VggInput::caffe;

    depix::Adam adam = Recipe::adam;
    if (options.learning_rate > 0) adam.learning_rate = options.learning_rate;
    if (options.beta1 >= 0) adam.beta1 = options.beta1;
    if (options.beta2 >= 0) adam.beta2 = options.beta2;
    depix::Adam discriminator_adam = adam;
    discriminator_adam.learning_rate *=
        options.discriminator_rate > 0 ? options.discriminator_rate : Recipe::discriminator_rate;
    depix::AdversarialTrainer trainer{
        generator,
        discriminator,
        depix::SumOfLosses{depix::Weighted{depix::FeatureLoss<Features, typename Recipe::FeatureDistance, Backend>(
                                               vgg, input.for_range(range.black, range.white), options.threads),
                                           1.0},
                           depix::Weighted{depix::MeanSquaredError{},
                                           options.pixel_weight >= 0 ? options.pixel_weight : Recipe::pixel_weight}},
        typename Recipe::Adversarial{},
        adam,
        discriminator_adam,
        {.content_weight = 1,
         .adversarial_weight = options.adversarial_weight > 0 ? options.adversarial_weight : Recipe::adversarial_weight,
         .real_label = options.real_label,
         .average_decay = options.average_decay},
        Backend{},
        options.threads};

    const auto pairs = make_pairs(options.images,
                                  {.high = height,
                                   .high_width = width,
                                   .target_range = range,
                                   .enlarge = true,
                                   .crops_per_image = static_cast<std::size_t>(options.crops),
                                   .seed = options.seed},
                                  options.in_memory);
    const int batch_size = options.batch_size > 0 ? options.batch_size : Recipe::batch_size;
    const depix::Loader training{depix::AnyPairSource(pairs.training),
                                 {.batch_size = batch_size, .seed = options.seed}};
    const depix::Loader validation{depix::AnyPairSource(pairs.validation),
                                   {.batch_size = batch_size, .shuffle = false}};

    std::filesystem::create_directories(options.run / "samples");
    const int epochs = options.epochs > 0 ? options.epochs : Recipe::epochs;
    const auto now = [&] {
        return depix::Inference<Generator, Backend>(trainer.average() ? *trainer.average() : trainer.generator(),
                                                    options.threads);
    };
    depix::AdversarialFitOptions fitting{.epochs = epochs};
    fitting.checkpoint = (options.run / "checkpoint.safetensors").string();
    fitting.checkpoint_every_steps = static_cast<std::size_t>(options.checkpoint_interval);
    fitting.history_csv = (options.run / "history.csv").string();
    fitting.schedule = Recipe::schedule(adam.learning_rate, static_cast<std::int64_t>(training.steps()) * epochs);
    fitting.sample_every_steps = options.sample_every;
    fitting.sample = [&](std::int64_t step) {
        write_samples(options.run / "samples" / (std::to_string(step) + ".png"), now(), pairs.validation);
    };
    // PSNR on the held-out pictures, for pictures in 0..1. The range -1..1 is twice as wide, so the squared error is
    // four times as large.
    fitting.score = [&] {
        const double white = range.white - range.black;
        return depix::decibels(depix::mean_loss(now(), depix::MeanSquaredError{}, validation) / (white * white));
    };

    std::printf("before: %.2f dB on the validation pictures\n", fitting.score());
    depix::fit(trainer, training, fitting, [](const depix::AdversarialEpochReport& report) {
        const depix::AdversarialRecord& r = report.record;
        std::printf(
            "epoch %3d/%d  discriminator %.4f real, %.4f fake   generator %.4f content, %.4f adversarial   "
            "%.2f dB   %.1f pictures/s\n",
            r.epoch, report.epochs, r.discriminator_real, r.discriminator_fake, r.content, r.adversarial, r.score,
            r.images_per_second);
        std::fflush(stdout);
    });

    const std::string weights = (options.run / (options.run.filename().string() + ".safetensors")).string();
    depix::save(trainer.average() ? *trainer.average() : trainer.generator(), weights, {.dtype = depix::DataType::F16});
    std::printf("weights: %s\n", weights.c_str());
    return 0;
}

}  // namespace example
