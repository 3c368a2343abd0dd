// fit: a whole training run, with epochs, validation, early stopping, checkpoints, and the loss curve.
#pragma once

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

#include "depix/error.hpp"
#include "depix/finite.hpp"
#include "depix/inference.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/train/checkpoint.hpp"
#include "depix/train/history.hpp"
#include "depix/train/loss_curve.hpp"
#include "depix/train/mean_loss.hpp"
#include "depix/train/progress.hpp"
#include "depix/train/trainer.hpp"

namespace depix {

struct FitOptions {
    int epochs = 35;    ///< Largest number of epochs.
    int patience = 10;  ///< Stop after so many epochs without a lower validation loss; 0: never.

    /// Path of the checkpoint; empty: none is written. If the file exists, the run continues from it.
    std::string checkpoint = {};
    std::size_t checkpoint_every_steps = 0;  ///< Also written every so many steps of an epoch; 0: only at its end.

    std::string best_weights = {};    ///< Written as safetensors whenever the validation loss is the lowest so far.
    std::string history_csv = {};     ///< Written after every epoch.
    std::string loss_curve_svg = {};  ///< Written after every epoch.
    LossCurveOptions loss_curve = {};

    /// The learning rate in each step; steps are counted from 0 over all epochs. Empty: the optimizer's own rate is
    /// used.
    std::function<double(std::int64_t step)> schedule = {};
};

/// Options of a run whose files are kept in one folder: checkpoint.safetensors, best.safetensors, history.csv and
/// loss.svg. The folder is created if it does not exist. Throws FileError if it cannot be created.
inline FitOptions fit_in_folder(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) throw FileError(folder.string(), "cannot make the folder: " + error.message());
    FitOptions options;
    options.checkpoint = (folder / "checkpoint.safetensors").string();
    options.best_weights = (folder / "best.safetensors").string();
    options.history_csv = (folder / "history.csv").string();
    options.loss_curve_svg = (folder / "loss.svg").string();
    return options;
}

struct FitResult {
    History history;     ///< All epochs, including those before the run was resumed.
    int best_epoch = 0;  ///< The first is 1; 0 if there was none.
    double best_loss = std::numeric_limits<double>::infinity();  ///< The validation loss of that epoch.
    bool stopped_early = false;
};

namespace detail {

/// Passes a report to every callback that accepts it.
template <class Report, class... Callbacks>
void notify(const Report& report, Callbacks&... callbacks) {
    [[maybe_unused]] const auto tell = [&](auto& callback) {
        if constexpr (std::is_invocable_v<decltype(callback), const Report&>) callback(report);
    };
    (tell(callbacks), ...);
}

/// Restores trainer and progress from the checkpoint if there is one. Otherwise writes the first one, so that a path
/// that cannot be written is reported at the start of the run. Does nothing if there is no path.
template <class AnyTrainer, class AnyProgress>
void resume(const std::string& checkpoint, AnyTrainer& trainer, AnyProgress& progress) {
    if (checkpoint.empty()) return;
    std::error_code unreadable;  // in this case save_checkpoint reports the reason
    if (std::filesystem::exists(checkpoint, unreadable))
        progress = load_checkpoint(checkpoint, trainer, progress.steps_per_epoch);
    else
        save_checkpoint(checkpoint, trainer, progress);
}

/// What a run does once although many processes may train: reading its checkpoint, writing its files, and validating.
/// This is for a backend of one process; mpi/fit.hpp has that of many.
template <class Backend>
struct FitRanks {
    /// What an epoch's end validates.
    template <Module Network, class T, class AnyTrainer>
    static Inference<Network, Backend, T> inference(const Model<Network, T>& weights, const AnyTrainer& trainer) {
        return Inference<Network, Backend, T>(weights, trainer.threads());
    }

