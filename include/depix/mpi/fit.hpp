// fit for many processes: rank 0 reads and writes the run's files, and all ranks share the validation.
//
// A program includes depix/mpi.hpp and calls fit or train_in_folder as for one process, on every rank. The loaders need
// the share of Distributed. Rank 0 alone calls an adversarial run's `sample` and `score`. Callbacks are called on the
// ranks that pass them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "depix/mpi/distributed.hpp"
#include "depix/mpi/same_data.hpp"
#include "depix/mpi/trained_network.hpp"
#include "depix/train/adversarial_fit.hpp"
#include "depix/train/fit.hpp"

namespace depix::detail {

/// Gives every rank rank 0's values: those of a trainer and a run that a checkpoint has restored there.
class SharedState {
  public:
    explicit SharedState(const Communicator& ranks) : ranks_(ranks) {}

    template <Module Network, class Loss, class Optimizer, class Backend, class T>
    void share(Trainer<Network, Loss, Optimizer, Backend, T>& trainer, Progress<Network, T>& progress) const {
        model(trainer.model());
        if (trainer.average()) model(*trainer.average());
        optimizer(trainer.optimizer, trainer.state());
        number(trainer.accumulated().batches);
        ranks_.broadcast(std::span(trainer.accumulated().gradients), what);
        random(trainer.random());

        visit_numbers(progress, [&](const char*, auto& value) { number(value); });
        if (progress.best_epoch > 0) {
            if (!progress.best) progress.best.emplace(trainer.model());
            model(*progress.best);
        }
        ranks_.broadcast_sequence(progress.history, what);
    }
    template <Module Generator, Module Discriminator, class Content, class Adversarial, class Optimizer, class Backend,
              class T>
    void share(AdversarialTrainer<Generator, Discriminator, Content, Adversarial, Optimizer, Backend, T>& trainer,
               AdversarialProgress& progress) const {
        model(trainer.generator());
        model(trainer.discriminator());
        if (trainer.average()) model(*trainer.average());
        optimizer(trainer.generator_optimizer, trainer.generator_state());
        optimizer(trainer.discriminator_optimizer, trainer.discriminator_state());
        random(trainer.random());
        number(trainer.steps());

        const auto share = [&](const std::string&, auto& value) { number(value); };
        visit_losses(trainer.losses(), "", share);
        visit_adversarial_numbers(progress, share);
        ranks_.broadcast_sequence(progress.history, what);
    }

  private:
    static constexpr const char* what = "share the checkpoint";

    template <class Value>
    void number(Value& value) const {
        ranks_.broadcast_value(value, what);
    }
    template <class Model>
    void model(Model& model) const {
        ranks_.broadcast(model.parameters(), what);
        ranks_.broadcast(model.statistics(), what);
        ranks_.broadcast(model.batches_tracked(), what);
    }
    template <class Optimizer, class T>
    void optimizer(Optimizer& settings, OptimizerState<T>& state) const {
        number(state.step);
        for (auto& [name, values] : state.arrays) ranks_.broadcast(std::span(values), what);
        Optimizer::visit_settings(settings, [&](const char*, double& value) { number(value); });
    }
    void random(Random& random) const {
        Random::State state = random.state();
        number(state);
        random.restore(state);
    }

    const Communicator& ranks_;
};

/// A run on many ranks.
template <class Backend>
struct FitRanks<Distributed<Backend>> {
    template <Module Network, class T, class AnyTrainer>
    static Inference<Network, Backend, T> inference(const Model<Network, T>& weights, const AnyTrainer& trainer) {
        return Inference<Network, Backend, T>(weights, trainer.threads());
    }

