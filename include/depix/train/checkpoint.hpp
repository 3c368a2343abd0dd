// Checkpoints: the state of a training run in one file, so that a run killed at any moment can continue exactly.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/train/checkpoint_file.hpp"
#include "depix/train/history.hpp"
#include "depix/train/trainer.hpp"

namespace depix {

/// The state of a run that the trainer does not hold.
template <Module Network, class T = float>
struct Progress {
    std::int64_t epoch = 0;            ///< Number of complete epochs, which is the current epoch's index from 0.
    std::int64_t step = 0;             ///< Steps of the current epoch that are done.
    std::int64_t steps_per_epoch = 0;  ///< Of the loader. With another batch size, `step` would have another meaning.

    double loss_sum = 0;      ///< Sum over the current epoch's steps of loss times number of pictures.
    std::int64_t images = 0;  ///< Images of the current epoch so far.
    double seconds = 0;       ///< Time of the current epoch so far.

    std::int64_t best_epoch = 0;  ///< Number of complete epochs when the validation loss was lowest; 0: none yet.
    double best_loss = std::numeric_limits<double>::infinity();
    std::optional<Model<Network, T>> best = {};  ///< The model of that epoch; present if and only if best_epoch > 0.

    History history = {};
};

namespace detail {

/// Visits the single numbers of a checkpoint with their names, both for saving and for loading.
template <class AnyProgress, class Visit>
void visit_numbers(AnyProgress& progress, Visit&& visit) {
    visit("progress.epoch", progress.epoch);
    visit("progress.step", progress.step);
    visit("progress.steps_per_epoch", progress.steps_per_epoch);
    visit("progress.loss_sum", progress.loss_sum);
    visit("progress.pictures", progress.images);
    visit("progress.seconds", progress.seconds);
    visit("progress.best_epoch", progress.best_epoch);
    visit("progress.best_loss", progress.best_loss);
}

}  // namespace detail

/// Writes into one safetensors file all that a run needs to continue bit for bit. The file is written whole or not at
/// all.
///
///     model.NAME             weights, running statistics, num_batches_tracked
///     adam.m.NAME, adam.v.NAME, adam.step, adam.learning_rate, ...      the optimizer's state and settings
///     random.state           the 256 bits of trainer.random()
///     average.NAME           the moving average, if there is one
///     accumulated.NAME, trainer.accumulated_batches      the gradients that wait for an update, if they are
///     accumulated progress.*, best.NAME, history.*                                  see Progress
///
/// On many machines the parts of a batch, on which the result depends, are among the metadata. Floating-point values
/// are stored in their own type, F32 or F64, so that none changes. Throws FileError when the file cannot be written
/// (for example because the disk is full); a previous file is then unchanged.
template <Module Network, class Loss, class Optimizer, class Backend, class T>
void save_checkpoint(const std::string& path, const Trainer<Network, Loss, Optimizer, Backend, T>& trainer,
                     const Progress<Network, T>& progress) {
    SafetensorsWriter writer;
    writer.metadata["depix.checkpoint"] = detail::checkpoint_version;
    writer.metadata["optimizer"] = Optimizer::name;
    writer.metadata["loss"] = Loss::name;
    detail::append_parts(writer, trainer.engine());
    append(writer, trainer.model(), "model.");

    detail::append_optimizer(writer, "", trainer.optimizer, trainer.state(), trainer.model());
    detail::append_random(writer, trainer.random());
    detail::visit_numbers(progress, detail::NumberWriter{writer});
    if (progress.best) append(writer, *progress.best, "best.");
    if (trainer.average()) append(writer, *trainer.average(), "average.");
    if (const auto& accumulated = trainer.accumulated(); !accumulated.gradients.empty()) {
        append(writer, detail::StateTensors{trainer.model(), std::span(accumulated.gradients)}, "accumulated.");
        writer.add("trainer.accumulated_batches", {}, std::span<const std::int64_t>(&accumulated.batches, 1));
    }

    detail::append_history(writer, progress.history, history_columns);
    writer.write(path);
}

/// Restores the trainer, its model and its optimizer (with its settings, as PyTorch's load_state_dict does) to their
/// state when the checkpoint was written, and returns the run's progress.
///
/// Everything is checked before anything changes: format, kind of optimizer and loss, parts of a batch, every tensor's
/// name, shape and type, and, if `steps_per_epoch` gives the loader's number, the steps of an epoch. Throws a FileError
/// that names the file and the tensors; model and trainer are then unchanged.
template <Module Network, class Loss, class Optimizer, class Backend, class T>
Progress<Network, T> load_checkpoint(const std::string& path, Trainer<Network, Loss, Optimizer, Backend, T>& trainer,
                                     std::int64_t steps_per_epoch = 0) {
    const SafetensorsFile file = SafetensorsFile::read(path);
    detail::CheckpointReader reader(file);
    reader.expect("depix.checkpoint", detail::checkpoint_version);
    reader.expect("optimizer", Optimizer::name);
    reader.expect("loss", Loss::name);
    reader.expect_parts(trainer.engine());

    Model<Network, T> model = trainer.model();
    reader.tensors(model, "model.");

    OptimizerState<T> state = trainer.state();
    Optimizer optimizer = trainer.optimizer;
    reader.optimizer("", optimizer, state, model);
    const Random::State random = reader.random();

    Progress<Network, T> progress;
    detail::visit_numbers(progress, [&](const char* name, auto& value) { reader.number(name, value); });
    if (progress.best_epoch > 0) reader.tensors(progress.best.emplace(model), "best.");

    auto average = std::as_const(trainer).average();
    if (average) reader.tensors(*average, "average.");
    auto accumulated = std::as_const(trainer).accumulated();
    if (!accumulated.gradients.empty()) {
        detail::StateTensors named{model, std::span(accumulated.gradients)};
        reader.tensors(named, "accumulated.");
        reader.number("trainer.accumulated_batches", accumulated.batches);
        if (accumulated.batches < 0)
            throw FileError(path, "tensor \"trainer.accumulated_batches\" is " + std::to_string(accumulated.batches));
    }

    reader.history(progress.history, history_columns);
    reader.expect_position(progress.epoch, progress.step, progress.steps_per_epoch, steps_per_epoch);

    // From here on nothing fails.
    detail::copy_values(model, trainer.model());
    trainer.state() = std::move(state);
    if (average) detail::copy_values(*average, *trainer.average());
    if (!accumulated.gradients.empty()) trainer.accumulated() = std::move(accumulated);
    trainer.optimizer = optimizer;
    trainer.random().restore(random);
    return progress;
}

}  // namespace depix
