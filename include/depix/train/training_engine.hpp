// TrainingEngine and TrainedNetwork: what the trainers need from a backend. These are the host's; the device's are in
// cuda/training_engine.cuh and cuda/trained_network.cuh, those of many processes in mpi/distributed.hpp and
// mpi/trained_network.hpp.
//
// A trainer defines what a step does and in which order. The engine holds the batch and runs the work. A TrainedNetwork
// holds everything that training changes in one network. On the host the model is changed in place, and every call
// finishes its work before it returns. On the device every call adds work to a stream, and the work of a whole step can
// be recorded as a graph.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "depix/finite.hpp"
#include "depix/model.hpp"
#include "depix/random.hpp"
#include "depix/tensor.hpp"
#include "depix/train/batch_loss.hpp"
#include "depix/train/loss.hpp"
#include "depix/train/moving_average.hpp"
#include "depix/train/optimizer.hpp"
#include "depix/train/trainer_options.hpp"
#include "depix/train/training_pass.hpp"

namespace depix {

namespace detail {

/// Whether a picture's contribution to the gradients is independent of the other pictures of its batch.
template <Module Network>
constexpr bool images_are_independent() {
    bool independent = true;
    layers_of<Network>::for_each([&]<class L>() { independent &= count_tensors<L>(false) == 0; });
    return independent;
}

/// How many pictures of a batch a training step processes at once: the largest divisor of the batch for which the maps
/// fit in a third-level cache. Their gradients need as much memory again.
template <Module Network>
int images_at_once(int batch, Shape input) {
    if constexpr (!images_are_independent<Network>()) return batch;
    constexpr auto plan = plan_for_training<Network>();
    constexpr std::size_t cache = 4 << 20;  // of floats, 16 MiB
    const auto shapes = find_shapes(plan, input);
    std::size_t maps = 0;  // of one picture
    for (int i = 0; i < plan.tensor_count; ++i)
        if (plan.root(i) == i) maps += shapes[static_cast<std::size_t>(i)].size();
    for (int images = batch; images > 1; --images)
        if (batch % images == 0 && static_cast<std::size_t>(images) * maps <= cache) return images;
    return 1;
}

}  // namespace detail

/// Holds a batch, and runs work on it.
template <class Backend, class T>
class TrainingEngine {
  public:
    /// The argument of each call of a network's work: the thread and its team.
    using Lane = cpu::Team;
    /// A recorded step. The host records nothing and runs every step anew.
    struct Recording {};
    static constexpr bool records = false;

    /// The least number of pictures of a batch.
    static constexpr int min_images = 1;

    explicit TrainingEngine(int threads) : threads_(threads > 0 ? threads : cpu::default_threads()) {}
    TrainingEngine(const Backend&, int threads) : TrainingEngine(threads) {}
    int threads() const { return threads_; }

    /// How many pictures of a batch a step processes at once.
    template <Module Network>
    static int images_at_once(int batch, Shape input) {
        return detail::images_at_once<Network>(batch, input);
    }
    /// Makes room for batches of these shapes. True if recorded steps are no longer valid.
    static bool prepare(int /*batch*/, Shape /*input*/, Shape /*target*/) { return false; }

    /// Sets the step's batch, which is not copied.
    void send(View<const T> input, View<const T> target) {
        input_ = input;
        target_ = target;
    }
    View<const T> input() const { return input_; }
    View<const T> target() const { return target_; }

    /// Calls work(lane) on every thread of a team.
    template <class Work>
    void run(Work&& work) const {
        detail::TrainingBackend<Backend>::run(threads_, work);
    }
    /// Runs work(). A backend that records may run the recorded work instead.
    template <class Work>
    static void replay(Recording&, Work&& work) {
        work();
    }
    static void copy(View<const T> from, View<T> to, bool accumulate = false) { depix::copy(from, to, accumulate); }

  private:
    int threads_;
    View<const T> input_, target_;
};

/// A network in training: its model, gradients, optimizer's state and moving average, and its passes over a batch.
template <Module Network, class Optimizer, class Backend, class T>
class TrainedNetwork {
    using Engine = TrainingEngine<Backend, T>;
    using Pass = TrainingPass<Network, Backend, T>;

