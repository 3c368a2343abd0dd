// fit for an AdversarialTrainer: a whole run with checkpoints, history and sample sheets. The run stops with an error
// if the discriminator wins or the generator collapses.
#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <system_error>
#include <utility>

#include "depix/train/adversarial_checkpoint.hpp"
#include "depix/train/adversarial_loss_curve.hpp"
#include "depix/train/fit.hpp"

namespace depix {

struct AdversarialFitOptions {
    int epochs = 10;

    /// Path of the checkpoint; empty: none is written. If the file exists, the run continues from it.
    std::string checkpoint = {};
    std::size_t checkpoint_every_steps = 0;  ///< Also written every so many steps of an epoch; 0: only at its end.
    std::string generator_weights = {};  ///< Written after every epoch as safetensors; the average, if there is one.
    std::string best_weights = {};       ///< The same, written whenever the score is the highest so far.
    std::string history_csv = {};        ///< Written after every epoch.
    std::string loss_curve_svg = {};     ///< Written after every epoch.
    LossCurveOptions loss_curve = {};

    /// The generator's learning rate in each step; steps are counted from 0 over all epochs. The discriminator's
    /// learning rate keeps its ratio to it. Empty: the optimizers' own rates are used.
    std::function<double(std::int64_t step)> schedule = {};

    /// `sample` is called every so many steps, for example to write a sheet of samples; 0: never. Steps are counted
    /// from 1 over all epochs.
    std::int64_t sample_every_steps = 0;
    std::function<void(std::int64_t step)> sample = {};

    /// The user's own measure of the generator's quality; higher is better. It is called at every epoch's end. The
    /// adversarial losses do not measure quality.
    std::function<double()> score = {};

    /// The run ends with a DivergenceError if for so many consecutive steps both losses of the discriminator were below
    /// `won_below` (it classifies every picture correctly, and its gradient for the generator has vanished), or the
    /// generator's pictures were flat. 0: this is not checked.
    int lost_steps = 200;
    double won_below = 1e-4;
};

/// What fit passes to its callbacks after every step of an adversarial run.
struct AdversarialStepReport {
    int epoch = 0;  ///< The first is 1.
    int epochs = 0;
    std::size_t step = 0;  ///< Step of the epoch; the first is 1.
    std::size_t steps = 0;
    AdversarialLosses losses;
    double images_per_second = 0;  ///< In the epoch so far.
};

/// What fit passes to its callbacks after every epoch of an adversarial run.
struct AdversarialEpochReport {
    AdversarialRecord record;
    int epochs = 0;
    bool best = false;  ///< Whether the score is the highest so far.
};

struct AdversarialFitResult {
    AdversarialHistory history;
    int best_epoch = 0;  ///< 0 if there is no score.
    double best_score = -std::numeric_limits<double>::infinity();
};

namespace detail {

template <class Trainer, BatchLoader Loader>
class AdversarialFit {
    using Ranks = FitRanks<typename Trainer::BackendType>;

  public:
    AdversarialFit(Trainer& trainer, const Loader& loader, const AdversarialFitOptions& options)
        : trainer_(trainer),
          loader_(loader),
          options_(options),
          rate_ratio_(trainer.discriminator_optimizer.learning_rate / trainer.generator_optimizer.learning_rate) {}

    template <class... Callbacks>
    AdversarialFitResult run(Callbacks&... callbacks) {
        progress_.steps_per_epoch = static_cast<std::int64_t>(loader_.steps());
        Ranks::check(trainer_, loader_);
        Ranks::resume(options_.checkpoint, trainer_, progress_);
        while (progress_.epoch < options_.epochs) {
            train_epoch(callbacks...);
            finish_epoch(callbacks...);
        }
        return {std::move(progress_.history), static_cast<int>(progress_.best_epoch), progress_.best_score};
    }

  private:
    using Clock = std::chrono::steady_clock;

    void save() const {
        if (options_.checkpoint.empty()) return;
        Ranks::write(trainer_, [&] { save_checkpoint(options_.checkpoint, trainer_, progress_); });
    }

    template <class... Callbacks>
    void train_epoch(Callbacks&... callbacks) {
        auto start = Clock::now();
        auto&& batches =
            loader_.epoch(static_cast<std::uint64_t>(progress_.epoch), static_cast<std::size_t>(progress_.step));
        for (const auto& [degraded, clean] : batches) {
            const std::int64_t before = progress_.epoch * progress_.steps_per_epoch + progress_.step;
            if (options_.schedule) {
                const double rate = options_.schedule(before);
                trainer_.generator_optimizer.learning_rate = rate;
                trainer_.discriminator_optimizer.learning_rate = rate * rate_ratio_;
            }
            const AdversarialLosses losses = step(degraded, clean);
            ++progress_.step;
            progress_.sums.discriminator_real += losses.discriminator_real;
            progress_.sums.discriminator_fake += losses.discriminator_fake;
            progress_.sums.content += losses.content;
            progress_.sums.adversarial += losses.adversarial;
            progress_.images += Ranks::images(trainer_, degraded);
            progress_.seconds += std::chrono::duration<double>(Clock::now() - start).count();
            watch(losses);
            notify(AdversarialStepReport{static_cast<int>(progress_.epoch) + 1, options_.epochs,
                                         static_cast<std::size_t>(progress_.step), loader_.steps(), losses,
                                         static_cast<double>(progress_.images) / progress_.seconds},
                   callbacks...);
            if (options_.sample && options_.sample_every_steps > 0 && (before + 1) % options_.sample_every_steps == 0)
                Ranks::write(trainer_, [&] { options_.sample(before + 1); });
            const auto every = static_cast<std::int64_t>(options_.checkpoint_every_steps);
            if (every > 0 && progress_.step % every == 0) save();
            start = Clock::now();
        }
    }