    template <class AnyTrainer, class... Loaders>
    static void check(const AnyTrainer&, const Loaders&...) {}
    /// Pictures of the last step's batch, of which `input` is what this process trained on.
    template <class AnyTrainer, class Input>
    static int images(const AnyTrainer&, const Input& input) {
        return as_view(input).batch;
    }
    template <class AnyTrainer>
    static std::string note(const AnyTrainer&) {
        return {};
    }
    template <class AnyTrainer, class AnyProgress>
    static void resume(const std::string& checkpoint, AnyTrainer& trainer, AnyProgress& progress) {
        detail::resume(checkpoint, trainer, progress);
    }
    template <class AnyTrainer, class Work>
    static void write(const AnyTrainer&, Work&& work) {
        work();
    }
    /// A number that one process measures for all.
    template <class AnyTrainer, class Measure>
    static double measure(const AnyTrainer&, Measure&& measure) {
        return measure();
    }
    /// Whether `predicate(view, its first value)` holds for the views of all processes, with the first value of all.
    template <class AnyTrainer, class AnyView, class Predicate>
    static bool all_of(const AnyTrainer&, const AnyView& view, Predicate&& predicate) {
        return predicate(view, view(0, 0, 0, 0));
    }
    template <class AnyInference, class AnyTrainer, BatchLoader Loader>
    static double mean_loss(const AnyInference& network, AnyTrainer& trainer, const Loader& loader) {
        return depix::mean_loss(network, trainer.loss(), loader);
    }
};

/// One run of fit: its arguments and its progress.
template <Module Network, class Loss, class Optimizer, class Backend, class T, BatchLoader Training,
          BatchLoader Validation>
class Fit {
    using Ranks = FitRanks<Backend>;

  public:
    Fit(Trainer<Network, Loss, Optimizer, Backend, T>& trainer, const Training& loader, const Validation& validation,
        const FitOptions& options)
        : trainer_(trainer), loader_(loader), validation_(validation), options_(options) {}

    template <class... Callbacks>
    FitResult run(Callbacks&... callbacks) {
        progress_.steps_per_epoch = static_cast<std::int64_t>(loader_.steps());
        Ranks::check(trainer_, loader_, validation_);
        Ranks::resume(options_.checkpoint, trainer_, progress_);
        while (progress_.epoch < options_.epochs && !out_of_patience()) {
            train_epoch(callbacks...);
            finish_epoch(callbacks...);
        }
        if (progress_.best) copy_values(*progress_.best, trainer_.model());
        return {std::move(progress_.history), static_cast<int>(progress_.best_epoch), progress_.best_loss,
                out_of_patience()};
    }

  private:
    using Clock = std::chrono::steady_clock;

    void save() const {
        if (options_.checkpoint.empty()) return;
        Ranks::write(trainer_, [&] { save_checkpoint(options_.checkpoint, trainer_, progress_); });
    }

    std::int64_t epochs_since_best() const { return progress_.epoch - progress_.best_epoch; }
    bool out_of_patience() const {
        return options_.patience > 0 && progress_.epoch > 0 && epochs_since_best() >= options_.patience;
    }

    template <class... Callbacks>
    void train_epoch(Callbacks&... callbacks) {
        auto start = Clock::now();
        auto&& batches =
            loader_.epoch(static_cast<std::uint64_t>(progress_.epoch), static_cast<std::size_t>(progress_.step));
        for (const auto& [noisy, target] : batches) {
            if (options_.schedule)
                trainer_.optimizer.learning_rate =
                    options_.schedule(progress_.epoch * progress_.steps_per_epoch + progress_.step);
            const double loss = step(noisy, target);
            const int images = Ranks::images(trainer_, noisy);
            ++progress_.step;
            progress_.loss_sum += loss * images;
            progress_.images += images;
            progress_.seconds += std::chrono::duration<double>(Clock::now() - start).count();
            notify(report_step(loss), callbacks...);
            const auto every = static_cast<std::int64_t>(options_.checkpoint_every_steps);
            if (every > 0 && progress_.step % every == 0) save();
            start = Clock::now();
        }
    }

    template <class Input, class Target>
    double step(const Input& input, const Target& target) {
        try {
            return trainer_.step(input, target);
        } catch (const DivergenceError& error) {
            std::string why = error.what();
            if (why.starts_with("depix: ")) why.erase(0, 7);
            throw DivergenceError("depix: in epoch " + std::to_string(progress_.epoch + 1) + ", step " +
                                  std::to_string(progress_.step + 1) + " of " + std::to_string(loader_.steps()) + ": " +
                                  why);
        }
    }

    // The weights that an epoch's end validates and keeps.
    const Model<Network, T>& validated() const {
        const auto& trainer = std::as_const(trainer_);
        return trainer.average() ? *trainer.average() : trainer.model();
    }

