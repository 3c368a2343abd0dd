// Trainer: runs the forward pass, the loss, the backward pass and the optimizer, in memory that is laid out once.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "depix/error.hpp"
#include "depix/finite.hpp"
#include "depix/plan/check.hpp"
#include "depix/train/loss.hpp"
#include "depix/train/optimizer.hpp"
#include "depix/train/trainer_options.hpp"
#include "depix/train/training_engine.hpp"

namespace depix {

namespace detail {

/// Throws ShapeError unless the network turns the inputs into pictures of the targets' shape.
template <Module Network, class T>
void check_batch(const View<const T>& input, const View<const T>& target, int min_images) {
    const Shape expected = output_shape<Network>(input.shape());
    if (input.batch < min_images || target.shape() != expected || target.batch != input.batch)
        throw ShapeError("depix: training on " + std::to_string(input.batch) + " pictures of " +
                         to_string(input.shape()) + " needs as many targets of " + to_string(expected) +
                         ", but there are " + std::to_string(target.batch) + " of " + to_string(target.shape()));
}

}  // namespace detail

/// Trains a model. Each `step` runs one batch forward, computes the loss, runs the batch backward, and updates the
/// weights.
///
///     Trainer trainer{model, MeanSquaredError{}, Adam{.learning_rate = 1e-3}};
///     for (const auto& [noisy, target] : batches) loss = trainer.step(noisy, target);
///
/// Options clip the gradients, accumulate them over several batches, and average the weights:
///
///     Trainer trainer{model, MeanSquaredError{}, AdamW{}, TrainerOptions{.max_gradient_norm = 1}};
///
/// The loss is one of single elements (loss.hpp) or of whole pictures (SSIM, FeatureLoss, SumOfLosses).
///
/// The model must outlive the trainer. Batches may change in size from step to step; a step allocates nothing unless
/// its batch is larger than all before. The same seed and number of threads give the same weights, bit for bit.
///
/// On the host the model is changed in place. A network without batch norm processes a few pictures of a batch at a
/// time, forward and backward, and sums their gradients. The maps of these few pictures stay in the cache, and the
/// batch needs no more memory than they do.
///
/// On the GPU (`Trainer{..., Cuda{}}`) the weights are stored on the device; the host's model is updated when `model()`
/// or a checkpoint needs it, and when the trainer is destroyed. A step is one captured graph, and `enqueue` returns
/// before it is done, so that one batch is transferred while another is processed:
///
///     for (const auto& [noisy, target] : batches) trainer.enqueue(noisy, target);
///     loss = trainer.last_loss();  // waits
///
/// In float16 the loss is scaled (kernels/cuda/step_state.cuh). Throws DeviceError where there is no GPU or too little
/// memory; the model's weights are then unchanged.
///
/// On many machines (`Trainer{..., Distributed{ranks}}`, mpi/distributed.hpp) each process trains on its share of every
/// batch.
///
/// For 8-bit integers (`Trainer{..., QuantizationAware{ranges}}`, train/quantization_aware.hpp) the network is trained
/// while its weights and maps are rounded.
template <Module Network, class Loss, class Optimizer, class Backend = Cpu, class T = float>
class Trainer {
    using Engine = TrainingEngine<Backend, T>;

  public:
    Trainer(Model<Network, T>& model, Loss loss, Optimizer settings, const Backend& backend = {}, int threads = 0)
        : Trainer(model, std::move(loss), settings, TrainerOptions{}, backend, threads) {}
    /// Throws Error for options or settings that cannot be.
    Trainer(Model<Network, T>& model, Loss loss, Optimizer settings, const TrainerOptions& options,
            const Backend& backend = {}, int threads = 0)
        : optimizer(settings),
          options_((detail::check_options(options), options)),
          engine_(backend, threads),
          network_(engine_, model, settings, options),
          loss_(std::move(loss)) {
        detail::check_loss(loss_);
    }
    Trainer(const Trainer&) = delete;
    Trainer& operator=(const Trainer&) = delete;

    /// Settings may change between steps. A schedule, for example, sets optimizer.learning_rate.
    Optimizer optimizer;

    /// One step on a batch: input (N, C, H, W), target (N, C', H', W'). Returns the loss before the step. Throws
    /// ShapeError for a wrong shape and DivergenceError if the loss is not finite; the model is then unchanged.
    template <class Input, class Target>
    double step(const Input& input, const Target& target) {
        enqueue(input, target);
        return last_loss();
    }
    /// The same, but on the GPU it returns as soon as the batch is copied and the step is queued. A step whose loss is
    /// not finite changes nothing.
    template <class Input, class Target>
    void enqueue(const Input& input, const Target& target) {
        run(as_view(input), as_view(target), true);
    }
    /// Waits for the last step and returns its loss. Throws DivergenceError if it is not finite.
    double last_loss() {
        const double loss = network_.fetch_losses()[0];
        if (is_finite(loss)) return loss;
        network_.take_back_update();
        throw DivergenceError("depix: the loss is " + std::to_string(loss) + " at step " +
                              std::to_string(network_.steps() + 1) + network_.describe_first_bad_layer());
    }
    /// The loss of a batch and its gradients, without changing the model.
    template <class Input, class Target>
    double gradient(const Input& input, const Target& target) {
        run(as_view(input), as_view(target), false);
        return network_.fetch_losses()[0];
    }
    /// The gradients of the last batch, laid out as model.parameters(): a std::span, or a std::vector that is fetched
    /// from the device. After an update they are clipped, unless they were accumulated.
    auto gradients() const { return network_.gradients(); }