    /// Throws CollectiveError unless all ranks have the same data, and loaders that make their own shares of it.
    template <class AnyTrainer, class Training, class Validation>
    static void check(const AnyTrainer& trainer, const Training& training, const Validation& validation) {
        check(trainer, training);
        check_loader(trainer, validation, "validation set");
    }
    template <class AnyTrainer, class Training>
    static void check(const AnyTrainer& trainer, const Training& training) {
        check_loader(trainer, training, "training set");
    }
    template <class AnyTrainer, class Input>
    static int images(const AnyTrainer& trainer, const Input&) {
        return trainer.engine().batch();
    }
    /// "  rank 3: 1.6x" if that rank takes 1.6 times as long for a picture as the median rank, from 1.2 times on.
    template <class AnyTrainer>
    static std::string note(const AnyTrainer& trainer) {
        const std::vector<double>& seconds = trainer.engine().seconds_per_image();
        if (seconds.empty()) return {};
        const auto slowest = std::ranges::max_element(seconds);
        std::vector<double> sorted = seconds;
        const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>((sorted.size() - 1) / 2);
        std::nth_element(sorted.begin(), middle, sorted.end());
        const double ratio = *middle > 0 ? *slowest / *middle : 1;
        return ratio < 1.2 ? std::string()
                           : "  rank " + std::to_string(slowest - seconds.begin()) + ": " + number_text(ratio, 2) + "x";
    }
    /// Rank 0 reads the checkpoint, which the other ranks need not see.
    template <class AnyTrainer, class AnyProgress>
    static void resume(const std::string& checkpoint, AnyTrainer& trainer, AnyProgress& progress) {
        if (checkpoint.empty()) return;
        const Communicator& ranks = trainer.engine().ranks();
        ranks.on_first([&] { detail::resume(checkpoint, trainer, progress); }, "read the checkpoint");
        SharedState(ranks).share(trainer, progress);
    }
    template <class AnyTrainer, class Work>
    static void write(const AnyTrainer& trainer, Work&& work) {
        trainer.engine().ranks().on_first(work, "write the run's files");
    }
    /// Rank 0 measures.
    template <class AnyTrainer, class Measure>
    static double measure(const AnyTrainer& trainer, Measure&& measure) {
        double value = 0;
        const Communicator& ranks = trainer.engine().ranks();
        ranks.on_first([&] { value = measure(); }, "measure");
        ranks.broadcast_value(value, "measure");
        return value;
    }
    /// Some ranks may have no picture, and so no value.
    template <class AnyTrainer, class AnyView, class Predicate>
    static bool all_of(const AnyTrainer& trainer, const AnyView& view, Predicate&& predicate) {
        using T = std::remove_cvref_t<decltype(*view.data)>;
        const Communicator& ranks = trainer.engine().ranks();
        struct First {
            std::int64_t images;
            T value;
        };
        const std::vector<First> firsts =
            ranks.gather(First{view.batch, view.batch > 0 ? view(0, 0, 0, 0) : T(0)}, "look at the output");
        const auto first = std::ranges::find_if(firsts, [](const First& rank) { return rank.images > 0; });
        const int holds = view.batch == 0 || predicate(view, first->value);
        const std::vector<int> all = ranks.gather(holds, "look at the output");
        return std::ranges::find(all, 0) == all.end();
    }
    /// The mean over all pictures of each one's loss, added in the order of the data set. A rank computes those of its
    /// share, part by part, so that the result has the same bits for any number of ranks.
    template <class AnyInference, class AnyTrainer, BatchLoader Loader>
    static double mean_loss(const AnyInference& network, AnyTrainer& trainer, const Loader& loader) {
        std::vector<double> losses;
        std::vector<int> images;  // of each batch
        Tensor<typename std::remove_cvref_t<decltype(trainer.model())>::Scalar> prediction;
        auto&& batches = loader.epoch(0, 0);
        for (const auto& [noisy, target] : batches) {
            const auto x = as_view(noisy), t = as_view(target);
            images.push_back(x.batch);
            const int at_once = trainer.engine().options().images_per_part;
            for (int first = 0; first < x.batch; first += at_once) {
                const int count = (std::min)(at_once, x.batch - first);
                add_losses(network, trainer.loss(), x.images(first, count), t.images(first, count), prediction, losses);
            }
        }
        return mean_in_order(trainer.engine().ranks(), losses, images);
    }

  private:
    template <class AnyTrainer, class Loader>
    static void check_loader(const AnyTrainer& trainer, const Loader& loader, const char* name) {
        const Communicator& ranks = trainer.engine().ranks();
        if constexpr (requires { loader.options().share; }) {
            const int wrong = loader.options().share != trainer.engine().share();
            for (const int rank_is_wrong : ranks.gather(wrong, "compare the loaders"))
                if (rank_is_wrong != 0)
                    throw CollectiveError(std::string("depix: the loader of the ") + name +
                                          " must have the share of Distributed");
        }
        const std::vector<std::uint64_t> steps =
            ranks.gather(static_cast<std::uint64_t>(loader.steps()), "compare the loaders");
        for (std::size_t r = 1; r < steps.size(); ++r)
            if (steps[r] != steps[0])
                throw CollectiveError("depix: rank " + std::to_string(r) + " has " + std::to_string(steps[r]) +
                                      " batches of the " + name + ", rank 0 has " + std::to_string(steps[0]));
        if constexpr (requires { loader.source().pair(0, 0, View<float>{}, View<float>{}); })
            check_same_data(ranks, loader.source(), name);
    }
    template <Module Network, class B, class T, class Loss>
    static void add_losses(const Inference<Network, B, T>& network, Loss& loss, View<const T> x, View<const T> t,
                           Tensor<T>& prediction, std::vector<double>& losses) {
        const View<const T> y = predict(network, x, t, prediction);
        for (int n = 0; n < y.batch; ++n)
            losses.push_back(add_loss(loss, y.images(n, 1), t.images(n, 1), View<T>{}, 0));
    }
    static double mean_in_order(const Communicator& ranks, const std::vector<double>& losses,
                                const std::vector<int>& images) {
        const auto all_ranks = static_cast<std::size_t>(ranks.size());
        const std::vector<int> batches(all_ranks, static_cast<int>(images.size()));
        const std::vector<int> counts = ranks.gather(std::span(images), batches, "validate");
        const std::vector<int> totals = ranks.gather(static_cast<int>(losses.size()), "validate");
        const std::vector<double> all = ranks.gather(std::span(losses), totals, "validate");
        std::vector<std::size_t> next(all_ranks, 0);  // of each rank's losses
        for (std::size_t r = 1; r < all_ranks; ++r) next[r] = next[r - 1] + static_cast<std::size_t>(totals[r - 1]);
        double sum = 0;
        for (std::size_t batch = 0; batch < images.size(); ++batch)
            for (std::size_t r = 0; r < all_ranks; ++r)
                for (int n = counts[r * images.size() + batch]; n > 0; --n) sum += all[next[r]++];
        return sum / static_cast<double>(all.size());
    }
};

}  // namespace depix::detail
