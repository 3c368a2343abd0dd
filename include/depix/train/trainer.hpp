// Trainer: forward, loss, backward, optimizer. One step at a time, in memory that is laid out once.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "depix/error.hpp"
#include "depix/inference.hpp"
#include "depix/train/loss.hpp"
#include "depix/train/optimizer.hpp"
#include "depix/train/training_pass.hpp"

namespace depix {

namespace detail {

/// Throws ShapeError unless the network makes pictures like the targets of the inputs.
template <Module Network, class T>
void check_batch(const View<const T>& input, const View<const T>& target) {
    const Shape expected = Inference<Network, Reference, T>::output_shape(input.shape());
    if (input.batch < 1 || target.shape() != expected || target.batch != input.batch)
        throw ShapeError("depix: training on " + std::to_string(input.batch) + " pictures of " +
                         to_string(input.shape()) + " needs as many targets of " + to_string(expected) +
                         ", but there are " + std::to_string(target.batch) + " of " + to_string(target.shape()));
}

/// Whether a picture's part of the gradients does not depend on the other pictures of its batch.
template <Module Network>
constexpr bool pictures_are_independent() {
    bool independent = true;
    layers_of<Network>::for_each([&]<class L>() { independent &= count_tensors<L>(false) == 0; });
    return independent;
}

/// How many pictures of a batch a training step takes at once: as many as leave their maps in a third-level cache,
/// where their gradients want as much again; a divisor of the batch.
template <Module Network>
int pictures_at_once(int batch, Shape input) {
    if constexpr (!pictures_are_independent<Network>()) return batch;
    constexpr auto plan = plan_for_training<Network>();
    constexpr std::size_t cache = 4 << 20;  // of floats, 16 MiB
    const auto shapes = find_shapes(plan, input);
    std::size_t maps = 0;  // of one picture
    for (int i = 0; i < plan.tensor_count; ++i)
        if (plan.root(i) == i) maps += shapes[static_cast<std::size_t>(i)].size();
    for (int pictures = batch; pictures > 1; --pictures)
        if (batch % pictures == 0 && static_cast<std::size_t>(pictures) * maps <= cache) return pictures;
    return 1;
}

}  // namespace detail

/// Trains a model: each `step` is one batch forward, the loss, the batch backward, and the optimizer's step.
///
///     Trainer trainer{model, MeanSquaredError{}, Adam{.learning_rate = 1e-3}};
///     for (const auto& [noisy, target] : batches) loss = trainer.step(noisy, target);
///
/// The model must outlive the trainer and is changed in place. Batches may change in size from step to step; a step
/// allocates nothing unless it is larger than all before. Same seed, same number of threads: same weights, bit for bit.
/// A network without batch norm goes forward and back with a few pictures of a batch after the other, whose gradients
/// are added up: they stay in the cache, and the batch needs no more memory than those few.
template <Module Network, class Loss, class Optimizer, class Backend = Cpu, class T = float>
class Trainer {
    using Pass = TrainingPass<Network, Backend, T>;

  public:
    Trainer(Model<Network, T>& model, Loss loss, Optimizer settings, Backend = {}, int threads = 0)
        : optimizer(settings),
          model_(model),
          loss_(loss),
          threads_(threads > 0 ? threads : cpu::default_threads()),
          gradients_(model.parameters().size()),
          state_(settings.template start<T>(model.parameters().size())) {}

    /// Settings may change between steps: a schedule sets optimizer.learning_rate.
    Optimizer optimizer;

    /// One step on a batch: input (N, C, H, W), target (N, C', H', W'). Returns the loss before the step.
    /// Throws ShapeError for a wrong shape and DivergenceError if the loss is not finite; the model is unchanged then.
    template <class Input, class Target>
    double step(const Input& input, const Target& target) {
        const double loss = gradient(input, target);
        if (!std::isfinite(loss))
            throw DivergenceError("depix: the loss is " + std::to_string(loss) + " at step " +
                                  std::to_string(state_.step + 1) + pass_.describe_first_bad_layer());
        pass_.keep_statistics(model_);
        optimizer.step(model_.parameters(), std::span<const T>(gradients_), state_);
        return loss;
    }

