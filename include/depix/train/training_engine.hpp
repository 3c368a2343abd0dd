// TrainingEngine and TrainedNetwork: what the trainers ask of a backend. Here for the host; for the device see
// cuda/training_engine.cuh and cuda/trained_network.cuh.
//
// A trainer writes down what a step does, and in which order. The engine says where the batch lies and who works on it;
// a TrainedNetwork keeps all that training changes of one network. On the host the model is changed in place and every
// call does its work before it returns. On the device every call is work for a stream, of which a whole step can be
// recorded as a graph.
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
#include "depix/train/loss.hpp"
#include "depix/train/moving_average.hpp"
#include "depix/train/optimizer.hpp"
#include "depix/train/training_pass.hpp"

namespace depix {

namespace detail {

/// Whether a picture's part of the gradients does not depend on the other pictures of its batch.
template <Module Network>
constexpr bool images_are_independent() {
    bool independent = true;
    layers_of<Network>::for_each([&]<class L>() { independent &= count_tensors<L>(false) == 0; });
    return independent;
}

/// How many pictures of a batch a training step takes at once: as many as leave their maps in a third-level cache,
/// which their gradients need once more; a divisor of the batch.
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

/// Where a batch lies, and who works on it.
template <class Backend, class T>
class TrainingEngine {
  public:
    /// What each call of a network's work is given: the thread and its team.
    using Lane = cpu::Team;
    /// A step that was recorded; the host does every step anew.
    struct Recording {};
    static constexpr bool records = false;

    explicit TrainingEngine(int threads) : threads_(threads > 0 ? threads : cpu::default_threads()) {}
    int threads() const { return threads_; }

    /// How many pictures of a batch a step takes at once.
    template <Module Network>
    static int images_at_once(int batch, Shape input) {
        return detail::images_at_once<Network>(batch, input);
    }
    /// Makes room for such batches; true if what was recorded is of no use any more.
    static bool prepare(int /*batch*/, Shape /*input*/, Shape /*target*/) { return false; }
    template <class Loss>
    static void prepare_loss(Loss&, int /*batch*/, Shape /*output*/) {}

    /// The step's batch, which stays where it is.
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
    /// Does work(), which may have been recorded when it was done before.
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
    /// The losses of a step, of which a trainer computes at most two for a network.
    using Losses = std::array<double, 2>;

    TrainedNetwork(Engine& engine, Model<Network, T>& model, const Optimizer& settings, bool averaged = false)
        : engine_(engine),
          model_(model),
          settings_(settings),
          state_(settings.template start<T>(model.parameters().size())),
          gradients_(model.parameters().size()) {
        if (averaged) average_.emplace(model);
    }

    Model<Network, T>& model() { return model_; }
    const Model<Network, T>& model() const { return model_; }
    OptimizerState<T>& state() { return state_; }
    const OptimizerState<T>& state() const { return state_; }
    bool averaged() const { return average_.has_value(); }
    std::optional<Model<Network, T>>& average() { return average_; }
    const std::optional<Model<Network, T>>& average() const { return average_; }
    std::span<const T> gradients() const { return gradients_; }
    std::int64_t steps() const { return state_.step; }
    static int skipped_steps() { return 0; }

    const Pass& pass() const { return pass_; }
    /// The pass's output where the host can read it.
    View<const T> fetch_output() const { return pass_.output(); }
    std::string describe_first_bad_layer() const { return pass_.describe_first_bad_layer(); }

    /// Before a step: room for so many pictures at once. True if what was recorded is of no use any more.
    bool prepare(int images, Shape input) {
        pass_.prepare(images, input, engine_.threads());
        return false;
    }
    /// Before a forward pass: layers that draw do so from here.
    void draw_from(Random& random) { random_ = &random; }
    /// Before `update`: the optimizer's settings, and how many batches the step has learned from.
    void begin_update(const Optimizer& settings, int /*batches*/ = 1) { settings_ = settings; }
    /// After an update that was left out, since a loss was not finite.
    static void take_back_update() {}

    /// The beginning of a step: no loss and no gradient yet.
    void begin_step(int batch = 0) {
        losses_ = {};
        part_losses_.assign(static_cast<std::size_t>(batch * engine_.threads()), 0);
        clear_gradients();
    }
    static void end_step() {}
    void clear_gradients() { std::fill(gradients_.begin(), gradients_.end(), T(0)); }

    void forward(View<const T> input, cpu::Team team) { pass_.forward(model_, input, *random_, team); }
    /// From what was written to pass().input().
    void forward(cpu::Team team) { pass_.forward(model_, *random_, team); }
    void backward(cpu::Team team) { pass_.backward(model_, std::span<T>(gradients_), team); }
    /// Through the network to pass().input_gradient(); the network's own gradients are not computed.
    void backward_to_input(cpu::Team team) { pass_.backward(model_, {}, team, Pass::InputGradient::Wanted); }

    /// The losses of the pictures in the pass, the first of which is number `first_image` of the batch, and the
    /// output's gradient. Each thread takes the same rows as in the forward and backward passes, so they are still in
    /// its cache. False if a loss is not finite.
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

    /// losses[which] = the loss of the output and a target; the output's gradient is `weight` times the loss's.
    template <class Loss>
    void set_loss(Loss& loss, View<const T> target, double weight, Losses& losses, std::size_t which) {
        fill(pass_.output_gradient(), T(0));
        losses[which] = add_loss(loss, pass_.output(), target, pass_.output_gradient(), weight);
    }
    /// Likewise, where the target is `label` everywhere.
    template <class Loss>
    void set_loss(Loss& loss, double label, double weight, Losses& losses, std::size_t which) {
        const View<const T> output = pass_.output();
        if (labels_.batch != output.batch || labels_.shape != output.shape())
            labels_ = Tensor<T>(output.batch, output.shape());
        std::ranges::fill(labels_.data, static_cast<T>(label));
        set_loss(loss, std::as_const(labels_).view(), weight, losses, which);
    }
    Losses& losses() { return losses_; }
    const Losses& fetch_losses() const { return losses_; }
    /// Whether the step may go on. The device does not ask: it leaves the updates out by itself.
    bool finite() const { return is_finite(losses_[0] + losses_[1]); }

    void update() { settings_.step(model_.parameters(), std::span<const T>(gradients_), state_); }
    void keep_statistics() { pass_.keep_statistics(model_); }
    void move_average(double decay) { depix::move_average(*average_, std::as_const(model_), decay); }

  private:
    Engine& engine_;
    Model<Network, T>& model_;
    Optimizer settings_;
    OptimizerState<T> state_;
    std::vector<T> gradients_;
    std::optional<Model<Network, T>> average_;
    Random* random_ = nullptr;
    Pass pass_;
    Losses losses_{};
    std::vector<double> part_losses_;  // of each picture of the batch and thread
    Tensor<T> labels_;
};

}  // namespace depix
