// Trainer: forward, loss, backward, optimizer. One step at a time, in memory that is laid out once.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "depix/error.hpp"
#include "depix/inference.hpp"
#include "depix/train/backward_plan.hpp"
#include "depix/train/loss.hpp"
#include "depix/train/optimizer.hpp"
#include "depix/train/training_backend.hpp"

namespace depix {

/// Trains a model: each `step` is one batch forward, the loss, the batch backward, and the optimizer's step.
///
///     Trainer trainer{model, MeanSquaredError{}, Adam{.learning_rate = 1e-3}};
///     for (const auto& [noisy, target] : batches) loss = trainer.step(noisy, target);
///
/// The model must outlive the trainer and is changed in place. Batches may change in size from step to step; a step
/// allocates nothing unless it is larger than all before. Same seed, same number of threads: same weights, bit for bit.
template <Module Network, class Loss, class Optimizer, class Backend = Cpu, class T = float>
class Trainer {
    static constexpr auto plan = plan_for_training<Network>();
    static constexpr auto backward_plan = detail::plan_backward(plan);
    static constexpr std::size_t tensors = plan.tensors.size();
    static constexpr std::size_t steps = plan.steps.size();
    using Run = detail::TrainingBackend<Backend>;

  public:
    Trainer(Model<Network, T>& model, Loss loss, Optimizer settings, Backend = {}, int threads = 0)
        : optimizer(settings),
          model_(model),
          loss_(loss),
          threads_(threads > 0 ? threads : default_threads()),
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
                                  std::to_string(state_.step + 1) + describe_first_bad_layer());
        std::copy(new_statistics_.begin(), new_statistics_.end(), model_.statistics().begin());
        for (std::int64_t& batches : model_.batches_tracked()) ++batches;
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
    /// The training output of the last step, (N, C', H', W').
    View<const T> output() const { return map(plan.output); }

    Model<Network, T>& model() { return model_; }
    const Model<Network, T>& model() const { return model_; }
    const Loss& loss() const { return loss_; }
    OptimizerState<T>& state() { return state_; }
    const OptimizerState<T>& state() const { return state_; }
    Random& random() { return random_; }
    const Random& random() const { return random_; }
    int threads() const { return threads_; }

    /// Bytes of memory that the largest batch so far has needed: maps, gradients, scratch.
    std::size_t workspace_bytes() const { return (maps_.size() + gradient_maps_.size() + extra_.size()) * sizeof(T); }

  private:
    View<T> map(int tensor) const { return map_views_[static_cast<std::size_t>(tensor)]; }
    View<T> gradient_map(int tensor) const { return gradient_views_[static_cast<std::size_t>(tensor)]; }

    double pass(View<const T> input, View<const T> target) {
        check(input, target);
        prepare(input.batch, input.shape());
        std::fill(gradients_.begin(), gradients_.end(), T(0));
        std::copy(model_.statistics().begin(), model_.statistics().end(), new_statistics_.begin());
        Run::run(threads_, [&](Team team) {
            copy_in(input, map(plan.input), team);
            team.barrier();
            for (int i = 0; i < plan.step_count; ++i) {
                forward(i, team);
                team.barrier();
            }
            compare(target, team);
            team.barrier();
            for (int i = plan.step_count - 1; i >= 0; --i) {
                backward(i, team);
                team.barrier();
            }
        });
        double sum = 0;
        for (int n = 0; n < input.batch; ++n) sum += picture_losses_[static_cast<std::size_t>(n)];
        return sum / (static_cast<double>(input.batch) * static_cast<double>(target.shape().size()));
    }

    void check(const View<const T>& input, const View<const T>& target) const {
        const Shape expected = Inference<Network, Reference, T>::output_shape(input.shape());
        if (input.batch < 1 || target.shape() != expected || target.batch != input.batch)
            throw ShapeError("depix: training on " + std::to_string(input.batch) + " pictures of " +
                             to_string(input.shape()) + " needs as many targets of " + to_string(expected) +
                             ", but there are " + std::to_string(target.batch) + " of " + to_string(target.shape()));
    }

    static void copy_in(View<const T> from, View<T> to, Team team) {
        const Interval part = team.share(from.batch);
        reference::copy(from.pictures(part.first, part.last - part.first),
                        to.pictures(part.first, part.last - part.first), false);
    }

    void forward(int index, Team team) {
        const PlanStep& step = plan.step(index);
        Forward<T> call;
        call.input = map(step.input);
        if (step.other >= 0) call.other = map(step.other);
        call.output = map(step.output);
        call.parameters = model_.parameters().data() + step.layer.parameters;
        call.statistics = model_.statistics().data() + step.layer.statistics;
        call.new_statistics = new_statistics_.data() + step.layer.statistics;
        call.saved = extra_.data() + saved_[static_cast<std::size_t>(index)];
        call.scratch = extra_.data() + scratch_;
        call.random = &random_;
        with_layer<Network>(step.layer.info, [&]<class L>() { Run::template forward<L>(call, team); });
    }

    void backward(int index, Team team) {
        const PlanStep& step = plan.step(index);
        Backward<T> call;
        call.input = map(step.input);
        call.output = map(step.output);
        call.output_gradient = gradient_map(step.output);
        call.input_gradient = gradient_map(step.input);
        if (step.input == plan.input && plan.root(plan.input) == plan.input) call.input_gradient.data = nullptr;
        if (step.other >= 0) call.other_gradient = gradient_map(step.other);
        call.accumulate = backward_plan.accumulate[static_cast<std::size_t>(index)];
        call.accumulate_other = backward_plan.accumulate_other[static_cast<std::size_t>(index)];
        call.parameters = model_.parameters().data() + step.layer.parameters;
        call.parameter_gradients = gradients_.data() + step.layer.parameters;
        call.saved = extra_.data() + saved_[static_cast<std::size_t>(index)];
        call.scratch = extra_.data() + scratch_;
        with_layer<Network>(step.layer.info, [&]<class L>() { Run::template backward<L>(call, team); });
    }

