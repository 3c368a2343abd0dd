// train_in_folder: a typical training run, whose files are kept in one folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>

#include "depix/train/fit.hpp"
#include "depix/train/schedule.hpp"

namespace depix {

struct RunOptions {
    std::filesystem::path folder = {};  ///< Created if missing; holds checkpoint, best weights, history and loss curve.
    std::string name = {};              ///< The network's name, for the loss curve's title.
    std::filesystem::path best_weights = {};  ///< empty: FOLDER/best.safetensors
    int epochs = 35;                          ///< Largest number of epochs.
    int patience = 0;                         ///< Stop after so many epochs without a lower validation loss; 0: never.
    bool cosine = true;                       ///< The learning rate falls to 0 along half a cosine, after a short rise.
    std::size_t checkpoint_every_steps = 0;   ///< Also written every so many steps of an epoch; 0: only at its end.
    std::FILE* progress = stdout;             ///< A line that a terminal rewrites, elsewhere one per epoch; null: none.
};

/// Trains on `training` and computes the loss on `validation` after every epoch; both are loaders such as Loader. A run
/// that was stopped continues from its checkpoint, and ends with the same bits as an uninterrupted one. Throws what
/// `fit` throws.
///
///     Trainer trainer{model, MeanSquaredError{}, Adam{.learning_rate = 1e-3}};
///     const FitResult result = train_in_folder(trainer, training, validation, {.folder = "runs/mine", .epochs = 20});
///
/// `fit` (train/fit.hpp), which this calls, also takes callbacks and any schedule.
template <class Trainer, BatchLoader Training, BatchLoader Validation>
FitResult train_in_folder(Trainer& trainer, const Training& training, const Validation& validation,
                          const RunOptions& options) {
    FitOptions fitting = fit_in_folder(options.folder);
    fitting.epochs = options.epochs;
    fitting.patience = options.patience;
    fitting.checkpoint_every_steps = options.checkpoint_every_steps;
    if (!options.best_weights.empty()) fitting.best_weights = options.best_weights.string();
    fitting.loss_curve.title = options.name + ": " + trainer.loss().name;
    if (options.cosine)
        fitting.schedule = WarmUpCosine{
            .learning_rate = trainer.optimizer.learning_rate,
            .steps = static_cast<std::int64_t>(training.steps()) * options.epochs,
        };
    if (options.progress == nullptr) return fit(trainer, training, validation, fitting);
    ProgressLine progress(options.progress, NoTerminal::LinePerEpoch);
    return fit(trainer, training, validation, fitting, progress);
}

}  // namespace depix
