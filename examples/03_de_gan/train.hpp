// train: trains a generator and a discriminator against each other.
//
// The generator is a U-Net that makes a clean page from a degraded one. The content loss measures its error pixel by
// pixel. But a page that is slightly grey everywhere has a small error and is unreadable. So there is a second term.
// The discriminator sees pairs, a degraded page and a clean one, and learns to say which clean ones are real and which
// the generator made. The generator's loss is the content loss times a weight, plus a term that says how surely the
// discriminator recognises its pages. recipes.hpp has the numbers of both recipes.
#pragma once

#include <algorithm>
#include <cstdio>
#include <type_traits>

#include "commands.hpp"
#include "depix/data/loader.hpp"
#include "depix/image/contact_sheet.hpp"
#include "depix/metrics/fidelity.hpp"
#include "depix/restore/blended_tiles.hpp"
#include "depix/train/adversarial_fit.hpp"
#include "depix/train/schedule.hpp"
#include "networks_of.hpp"

namespace example {

/// Trains with losses of these types.
template <class Networks, class Content, class Adversarial, class Backend>
int train_with_losses(const Backend& backend, const TrainOptions& options, const Settings& settings) {
    using Generator = typename Networks::Generator;
    // Under mpirun each rank makes and trains on its share of every batch (train_mpi.cpp), and rank 0 restores samples.
    depix::BatchShare share;
    if constexpr (requires { backend.share(); }) share = backend.share();
    using InferenceBackend = std::conditional_t < requires(const Backend& b) { b.share(); }
    , depix::Cpu, Backend > ;
    const DrawnKind kind{options.task, settings.blur};

    const std::vector<PagePair> pages =
        options.pages.empty() ? std::vector<PagePair>{} : read_pages(options.pages, options.only);
    const depix::Loader training{depix::PairsInRange(training_patches(pages, {.kind = kind,
                                                                              .whole_pages = settings.whole_pages,
                                                                              .drawn = settings.drawn,
                                                                              .seed = options.seed}),
                                                     Networks::range),
                                 {.batch_size = settings.batch_size, .seed = options.seed, .share = share}};
    // Held-out drawn patches show the progress. The result that counts is that of `evaluate`, on real pages.
    const depix::AnyPairSource held_out =
        draw_patches(kind, 64, {1, 256, 256}, 2 * options.seed + 1, depix::Redraw::Never);
    const depix::Loader validation{depix::PairsInRange(held_out, Networks::range), {.batch_size = 4, .shuffle = false}};

    depix::Model<Generator> generator = Networks::start(options.seed);
    if (!options.start.empty()) depix::load(generator, options.start.string());
    depix::Model<typename Networks::Discriminator> discriminator(options.seed + 1);
    const depix::Adam adam{.learning_rate = settings.learning_rate, .beta1 = settings.beta1, .beta2 = settings.beta2};
    depix::AdversarialTrainer trainer{generator,
                                      discriminator,
                                      Content{},
                                      Adversarial{},
                                      adam,
                                      adam,
                                      {.content_weight = settings.content_weight,
                                       .adversarial_weight = 1,
                                       .update = Networks::update,
                                       .average_decay = options.average_decay},
                                      backend,
                                      options.threads};

    std::filesystem::create_directories(options.run / "samples");
    const auto current = [&] {
        return depix::Inference<Generator, InferenceBackend>(
            trainer.average() ? *trainer.average() : trainer.generator(), options.threads);
    };
    depix::AdversarialFitOptions fitting{.epochs = settings.epochs};
    fitting.checkpoint = (options.run / "checkpoint.safetensors").string();
    fitting.checkpoint_every_steps = 100;
    fitting.history_csv = (options.run / "history.csv").string();
    fitting.loss_curve_svg = (options.run / "loss.svg").string();
    fitting.loss_curve.title = options.run.filename().string();
    if (options.cosine)
        fitting.schedule = depix::WarmUpCosine{
            .learning_rate = settings.learning_rate,
            .steps = static_cast<std::int64_t>(training.steps()) * settings.epochs,
        };
    fitting.sample_every_steps = options.sample_every;
    fitting.sample = [&](std::int64_t step) {
        const auto network = current();
        std::vector<std::vector<depix::Image>> rows;
        for (std::size_t i = 0; i < 6; ++i) {
            depix::Image degraded(held_out.input_shape()), clean(held_out.target_shape());
            held_out.pair(0, i, degraded.view(), clean.view());
            const depix::Image made =
                depix::from_range(network(depix::to_range(degraded, Networks::range)), Networks::range);
            rows.push_back({degraded, depix::quantized(made), clean});
        }
        depix::write_image((options.run / "samples" / (std::to_string(step) + ".png")).string(),
                           depix::contact_sheet(rows));
    };
    constexpr double width = static_cast<double>(Networks::range.white - Networks::range.black);
    fitting.score = [&] {
        const double error = depix::mean_loss(current(), depix::MeanSquaredError{}, validation);
        return depix::decibels(error / (width * width));
    };

    depix::fit(trainer, training, fitting, [&](const depix::AdversarialEpochReport& report) {
        if (share.rank != 0) return;
        const depix::AdversarialRecord& r = report.record;
        std::printf(
            "epoch %3d/%d  discriminator %.4f real, %.4f generated   generator %.5f content, %.4f "
            "adversarial   %.2f dB on held-out drawn patches   %.1f/s\n",
            r.epoch, report.epochs, r.discriminator_real, r.discriminator_fake, r.content, r.adversarial, r.score,
            r.images_per_second);
        std::fflush(stdout);
    });

    if (share.rank != 0) return 0;
    // float16 is precise enough to restore with, and halves the file.
    const std::string weights = (options.run / (options.run.filename().string() + ".safetensors")).string();
    depix::save(trainer.average() ? *trainer.average() : trainer.generator(), weights, {.dtype = depix::DataType::F16});
    std::printf("weights: %s\n", weights.c_str());
    return 0;
}

/// Trains by the options' recipe, to which the networks belong, with the losses that the settings name.
template <class Networks, class Backend>
int train_networks(const TrainOptions& options, const Settings& settings) {
    const auto with_content = [&]<class Content> {
        return settings.adversarial == AdversarialLoss::Squared
                   ? train_with_losses<Networks, Content, depix::MeanSquaredError>(Backend{}, options, settings)
                   : train_with_losses<Networks, Content, typename Networks::AdversarialCrossEntropy>(
                         Backend{}, options, settings);
    };
    if (settings.content == ContentLoss::Squared) return with_content.template operator()<depix::MeanSquaredError>();
    if constexpr (Networks::generates_probabilities)
        if (settings.content == ContentLoss::CrossEntropy)
            return with_content.template operator()<depix::BinaryCrossEntropy>();
    return with_content.template operator()<depix::MeanAbsoluteError>();
}

}  // namespace example