    // Each picture's loss, and the output's gradient.
    void compare(View<const T> target, Team team) {
        const Interval part = team.share(target.batch);
        const T factor =
            static_cast<T>(1 / (static_cast<double>(target.batch) * static_cast<double>(target.shape().size())));
        for (int n = part.first; n < part.last; ++n)
            picture_losses_[static_cast<std::size_t>(n)] =
                sum_loss(loss_, View<const T>(map(plan.output)), target, gradient_map(plan.output), n, factor);
    }

    void prepare(int batch, Shape input) {
        if (batch == batch_ && input == input_) return;
        batch_ = batch;
        input_ = input;
        const auto shapes = find_shapes(plan, input);
        const auto shape = [&](int tensor) { return shapes[static_cast<std::size_t>(tensor)]; };
        picture_losses_.resize(static_cast<std::size_t>(batch));
        new_statistics_.resize(model_.statistics().size());

        std::array<std::size_t, tensors> place{}, gradient_place{};
        std::size_t size = 0, gradient_size = 0;
        for (int i = 0; i < plan.tensor_count; ++i) {
            const auto index = static_cast<std::size_t>(i);
            if (plan.tensor(i).parent < 0) {
                place[index] = size;
                size += Run::size(batch, shape(i), plan.tensor(i).halo);
            }
            if (backward_plan.parent[index] < 0) {
                gradient_place[index] = gradient_size;
                gradient_size += Run::size(batch, shape(i), gradient_halo);
            }
        }
        maps_.reserve(size);
        gradient_maps_.reserve(gradient_size);
        for (int i = 0; i < plan.tensor_count; ++i) {
            const auto index = static_cast<std::size_t>(i);
            const int root = plan.root(i);
            const auto root_index = static_cast<std::size_t>(root);
            map_views_[index] = view_in_root(
                plan, i, Run::lay_out(maps_.data() + place[root_index], batch, shape(root), plan.tensor(root).halo));
            int top = i, channel = 0;
            for (; backward_plan.parent[static_cast<std::size_t>(top)] >= 0;
                 top = backward_plan.parent[static_cast<std::size_t>(top)])
                channel += backward_plan.offset[static_cast<std::size_t>(top)];
            gradient_views_[index] = Run::lay_out(gradient_maps_.data() + gradient_place[static_cast<std::size_t>(top)],
                                                  batch, shape(top), gradient_halo)
                                         .slice(channel, plan.tensor(i).channels);
        }

        std::size_t extra = 0, scratch = 0;
        for (int i = 0; i < plan.step_count; ++i) {
            const PlanStep& step = plan.step(i);
            saved_[static_cast<std::size_t>(i)] = extra;
            extra += step.layer.info->saved_size(batch, shape(step.input));
            with_layer<Network>(step.layer.info, [&]<class L>() {
                scratch = std::max(scratch, Run::template scratch_size<L>(batch, shape(step.input), threads_));
            });
        }
        scratch_ = (extra + 15) / 16 * 16;  // aligned, since some kernels keep doubles there
        extra_.reserve(scratch_ + scratch);
    }

    // Names the first layer whose output is not finite, for the message.
    std::string describe_first_bad_layer() const {
        for (int i = 0; i < plan.step_count; ++i) {
            const View<T> y = map(plan.step(i).output);
            for (int n = 0; n < y.batch; ++n)
                for (int c = 0; c < y.channels; ++c)
                    for (int row = 0; row < y.height; ++row)
                        for (int j = 0; j < y.width; ++j)
                            if (!std::isfinite(y(n, c, row, j)))
                                return "; the first layer with such an output is number " + std::to_string(i + 1) +
                                       ", " + plan.step(i).layer.info->name;
        }
        return "; all layers' outputs are finite, so look at the target";
    }

    // One border for all gradients is simpler than one each, and costs little beside the maps.
    static constexpr int gradient_halo = [] {
        int largest = 0;
        for (const PlanTensor& tensor : plan.tensors) largest = std::max(largest, tensor.gradient_halo);
        return largest;
    }();

    Model<Network, T>& model_;
    Loss loss_;
    int threads_;
    Random random_{1};
    std::vector<T> gradients_;
    OptimizerState<T> state_;

    int batch_ = 0;
    Shape input_;
    AlignedMemory<T> maps_, gradient_maps_, extra_;
    std::vector<T> new_statistics_;
    std::vector<double> picture_losses_;
    std::array<View<T>, tensors> map_views_{}, gradient_views_{};
    std::array<std::size_t, steps> saved_{};
    std::size_t scratch_ = 0;
};

template <class Network, class T, class Loss, class Optimizer>
Trainer(Model<Network, T>&, Loss, Optimizer) -> Trainer<Network, Loss, Optimizer, Cpu, T>;
template <class Network, class T, class Loss, class Optimizer, class Backend>
Trainer(Model<Network, T>&, Loss, Optimizer, Backend) -> Trainer<Network, Loss, Optimizer, Backend, T>;
template <class Network, class T, class Loss, class Optimizer, class Backend>
Trainer(Model<Network, T>&, Loss, Optimizer, Backend, int) -> Trainer<Network, Loss, Optimizer, Backend, T>;

}  // namespace depix