    Model<Network, T>& model() { return network_.model(); }
    const Model<Network, T>& model() const { return network_.model(); }
    Loss& loss() { return loss_; }
    const Loss& loss() const { return loss_; }
    OptimizerState<T>& state() { return network_.state(); }
    const OptimizerState<T>& state() const { return network_.state(); }
    const TrainerOptions& options() const { return options_; }
    /// The exponential moving average of the weights, updated with them: average = decay average + (1 - decay) weights.
    /// It is empty if options().average_decay is 0.
    std::optional<Model<Network, T>>& average() { return network_.average(); }
    const std::optional<Model<Network, T>>& average() const { return network_.average(); }
    /// The gradients that wait for the next update; no values if options().accumulate_batches is 1.
    AccumulatedGradients<T>& accumulated() { return network_.accumulated(); }
    const AccumulatedGradients<T>& accumulated() const { return network_.accumulated(); }
    Random& random() { return random_; }
    const Random& random() const { return random_; }
    int threads() const { return engine_.threads(); }
    /// The backend's part of the trainer; mpi/fit.hpp asks it for the ranks.
    const TrainingEngine<Backend, T>& engine() const { return engine_; }
    /// Steps that were skipped because float16 gradients overflowed; the loss's scale was halved each time.
    int skipped_steps() const { return network_.skipped_steps(); }
    /// Bytes of memory that the largest batch so far has needed for maps, gradients and scratch.
    std::size_t workspace_bytes() const { return network_.pass().workspace_bytes(); }

    /// For measurements on the GPU: the recorded step, which works on the batch that is already on the device, and its
    /// stream.
    const auto& step_graph() const requires(Engine::records) { return step_; }
    const auto& stream() const requires(Engine::records) { return engine_.stream(); }

  private:
    // Runs the batch forward and backward, so many pictures at a time. After a loss that is not finite the maps stay as
    // they are, because the message needs them.
    void pass_over(int batch, int at_once) {
        if constexpr (requires { network_.run_parts(loss_); }) {
            network_.run_parts(loss_);
        } else if constexpr (ElementwiseLoss<Loss>) {
            engine_.run([&](auto lane) {
                for (int first = 0; first < batch; first += at_once) {
                    network_.forward(engine_.input().images(first, at_once), lane);
                    if (!network_.compare(loss_, engine_.target(), first, lane)) break;
                    network_.backward(lane);
                }
            });
        } else {
            for (int first = 0; first < batch; first += at_once) {
                engine_.run([&](auto lane) { network_.forward(engine_.input().images(first, at_once), lane); });
                if (!network_.compare(loss_, engine_.target(), first)) break;
                engine_.run([&](auto lane) { network_.backward(lane); });
            }
        }
    }
    void run(View<const T> input, View<const T> target, bool learn) {
        detail::check_batch<Network>(input, target, Engine::min_images);
        const int at_once = engine_.template images_at_once<Network>(input.batch, input.shape());
        const bool moved = engine_.prepare(input.batch, input.shape(), target.shape());
        if (network_.prepare(at_once, input.shape()) || moved) step_ = {}, gradient_ = {}, accumulation_ = {};
        network_.prepare_loss(loss_, input.batch, target.shape());
        engine_.send(input, target);
        network_.draw_from(random_);
        const bool updates = network_.updates();
        if (learn) network_.begin_update(optimizer);
        engine_.replay(!learn    ? gradient_
                       : updates ? step_
                                 : accumulation_,
                       [&] {
                           network_.begin_step(input.batch);
                           pass_over(input.batch, at_once);
                           if (!learn || !network_.finite()) return;
                           network_.update();
                           network_.keep_statistics();
                           if (updates && network_.averaged()) network_.move_average(options_.average_decay);
                           network_.end_step();
                       });
    }

    const TrainerOptions options_;
    Engine engine_;
    TrainedNetwork<Network, Optimizer, Backend, T> network_;
    Loss loss_;
    Random random_{1};
    typename Engine::Recording step_, gradient_, accumulation_;
};

template <class Network, class T, class Loss, class Optimizer>
Trainer(Model<Network, T>&, Loss, Optimizer, TrainerOptions) -> Trainer<Network, Loss, Optimizer, Cpu, T>;
template <class Network, class T, class Loss, class Optimizer, class Backend>
Trainer(Model<Network, T>&, Loss, Optimizer, TrainerOptions, Backend) -> Trainer<Network, Loss, Optimizer, Backend, T>;
template <class Network, class T, class Loss, class Optimizer, class Backend>
Trainer(Model<Network, T>&, Loss, Optimizer, TrainerOptions, Backend, int)
    -> Trainer<Network, Loss, Optimizer, Backend, T>;
template <class Network, class T, class Loss, class Optimizer>
Trainer(Model<Network, T>&, Loss, Optimizer) -> Trainer<Network, Loss, Optimizer, Cpu, T>;
template <class Network, class T, class Loss, class Optimizer, class Backend>
Trainer(Model<Network, T>&, Loss, Optimizer, Backend) -> Trainer<Network, Loss, Optimizer, Backend, T>;
template <class Network, class T, class Loss, class Optimizer, class Backend>
Trainer(Model<Network, T>&, Loss, Optimizer, Backend, int) -> Trainer<Network, Loss, Optimizer, Backend, T>;

}  // namespace depix