    /// The loss of a batch and its gradients, without changing the model.
    template <class Input, class Target>
    double gradient(const Input& input, const Target& target) {
        return pass(as_view(input), as_view(target));
    }

    /// The gradients of the last step, laid out as model.parameters().
    std::span<const T> gradients() const { return gradients_; }

    Model<Network, T>& model() { return model_; }
    const Model<Network, T>& model() const { return model_; }
    const Loss& loss() const { return loss_; }
    OptimizerState<T>& state() { return state_; }
    const OptimizerState<T>& state() const { return state_; }
    Random& random() { return random_; }
    const Random& random() const { return random_; }
    int threads() const { return threads_; }

    /// Bytes of memory that the largest batch so far has needed: maps, gradients, scratch.
    std::size_t workspace_bytes() const { return pass_.workspace_bytes(); }

  private:
    double pass(View<const T> input, View<const T> target) {
        detail::check_batch<Network>(input, target);
        const int at_once = detail::pictures_at_once<Network>(input.batch, input.shape());
        pass_.prepare(at_once, input.shape(), threads_);
        losses_.assign(static_cast<std::size_t>(input.batch * threads_), 0);
        std::fill(gradients_.begin(), gradients_.end(), T(0));
        Pass::run(threads_, [&](cpu::Team team) {
            for (int first = 0; first < input.batch; first += at_once) {
                pass_.forward(model_, input.pictures(first, at_once), random_, team);
                compare(target, first, at_once, team);
                team.barrier();
                const auto begin = losses_.begin() + first * threads_;
                if (!std::all_of(begin, begin + at_once * threads_, [](double loss) { return std::isfinite(loss); }))
                    break;  // the maps stay as they are, for the message
                pass_.backward(model_, std::span<T>(gradients_), team);
            }
        });
        double sum = 0;
        for (const double loss : losses_) sum += loss;
        return sum / (static_cast<double>(input.batch) * static_cast<double>(target.shape().size()));
    }

    // The losses of the pictures that are in the pass, and the output's gradient: this thread's rows, which are the
    // same that it computes before and behind.
    void compare(View<const T> target, int first_picture, int pictures, cpu::Team team) {
        const View<const T> output = pass_.output();
        const T factor =
            static_cast<T>(1 / (static_cast<double>(target.batch) * static_cast<double>(target.shape().size())));
        cpu::share_rows(team, pictures, output.height, [&](int n, int first, int last) {
            losses_[static_cast<std::size_t>((first_picture + n) * threads_ + team.thread)] =
                sum_loss(loss_, output.rows(first, last - first),
                         target.pictures(first_picture, pictures).rows(first, last - first),
                         pass_.output_gradient().rows(first, last - first), n, factor);
        });
    }

    Model<Network, T>& model_;
    Loss loss_;
    int threads_;
    Random random_{1};
    Pass pass_;
    std::vector<T> gradients_;
    OptimizerState<T> state_;
    std::vector<double> losses_;  // of each picture of the batch and thread
};

template <class Network, class T, class Loss, class Optimizer>
Trainer(Model<Network, T>&, Loss, Optimizer) -> Trainer<Network, Loss, Optimizer, Cpu, T>;
template <class Network, class T, class Loss, class Optimizer, class Backend>
Trainer(Model<Network, T>&, Loss, Optimizer, Backend) -> Trainer<Network, Loss, Optimizer, Backend, T>;
template <class Network, class T, class Loss, class Optimizer, class Backend>
Trainer(Model<Network, T>&, Loss, Optimizer, Backend, int) -> Trainer<Network, Loss, Optimizer, Backend, T>;

}  // namespace depix