    template <class Input, class Target>
    AdversarialLosses step(const Input& input, const Target& target) {
        try {
            return trainer_.step(input, target);
        } catch (const DivergenceError& error) {
            throw DivergenceError(where().append(error.what()));
        }
    }

    // A discriminator that has won gives the generator no useful gradient, and a generator whose pictures are flat has
    // collapsed. In both cases it is better to stop the run than to continue without a message.
    void watch(const AdversarialLosses& losses) {
        const auto count = [&](std::int64_t& steps, bool lost) {
            steps = lost ? steps + 1 : 0;
            return options_.lost_steps > 0 && steps >= options_.lost_steps;
        };
        std::string why = "for ";
        why.append(std::to_string(options_.lost_steps)).append(" steps ");
        if (count(progress_.steps_won,
                  losses.discriminator_real < options_.won_below && losses.discriminator_fake < options_.won_below))
            throw DivergenceError(
                where().append(why).append("both losses of the discriminator were below ") +
                number_text(options_.won_below) +
                ": it has won. A lower learning rate for it, or discriminator_every above 1, may help");
        auto&& output = trainer_.output();
        if (count(progress_.steps_flat, Ranks::all_of(trainer_, as_view(output), is_flat)))
            throw DivergenceError(
                where().append(why).append("the generator's pictures were flat, one value everywhere: "
                                           "it has collapsed. A lower learning rate, or a larger "
                                           "content_weight, may help"));
    }

    // Whether all values of a batch are `first`, to within float's rounding.
    static constexpr auto is_flat = [](const auto& y, auto first) {
        for (int n = 0; n < y.batch; ++n)
            for (int c = 0; c < y.channels; ++c)
                for (int i = 0; i < y.height; ++i)
                    for (int j = 0; j < y.width; ++j)
                        if (std::fabs(y(n, c, i, j) - first) > 1e-5f) return false;
        return true;
    };

    std::string where() const {
        std::string text = "depix: in epoch ";
        return text.append(std::to_string(progress_.epoch + 1))
            .append(", step ")
            .append(std::to_string(progress_.step + 1))
            .append(" of ")
            .append(std::to_string(loader_.steps()))
            .append(": ");
    }

    template <class... Callbacks>
    void finish_epoch(Callbacks&... callbacks) {
        ++progress_.epoch;
        const auto steps = static_cast<double>(std::exchange(progress_.step, 0));
        const AdversarialLosses sums = std::exchange(progress_.sums, {});
        const double images = static_cast<double>(std::exchange(progress_.images, 0));
        const double seconds = std::exchange(progress_.seconds, 0);
        const double score = options_.score ? Ranks::measure(trainer_, options_.score) : 0;
        const bool best = options_.score && score > progress_.best_score;
        if (best) {
            progress_.best_epoch = progress_.epoch;
            progress_.best_score = score;
        }
        progress_.history.push_back({static_cast<int>(progress_.epoch), sums.discriminator_real / steps,
                                     sums.discriminator_fake / steps, sums.content / steps, sums.adversarial / steps,
                                     score, trainer_.generator_optimizer.learning_rate, seconds, images / seconds});

        // The checkpoint is written last, because a run that is killed before that repeats the epoch's end and writes
        // the other files again.
        Ranks::write(trainer_, [&] {
            const auto& generator = trainer_.average() ? *trainer_.average() : trainer_.generator();
            if (!options_.generator_weights.empty()) depix::save(generator, options_.generator_weights);
            if (best && !options_.best_weights.empty()) depix::save(generator, options_.best_weights);
            if (!options_.history_csv.empty())
                write_file(options_.history_csv, records_csv(progress_.history, adversarial_columns));
            if (!options_.loss_curve_svg.empty())
                write_file(options_.loss_curve_svg, adversarial_loss_curve_svg(progress_.history, options_.loss_curve));
        });
        save();
        notify(AdversarialEpochReport{progress_.history.back(), options_.epochs, best}, callbacks...);
    }

    Trainer& trainer_;
    const Loader& loader_;
    const AdversarialFitOptions& options_;
    double rate_ratio_;
    AdversarialProgress progress_;
};

}  // namespace detail

/// Trains for options.epochs. With a checkpoint, a run that was killed at any moment continues when it is started
/// again, and ends with the same bits as an uninterrupted one.
///
/// `callbacks` are called after every step with an AdversarialStepReport and after every epoch with an
/// AdversarialEpochReport, if they accept it. Throws FileError when a file cannot be written or a checkpoint does not
/// belong to this trainer and loader; DivergenceError, with epoch and step, when a loss is not finite, the
/// discriminator has won or the generator has collapsed. The last checkpoint stays as it is in both cases.
template <Module Generator, Module Discriminator, class Content, class Adversarial, class Optimizer, class Backend,
          class T, BatchLoader Loader, class... Callbacks>
AdversarialFitResult fit(
    AdversarialTrainer<Generator, Discriminator, Content, Adversarial, Optimizer, Backend, T>& trainer,
    const Loader& loader, const AdversarialFitOptions& options, Callbacks&&... callbacks) {
    return detail::AdversarialFit(trainer, loader, options).run(callbacks...);
}

}  // namespace depix