  public:
    /// The losses of a step. A trainer computes at most two for a network.
    using Losses = std::array<double, 2>;

    TrainedNetwork(Engine& engine, Model<Network, T>& model, const Optimizer& settings,
                   const TrainerOptions& options = {})
        : engine_(engine),
          options_(options),
          model_(model),
          settings_(settings),
          state_(settings.template start<T>(model.parameters().size())),
          gradients_(model.parameters().size()) {
        if (options.average_decay > 0) average_.emplace(model);
        if (options.accumulate_batches > 1) accumulated_.gradients.resize(model.parameters().size());
    }

    Model<Network, T>& model() { return model_; }
    const Model<Network, T>& model() const { return model_; }
    OptimizerState<T>& state() { return state_; }
    const OptimizerState<T>& state() const { return state_; }
    bool averaged() const { return average_.has_value(); }
    std::optional<Model<Network, T>>& average() { return average_; }
    const std::optional<Model<Network, T>>& average() const { return average_; }
    AccumulatedGradients<T>& accumulated() { return accumulated_; }
    const AccumulatedGradients<T>& accumulated() const { return accumulated_; }
    std::span<const T> gradients() const { return gradients_; }
    std::int64_t steps() const { return state_.step; }
    static int skipped_steps() { return 0; }

    const Pass& pass() const { return pass_; }
    /// The pass's output where the host can read it.
    View<const T> fetch_output() const { return pass_.output(); }
    std::string describe_first_bad_layer() const { return pass_.describe_first_bad_layer(); }

    /// To be called before a step: makes room for so many pictures at once. True if recorded steps are no longer valid.
    bool prepare(int images, Shape input) {
        pass_.prepare(images, input, engine_.threads());
        return false;
    }
    /// To be called after `prepare`: makes room for a loss of a batch of outputs.
    template <class Loss>
    static void prepare_loss(Loss&, int /*batch*/, Shape /*output*/) {}
    /// To be called before a forward pass: layers that need random numbers draw them from `random`.
    void draw_from(Random& random) { random_ = &random; }
    /// Whether the next batch completes an update. The others are only accumulated.
    bool updates() const { return accumulated_.batches + 1 >= options_.accumulate_batches; }
    /// To be called before `update`: sets the optimizer's settings and the number of batches that the step was trained
    /// on.
    void begin_update(const Optimizer& settings, int /*batches*/ = 1) { settings_ = settings; }
    /// To be called after an update that was skipped because a loss was not finite.
    static void take_back_update() {}

    /// Begins a step: sets losses and gradients to 0.
    void begin_step(int batch = 0) {
        begin_losses(batch);
        clear_gradients();
    }
    static void end_step() {}
    void clear_gradients() { std::fill(gradients_.begin(), gradients_.end(), T(0)); }

    void forward(View<const T> input, cpu::Team team) { pass_.forward(model_, input, *random_, team); }
    /// The same, from what was written to pass().input().
    void forward(cpu::Team team) { pass_.forward(model_, *random_, team); }
    void backward(cpu::Team team) { pass_.backward(model_, std::span<T>(gradients_), team); }
    /// To be called after `backward`, outside of run(): completes the gradients, if others have parts of the batch.
    static void finish_backward() {}
    /// Runs backward through the network to pass().input_gradient(); the network's own gradients are not computed.
    void backward_to_input(cpu::Team team) { pass_.backward(model_, {}, team, Pass::InputGradient::Wanted); }