    template <class... Callbacks>
    void finish_epoch(Callbacks&... callbacks) {
        const Model<Network, T>& weights = validated();
        const auto network = Ranks::inference(weights, trainer_);
        const double validation_loss = Ranks::mean_loss(network, trainer_, validation_);
        if (!is_finite(validation_loss))
            throw DivergenceError("depix: in epoch " + std::to_string(progress_.epoch + 1) +
                                  ": the validation loss is " + std::to_string(validation_loss));

        ++progress_.epoch;
        progress_.step = 0;
        const bool best = validation_loss < progress_.best_loss;
        if (best) {
            progress_.best_epoch = progress_.epoch;
            progress_.best_loss = validation_loss;
            progress_.best = weights;
        }
        const double images = static_cast<double>(std::exchange(progress_.images, 0));
        const double seconds = std::exchange(progress_.seconds, 0);
        progress_.history.push_back({static_cast<int>(progress_.epoch), std::exchange(progress_.loss_sum, 0) / images,
                                     validation_loss, trainer_.optimizer.learning_rate, seconds, images / seconds});

        // The checkpoint is written last, because a run that is killed before that repeats the epoch's end and writes
        // the other files again.
        Ranks::write(trainer_, [&] {
            if (best && !options_.best_weights.empty()) depix::save(weights, options_.best_weights);
            if (!options_.history_csv.empty()) write_history_csv(options_.history_csv, progress_.history);
            if (!options_.loss_curve_svg.empty())
                write_loss_curve(options_.loss_curve_svg, progress_.history, options_.loss_curve);
        });
        save();
        const auto epochs_left = static_cast<double>(options_.epochs - progress_.epoch);
        notify(EpochReport{progress_.history.back(), options_.epochs, best, static_cast<int>(epochs_since_best()),
                           out_of_patience() ? 0 : seconds * epochs_left},
               callbacks...);
    }

    StepReport report_step(double loss) const {
        const double steps_left = static_cast<double>(progress_.steps_per_epoch - progress_.step);
        return {static_cast<int>(progress_.epoch) + 1,
                options_.epochs,
                static_cast<std::size_t>(progress_.step),
                loader_.steps(),
                loss,
                progress_.loss_sum / static_cast<double>(progress_.images),
                static_cast<double>(progress_.images) / progress_.seconds,
                progress_.seconds / static_cast<double>(progress_.step) * steps_left,
                Ranks::note(trainer_)};
    }

    Trainer<Network, Loss, Optimizer, Backend, T>& trainer_;
    const Training& loader_;
    const Validation& validation_;
    const FitOptions& options_;
    Progress<Network, T> progress_;
};

}  // namespace detail

/// Trains until the validation loss no longer decreases, or for options.epochs, and leaves the best epoch's weights in
/// the model. Keras: Model.fit with EarlyStopping(patience, restore_best_weights=True), ModelCheckpoint and CSVLogger.
///
///     FitOptions options{.epochs = 35, .patience = 10, .checkpoint = "run.safetensors"};
///     ProgressLine progress(stderr);
///     const FitResult result = fit(trainer, loader, validation, options, progress);
///
/// If the trainer averages the weights, the average is validated, and the best epoch's average is kept.
///
/// With a checkpoint, a run that was killed at any moment continues when it is started again, and ends with the same
/// bits as an uninterrupted one, because everything depends only on the seeds, the epoch and the step (and the number
/// of threads). The optimizer's settings then come from the checkpoint. A run that was complete only restores the best
/// weights; with more `epochs` it continues.
///
/// `callbacks` are called after every step with a StepReport and after every epoch with an EpochReport, if they accept
/// it. The library itself prints nothing.
///
/// Throws FileError when a file cannot be written, or a checkpoint does not belong to this trainer and loader;
/// DivergenceError, with epoch and step, when a loss is not finite. The last checkpoint stays as it is in both cases.
template <Module Network, class Loss, class Optimizer, class Backend, class T, BatchLoader Training,
          BatchLoader Validation, class... Callbacks>
FitResult fit(Trainer<Network, Loss, Optimizer, Backend, T>& trainer, const Training& loader,
              const Validation& validation, const FitOptions& options = {}, Callbacks&&... callbacks) {
    return detail::Fit(trainer, loader, validation, options).run(callbacks...);
}

}  // namespace depix
