// Checkpoints of an adversarial run: both models, both optimizers, the average and the random state in one file.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "depix/train/adversarial_trainer.hpp"
#include "depix/train/checkpoint.hpp"

namespace depix {

/// The results of one epoch of an adversarial run. The losses are means over its steps.
struct AdversarialRecord {
    int epoch = 0;  ///< The first is 1.
    double discriminator_real = 0;
    double discriminator_fake = 0;
    double content = 0;
    double adversarial = 0;
    double score = 0;          ///< The user's own measure at the epoch's end; 0 if there is none.
    double learning_rate = 0;  ///< The generator's, in the epoch's last step.
    double seconds = 0;
    double images_per_second = 0;

    friend bool operator==(const AdversarialRecord&, const AdversarialRecord&) = default;
};
using AdversarialHistory = std::vector<AdversarialRecord>;

inline constexpr std::array<std::pair<const char*, double AdversarialRecord::*>, 8> adversarial_columns{{
    {"discriminator_real", &AdversarialRecord::discriminator_real},
    {"discriminator_fake", &AdversarialRecord::discriminator_fake},
    {"content", &AdversarialRecord::content},
    {"adversarial", &AdversarialRecord::adversarial},
    {"score", &AdversarialRecord::score},
    {"learning_rate", &AdversarialRecord::learning_rate},
    {"seconds", &AdversarialRecord::seconds},
    {"pictures_per_second", &AdversarialRecord::images_per_second},
}};

/// The state of an adversarial run that the trainer does not hold.
struct AdversarialProgress {
    std::int64_t epoch = 0;            ///< Number of complete epochs, which is the current epoch's index from 0.
    std::int64_t step = 0;             ///< Steps of the current epoch that are done.
    std::int64_t steps_per_epoch = 0;  ///< Steps per epoch of the loader.
    std::int64_t images = 0;           ///< Images of the current epoch so far.
    double seconds = 0;                ///< Time of the current epoch so far.
    AdversarialLosses sums;            ///< Sums of the losses of the current epoch's steps.
    std::int64_t steps_won = 0;        ///< Consecutive steps in which the discriminator's losses were almost 0.
    std::int64_t steps_flat = 0;       ///< Consecutive steps in which the generator's pictures were flat.
    std::int64_t best_epoch = 0;       ///< The epoch with the highest score; 0: none yet.
    double best_score = -std::numeric_limits<double>::infinity();
    AdversarialHistory history = {};
};

namespace detail {

template <class Losses, class Visit>
void visit_losses(Losses& losses, const std::string& prefix, Visit&& visit) {
    visit(prefix + "discriminator_real", losses.discriminator_real);
    visit(prefix + "discriminator_fake", losses.discriminator_fake);
    visit(prefix + "content", losses.content);
    visit(prefix + "adversarial", losses.adversarial);
}

template <class AnyProgress, class Visit>
void visit_adversarial_numbers(AnyProgress& progress, Visit&& visit) {
    visit("progress.epoch", progress.epoch);
    visit("progress.step", progress.step);
    visit("progress.steps_per_epoch", progress.steps_per_epoch);
    visit("progress.pictures", progress.images);
    visit("progress.seconds", progress.seconds);
    visit_losses(progress.sums, "progress.", visit);
    visit("progress.steps_won", progress.steps_won);
    visit("progress.steps_flat", progress.steps_flat);
    visit("progress.best_epoch", progress.best_epoch);
    visit("progress.best_score", progress.best_score);
}

}  // namespace detail

/// Writes into one safetensors file all that an adversarial run needs to continue bit for bit. The file is written
/// whole or not at all.
///
///     generator.NAME, discriminator.NAME, average.NAME                  the models
///     generator.optimizer.adam.m.NAME, discriminator.optimizer.adam...  the optimizers' states and settings
///     random.state, trainer.steps, progress.*, history.*
///
/// Throws FileError when the file cannot be written; a previous file is then unchanged.
template <Module Generator, Module Discriminator, class Content, class Adversarial, class Optimizer, class Backend,
          class T>
void save_checkpoint(
    const std::string& path,
    const AdversarialTrainer<Generator, Discriminator, Content, Adversarial, Optimizer, Backend, T>& trainer,
    const AdversarialProgress& progress) {
    SafetensorsWriter writer;
    writer.metadata["depix.checkpoint"] = detail::checkpoint_version;
    writer.metadata["optimizer"] = Optimizer::name;
    writer.metadata["content"] = Content::name;
    writer.metadata["adversarial"] = Adversarial::name;
    detail::append_parts(writer, trainer.engine());
    append(writer, trainer.generator(), "generator.model.");
    append(writer, trainer.discriminator(), "discriminator.model.");
    if (trainer.average()) append(writer, *trainer.average(), "average.");
    detail::append_optimizer(writer, "generator.optimizer.", trainer.generator_optimizer, trainer.generator_state(),
                             trainer.generator());
    detail::append_optimizer(writer, "discriminator.optimizer.", trainer.discriminator_optimizer,
                             trainer.discriminator_state(), trainer.discriminator());
    detail::append_random(writer, trainer.random());
    const detail::NumberWriter number{writer};
    number("trainer.steps", trainer.steps());
    detail::visit_losses(trainer.losses(), "trainer.", number);
    detail::visit_adversarial_numbers(progress, number);
    detail::append_history(writer, progress.history, adversarial_columns);
    writer.write(path);
}

/// Restores the trainer's state at the time when the checkpoint was written, and returns the run's progress. Everything
/// is checked before anything changes. Throws a FileError that names the file and the tensors; the trainer is then
/// unchanged.
template <Module Generator, Module Discriminator, class Content, class Adversarial, class Optimizer, class Backend,
          class T>
AdversarialProgress load_checkpoint(
    const std::string& path,
    AdversarialTrainer<Generator, Discriminator, Content, Adversarial, Optimizer, Backend, T>& trainer,
    std::int64_t steps_per_epoch = 0) {
    const SafetensorsFile file = SafetensorsFile::read(path);
    detail::CheckpointReader reader(file);
    reader.expect("depix.checkpoint", detail::checkpoint_version);
    reader.expect("optimizer", Optimizer::name);
    reader.expect("content", Content::name);
    reader.expect("adversarial", Adversarial::name);
    reader.expect_parts(trainer.engine());

    auto generator = trainer.generator();
    auto discriminator = trainer.discriminator();
    auto average = trainer.average();
    reader.tensors(generator, "generator.model.");
    reader.tensors(discriminator, "discriminator.model.");
    if (average) reader.tensors(*average, "average.");

    auto generator_state = trainer.generator_state();
    auto discriminator_state = trainer.discriminator_state();
    auto generator_optimizer = trainer.generator_optimizer;
    auto discriminator_optimizer = trainer.discriminator_optimizer;
    reader.optimizer("generator.optimizer.", generator_optimizer, generator_state, generator);
    reader.optimizer("discriminator.optimizer.", discriminator_optimizer, discriminator_state, discriminator);
    const Random::State random = reader.random();
    std::int64_t steps = 0;
    reader.number("trainer.steps", steps);
    AdversarialLosses losses;
    const auto read = [&](const std::string& name, auto& value) { reader.number(name, value); };
    detail::visit_losses(losses, "trainer.", read);

    AdversarialProgress progress;
    detail::visit_adversarial_numbers(progress, read);
    reader.history(progress.history, adversarial_columns);
    reader.expect_position(progress.epoch, progress.step, progress.steps_per_epoch, steps_per_epoch);

    // From here on nothing fails.
    detail::copy_values(generator, trainer.generator());
    detail::copy_values(discriminator, trainer.discriminator());
    if (average) detail::copy_values(*average, *trainer.average());
    trainer.generator_state() = std::move(generator_state);
    trainer.discriminator_state() = std::move(discriminator_state);
    trainer.generator_optimizer = generator_optimizer;
    trainer.discriminator_optimizer = discriminator_optimizer;
    trainer.random().restore(random);
    trainer.steps() = steps;
    trainer.losses() = losses;
    return progress;
}

}  // namespace depix
