// train: trains a generator and a discriminator against each other.
//
// The generator is a U-Net that makes a clean page from a degraded one. Cross-entropy measures its error pixel by
// pixel. But a page that is slightly grey everywhere has a small error and is unreadable. So there is a second term.
// The discriminator sees pairs, a degraded page and a clean one, and learns to say which clean ones are real and which
// the generator made. The generator's loss is 100 times the cross-entropy plus a term that says how surely the
// discriminator recognises its pages.
//
// The published recipe has patches of 256x256, least squares on the discriminator's map of 16x16 patches, and Adam with
// a learning rate of 2e-4 (another of the authors' programs has 1e-4). The discriminator sees a real pair and then a
// generated one.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "commands.hpp"
#include "depix/data/loader.hpp"
#include "depix/image/contact_sheet.hpp"
#include "depix/metrics/fidelity.hpp"
#include "depix/models/de_gan.hpp"
#include "depix/restore/blended_tiles.hpp"
#include "depix/train/adversarial_fit.hpp"
#include "depix/train/schedule.hpp"

namespace example {

/// Makes one of the last two channels stand for paper, the other for ink.
///
/// Both come out of a ReLU, so neither is ever below 0. If both happen to start with a positive weight, the page cannot
/// be darker than the last bias alone makes it. That bias moves by no more than the learning rate a step, so after
/// thousands of steps ink is still grey. With one positive and one negative weight the network has both from the start.
template <class Generator>
void let_a_channel_mean_ink(depix::Model<Generator>& generator) {
    for (const auto& tensor : generator.tensors())
        if (tensor.name == "conv10.weight") {
            tensor.values[0] = std::abs(tensor.values[0]);
            tensor.values[1] = -std::abs(tensor.values[1]);
        }
}

/// DiscriminatorFilters is published as 64, like Filters. A small generator does not need so strong a discriminator.
template <int Filters, int DiscriminatorFilters, class Backend>
int train_de_gan(const TrainOptions& options) {
    using Generator = depix::DeGanGenerator<Filters>;
    using Discriminator = depix::DeGanDiscriminator<DiscriminatorFilters>;

    const std::vector<PagePair> pages =
        options.pages.empty() ? std::vector<PagePair>{} : read_pages(options.pages, options.only);
    const depix::Loader training{training_patches(options.task, pages, options.drawn, options.seed),
                                 {.batch_size = options.batch_size, .seed = options.seed}};
    // Held-out drawn patches show the progress. The result that counts is that of `evaluate`, on real pages.
    const depix::AnyPairSource held_out =
        draw_patches(options.task, 64, 256, 2 * options.seed + 1, depix::Redraw::Never);
    const depix::Loader validation{held_out, {.batch_size = options.batch_size, .shuffle = false}};

    depix::Model<Generator> generator(options.seed, depix::Initialisation::HeNormal);
    let_a_channel_mean_ink(generator);
    if (!options.start.empty()) depix::load(generator, options.start.string());
    depix::Model<Discriminator> discriminator(options.seed + 1);
    const depix::Adam adam{.learning_rate = options.learning_rate};
    depix::AdversarialTrainer trainer{generator,
                                      discriminator,
                                      depix::BinaryCrossEntropy{},
                                      depix::MeanSquaredError{},
                                      adam,
                                      adam,
                                      {.content_weight = 100,
                                       .adversarial_weight = 1,
                                       .update = depix::DiscriminatorUpdate::InTurn,
                                       .average_decay = options.average_decay},
                                      Backend{},
                                      options.threads};

    std::filesystem::create_directories(options.run / "samples");
    const auto current = [&] {
        return depix::Inference<Generator, Backend>(trainer.average() ? *trainer.average() : trainer.generator(),
                                                    options.threads);
    };
    depix::AdversarialFitOptions fitting{.epochs = options.epochs};
    fitting.checkpoint = (options.run / "checkpoint.safetensors").string();
    fitting.checkpoint_every_steps = 100;
    fitting.history_csv = (options.run / "history.csv").string();
    if (options.cosine)
        fitting.schedule = depix::WarmUpCosine{
            .learning_rate = options.learning_rate,
            .steps = static_cast<std::int64_t>(training.steps()) * options.epochs,
        };
    fitting.sample_every_steps = options.sample_every;
    fitting.sample = [&](std::int64_t step) {
        const auto network = current();
        std::vector<std::vector<depix::Image>> rows;
        for (std::size_t i = 0; i < 6; ++i) {
            depix::Image degraded(held_out.input_shape()), clean(held_out.target_shape());
            held_out.pair(0, i, degraded.view(), clean.view());
            rows.push_back({degraded, network(degraded), clean});
        }
        depix::write_image((options.run / "samples" / (std::to_string(step) + ".png")).string(),
                           depix::contact_sheet(rows));
    };
    fitting.score = [&] { return depix::decibels(depix::mean_loss(current(), depix::MeanSquaredError{}, validation)); };

    depix::fit(trainer, training, fitting, [](const depix::AdversarialEpochReport& report) {
        const depix::AdversarialRecord& r = report.record;
        std::printf(
            "epoch %3d/%d  discriminator %.4f real, %.4f painted   generator %.5f cross-entropy, %.4f "
            "adversarial   %.2f dB on held-out drawn patches   %.1f/s\n",
            r.epoch, report.epochs, r.discriminator_real, r.discriminator_fake, r.content, r.adversarial, r.score,
            r.images_per_second);
        std::fflush(stdout);
    });

    // float16 is precise enough to restore with, and halves the file.
    const std::string weights = (options.run / (options.run.filename().string() + ".safetensors")).string();
    depix::save(trainer.average() ? *trainer.average() : trainer.generator(), weights, {.dtype = depix::DataType::F16});
    std::printf("weights: %s\n", weights.c_str());
    return 0;
}

}  // namespace example