    /// Computes the losses of the pictures in the pass, the first of which is number `first_image` of the batch, and
    /// the output's gradient. Each thread takes the same rows as in the forward and backward passes, so they are still
    /// in its cache. False if a loss is not finite.
    template <ElementwiseLoss Loss>
    bool compare(const Loss& loss, View<const T> target, int first_image, cpu::Team team) {
        const View<const T> output = pass_.output();
        const double elements = static_cast<double>(target.batch) * static_cast<double>(target.shape().size());
        const T factor = static_cast<T>(1 / elements);
        cpu::share_rows(team, output.batch, output.height, [&](int n, int first, int last) {
            part_losses_[static_cast<std::size_t>((first_image + n) * engine_.threads() + team.thread)] =
                sum_loss(loss, output.rows(first, last - first),
                         target.images(first_image, output.batch).rows(first, last - first),
                         pass_.output_gradient().rows(first, last - first), n, factor);
        });
        team.barrier();
        const auto begin = part_losses_.begin(), end = begin + (first_image + output.batch) * engine_.threads();
        if (team.thread == 0) losses_[0] = std::accumulate(begin, end, 0.0) / elements;
        return std::all_of(end - output.batch * engine_.threads(), end, [](double part) { return is_finite(part); });
    }

    /// The same for a loss of whole pictures, by one thread and outside of run(), because the loss may run threads.
    template <class Loss>
    bool compare(Loss& loss, View<const T> target, int first_image) {
        const View<const T> output = pass_.output();
        const double share = static_cast<double>(output.batch) / static_cast<double>(target.batch);
        fill(pass_.output_gradient(), T(0));
        const double part =
            add_loss(loss, output, target.images(first_image, output.batch), pass_.output_gradient(), share);
        losses_[0] += share * part;
        return is_finite(part);
    }

    /// losses[which] = the loss of the output and a target; the output's gradient is `weight` times the loss's.
    template <class Loss>
    void set_loss(Loss& loss, View<const T> target, double weight, Losses& losses, std::size_t which) {
        fill(pass_.output_gradient(), T(0));
        losses[which] = add_loss(loss, pass_.output(), target, pass_.output_gradient(), weight);
    }
    /// The same for a target that is `label` everywhere.
    template <class Loss>
    void set_loss(Loss& loss, double label, double weight, Losses& losses, std::size_t which) {
        set_loss(loss, labels(label), weight, losses, which);
    }
    Losses& losses() { return losses_; }
    const Losses& fetch_losses() const { return losses_; }
    /// Whether the step may continue. On the device this is always true, because the device skips the updates itself.
    bool finite() const { return is_finite(losses_[0] + losses_[1]); }

    /// Changes the weights, or accumulates the gradients for the batch that does.
    void update() {
        std::span<T> gradients(gradients_);
        if (options_.accumulate_batches > 1) {
            const T share = T(1) / static_cast<T>(options_.accumulate_batches);
            for (std::size_t i = 0; i < gradients.size(); ++i) accumulated_.gradients[i] += share * gradients[i];
            if (++accumulated_.batches < options_.accumulate_batches) return;
            gradients = accumulated_.gradients;
        }
        if (detail::clips(options_)) clip_gradients(gradients, options_.max_gradient_norm);
        settings_.step(model_.parameters(), std::span<const T>(gradients), state_);
        std::ranges::fill(accumulated_.gradients, T(0));
        accumulated_.batches = 0;
    }
    void keep_statistics() { pass_.keep_statistics(model_); }
    void move_average(double decay) { depix::move_average(*average_, std::as_const(model_), decay); }

  protected:  // for mpi/trained_network.hpp
    void begin_losses(int batch) {
        losses_ = {};
        part_losses_.assign(static_cast<std::size_t>(batch * engine_.threads()), 0);
    }
    /// A target of the output's shape that is `label` everywhere.
    View<const T> labels(double label) {
        const View<const T> output = pass_.output();
        if (labels_.batch != output.batch || labels_.shape != output.shape())
            labels_ = Tensor<T>(output.batch, output.shape());
        std::ranges::fill(labels_.data, static_cast<T>(label));
        return std::as_const(labels_).view();
    }

    Engine& engine_;
    const TrainerOptions options_;
    Model<Network, T>& model_;
    Optimizer settings_;
    OptimizerState<T> state_;
    std::vector<T> gradients_;
    AccumulatedGradients<T> accumulated_;
    std::optional<Model<Network, T>> average_;
    Random* random_ = nullptr;
    Pass pass_;
    Losses losses_{};
    std::vector<double> part_losses_;  // of each picture of the batch and each thread
    Tensor<T> labels_;
};

}  // namespace depix
