// TrainingPass: one network forward and backward over a batch, in memory that is laid out once.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "depix/finite.hpp"
#include "depix/model.hpp"
#include "depix/random.hpp"
#include "depix/train/backward_plan.hpp"
#include "depix/train/training_backend.hpp"

namespace depix {

/// The forward pass in training mode, which keeps the feature map of every step of the plan, and the backward pass,
/// which goes through the steps in reverse. Trainer and AdversarialTrainer use it. The caller fills output_gradient()
/// between the two:
///
///     pass.prepare(batch, shape);
///     pass.run(threads, [&](Team team) { pass.forward(model, input, random, team); });
///     ... output_gradient() = the gradient of a loss at output() ...
///     pass.run(threads, [&](Team team) { pass.backward(model, gradients, team); });
///
/// The model is not changed; backward must see the same parameters as forward did. A batch may be cut into parts, each
/// of which is computed as a batch of its own (mpi/part_passes.hpp).
template <Module Network, class Backend = Cpu, class T = float>
class TrainingPass {
    using Run = detail::TrainingBackend<Backend>;
    static constexpr auto plan = Run::template make_plan<Network>();
    static constexpr auto backward_plan = detail::plan_backward(plan);
    static constexpr std::size_t tensors = plan.tensors.size();
    static constexpr std::size_t steps = plan.steps.size();

  public:
    /// Whether the backward pass computes the input's gradient. Only networks whose input is another network's output
    /// need it.
    enum class InputGradient : bool { Unwanted, Wanted };

    /// Calls work(Team) on each of the threads. All threads of a team must make every call below that takes a Team.
    template <class Work>
    static void run(int threads, Work&& work) {
        Run::run(threads, work);
    }

    /// Runs every layer in turn in training mode: batch norm uses the statistics of the batch, and dropout is on.
    /// `input` is (batch, C, H, W) as prepared.
    void forward(const Model<Network, T>& model, View<const T> input, Random& random, cpu::Team team) {
        forward(model, input, random, team, [](int, cpu::Team) {});
    }
    /// The same; every thread calls after_map(tensor, team) when all threads have written that tensor of the plan. The
    /// input is the first.
    template <class AfterMap>
    void forward(const Model<Network, T>& model, View<const T> input, Random& random, cpu::Team team,
                 const AfterMap& after_map) {
        set_input(input, team);
        run_forward(model, random, team, after_map);
    }
    /// The same, from what was written to input().
    void forward(const Model<Network, T>& model, Random& random, cpu::Team team) {
        run_forward(model, random, team, [](int, cpu::Team) {});
    }

    /// Runs backward from output_gradient() to the parameters, whose gradients are added to `gradients`, and to the
    /// input if wanted. `gradients` is laid out as model.parameters(); if it is empty, the network is frozen and
    /// nothing is added.
    void backward(const Model<Network, T>& model, std::span<T> gradients, cpu::Team team,
                  InputGradient wanted = InputGradient::Unwanted) {
        backward(model, gradients, team, wanted, [](int, cpu::Team) {});
    }
    /// The same; every thread calls after_step(i, team) when all threads have done step i of the plan.
    template <class AfterStep>
    void backward(const Model<Network, T>& model, std::span<T> gradients, cpu::Team team, InputGradient wanted,
                  const AfterStep& after_step) {
        for (int i = plan.step_count - 1; i >= 0; --i) {
            backward_step(i, 0, model, gradients, wanted, team);
            team.barrier();
            after_step(i, team);
        }
    }

    // The steps of a pass, for one part of the batch. The team meets after each of them.

    int parts() const { return parts_; }
    /// The first picture of a part, and how many there are.
    int first_image(int part) const { return part * images_per_part_; }
    int images(int part) const { return (std::min)(images_per_part_, batch_ - first_image(part)); }
    /// Pixels of one picture in one channel of a step's input.
    int input_area(int index) const { return map(plan.step(index).input).height * map(plan.step(index).input).width; }

    /// Copies this thread's rows of the input; begin_forward is called after it.
    void set_input(View<const T> input, cpu::Team team) {
        cpu::share_rows(team, input.batch, input.height, [&](int n, int first, int last) {
            copy(input.images(n, 1).rows(first, last - first), map(plan.input).images(n, 1).rows(first, last - first),
                 false);
        });
    }
    /// Begins a forward pass, in which each part updates the model's running statistics on its own.
    void begin_forward(const Model<Network, T>& model, cpu::Team team) {
        if (team.thread == 0)
            for (int part = 0; part < parts_; ++part)
                std::ranges::copy(model.statistics(), new_statistics_.data() + statistics_ * part);
        team.barrier();
    }
    void forward_step(int index, int part, const Model<Network, T>& model, Random& random, cpu::Team team) {
        const kernels::Forward<T> call = forward_call(index, part, model, &random);
        with_layer<Network>(plan.step(index).layer.info, [&]<class L>() { Run::template forward<L>(call, team); });
    }
    void backward_step(int index, int part, const Model<Network, T>& model, std::span<T> gradients,
                       InputGradient wanted, cpu::Team team) {
        const kernels::Backward<T> call = backward_call(index, part, model, gradients, wanted);
        if constexpr (Run::fuses) rectify_gradient(index, part, team);
        with_layer<Network>(plan.step(index).layer.info, [&]<class L>() { Run::template backward<L>(call, team); });
    }

    /// A tensor of the plan and its gradient.
    View<T> map(int tensor) const { return map_views_[static_cast<std::size_t>(tensor)]; }
    View<T> gradient_map(int tensor) const { return gradient_views_[static_cast<std::size_t>(tensor)]; }

    /// (N, C, H, W), as prepared.
    View<T> input() const { return map(plan.input); }
    /// (N, C', H', W').
    View<const T> output() const { return map(plan.output); }
    View<T> output_gradient() const { return gradient_map(plan.output); }
    /// (N, C, H, W), after a backward pass with InputGradient::Wanted.
    View<const T> input_gradient() const { return gradient_map(plan.input); }
    /// The running statistics that the last forward pass updated, laid out as model.statistics().
    std::span<const T> new_statistics(int part = 0) const {
        return {new_statistics_.data() + statistics_ * part, static_cast<std::size_t>(statistics_)};
    }
    /// Stores the running statistics that the last forward pass updated in the model. To be called if the step is kept.
    void keep_statistics(Model<Network, T>& model) const {
        std::ranges::copy(new_statistics(), model.statistics().begin());
        for (std::int64_t& batches : model.batches_tracked()) ++batches;
    }

    /// Bytes that the largest batch so far has needed for maps, gradients and scratch.
    std::size_t workspace_bytes() const { return (maps_.size() + gradient_maps_.size() + extra_.size()) * sizeof(T); }

    /// Makes room for batches of this size and for teams of so many threads. Allocates only if there was less before.
    /// `images_per_part` is 0 if the whole batch is one part. Only a batch in parts may have no picture.
    void prepare(int batch, Shape input, int threads, int images_per_part = 0) {
        // A part that is larger than the batch is the batch, so that the comparison below finds nothing new.
        if (images_per_part == 0 || (batch > 0 && images_per_part > batch)) images_per_part = batch;
        if (batch == batch_ && images_per_part == images_per_part_ && input == input_ && threads == threads_) return;
        batch_ = batch;
        images_per_part_ = images_per_part;
        parts_ = (batch + images_per_part - 1) / images_per_part;
        input_ = input;
        threads_ = threads;
        const auto shapes = find_shapes(plan, input);
        const auto shape = [&](int tensor) { return shapes[static_cast<std::size_t>(tensor)]; };
        statistics_ = 0;
        for (int i = 0; i < plan.step_count; ++i)
            statistics_ += static_cast<std::ptrdiff_t>(plan.step(i).layer.info->statistic_count);
        new_statistics_.resize(static_cast<std::size_t>(statistics_ * parts_));

        const int room = (std::max)(batch, 1);  // so that all views of no picture point into memory
        std::array<std::size_t, tensors> place{}, gradient_place{};
        std::size_t size = 0, gradient_size = 0;
        for (int i = 0; i < plan.tensor_count; ++i) {
            const auto index = static_cast<std::size_t>(i);
            if (plan.tensor(i).channels == 0) continue;  // fusion removed it
            if (plan.tensor(i).parent < 0) {
                place[index] = size;
                size += Run::size(room, shape(i), plan.tensor(i).halo);
            }
            if (backward_plan.parent[index] < 0) {
                gradient_place[index] = gradient_size;
                gradient_size += Run::size(room, shape(i), backward_plan.gradient_halo);
            }
        }
        maps_.reserve(size);
        gradient_maps_.reserve(gradient_size);
        for (int i = 0; i < plan.tensor_count; ++i) {
            const auto index = static_cast<std::size_t>(i);
            if (plan.tensor(i).channels == 0) continue;
            const int root = plan.root(i);
            const auto root_index = static_cast<std::size_t>(root);
            map_views_[index] = view_in_root(
                plan, i, Run::lay_out(maps_.data() + place[root_index], batch, shape(root), plan.tensor(root).halo));
            int top = i, channel = 0;
            for (; backward_plan.parent[static_cast<std::size_t>(top)] >= 0;
                 top = backward_plan.parent[static_cast<std::size_t>(top)])
                channel += backward_plan.offset[static_cast<std::size_t>(top)];
            gradient_views_[index] = Run::lay_out(gradient_maps_.data() + gradient_place[static_cast<std::size_t>(top)],
                                                  batch, shape(top), backward_plan.gradient_halo)
                                         .slice(channel, plan.tensor(i).channels);
        }

        const int at_once = (std::min)(batch, images_per_part);
        std::size_t scratch = 0;
        saved_size_ = 0;
        for (int i = 0; i < plan.step_count; ++i) {
            const PlanStep& step = plan.step(i);
            saved_[static_cast<std::size_t>(i)] = saved_size_;
            saved_size_ += step.layer.info->saved_size(at_once, shape(step.input));
            with_layer<Network>(step.layer.info, [&]<class L>() {
                scratch = (std::max)(scratch, Run::template scratch_size<L>(at_once, shape(step.input), threads));
            });
        }
        const std::size_t extra = saved_size_ * static_cast<std::size_t>(parts_);
        scratch_ = (extra + 15) / 16 * 16;  // aligned, because some kernels keep doubles there
        extra_.reserve(scratch_ + scratch);
    }

    /// Names the first layer whose output is not finite, for an error message. A fused step keeps only one output, so
    /// its first layer is named.
    std::string describe_first_bad_layer() const {
        for (int i = 0, number = 1; i < plan.step_count; number += plan.step(i++).layers()) {
            const View<T> y = map(plan.step(i).output);
            for (int n = 0; n < y.batch; ++n)
                for (int c = 0; c < y.channels; ++c)
                    for (int row = 0; row < y.height; ++row)
                        for (int j = 0; j < y.width; ++j)
                            if (!is_finite(y(n, c, row, j)))
                                return "; the first layer with such an output is number " + std::to_string(number) +
                                       ", " + plan.step(i).layer.info->name;
        }
        return "; all layers' outputs are finite, so look at the target";
    }

  private:
    template <class AfterMap>
    void run_forward(const Model<Network, T>& model, Random& random, cpu::Team team, const AfterMap& after_map) {
        begin_forward(model, team);
        after_map(plan.input, team);
        for (int i = 0; i < plan.step_count; ++i) {
            forward_step(i, 0, model, random, team);
            team.barrier();
            after_map(plan.step(i).output, team);
        }
    }

    View<T> map(int tensor, int part) const { return map(tensor).images(first_image(part), images(part)); }
    View<T> gradient_map(int tensor, int part) const {
        return gradient_map(tensor).images(first_image(part), images(part));
    }
    T* saved(int index, int part) {
        return extra_.data() + saved_size_ * static_cast<std::size_t>(part) + saved_[static_cast<std::size_t>(index)];
    }

  public:
    /// The arguments of a step's kernel, for one part of the batch.
    kernels::Forward<T> forward_call(int index, int part, const Model<Network, T>& model, Random* random) {
        const PlanStep& step = plan.step(index);
        kernels::Forward<T> call;
        call.input = map(step.input, part);
        if (step.other >= 0) call.other = map(step.other, part);
        call.output = map(step.output, part);
        call.parameters = model.parameters().data() + step.layer.parameters;
        call.statistics = model.statistics().data() + step.layer.statistics;
        call.new_statistics = new_statistics_.data() + statistics_ * part + step.layer.statistics;
        call.saved = saved(index, part);
        call.scratch = extra_.data() + scratch_;
        call.random = random;
        if constexpr (Run::fuses) {
            if (step.has_rectifier()) call.rectifier = {step.activation.info->traits.negative_slope};
            call.pooled = step.pool.present;
        }
        return call;
    }
    kernels::Backward<T> backward_call(int index, int part, const Model<Network, T>& model, std::span<T> gradients,
                                       InputGradient wanted) {
        const PlanStep& step = plan.step(index);
        kernels::Backward<T> call;
        call.input = map(step.input, part);
        call.output = map(step.output, part);
        call.output_gradient = gradient_map(step.output, part);
        call.input_gradient = gradient_map(step.input, part);
        if (wanted == InputGradient::Unwanted && step.input == plan.input && plan.root(plan.input) == plan.input)
            call.input_gradient.data = nullptr;
        if (step.other >= 0) {
            call.other = map(step.other, part);
            call.other_gradient = gradient_map(step.other, part);
        }
        call.accumulate = backward_plan.accumulate[static_cast<std::size_t>(index)];
        call.accumulate_other = backward_plan.accumulate_other[static_cast<std::size_t>(index)];
        call.parameters = model.parameters().data() + step.layer.parameters;
        call.parameter_gradients = gradients.empty() ? nullptr : gradients.data() + step.layer.parameters;
        call.saved = saved(index, part);
        call.scratch = extra_.data() + scratch_;
        if constexpr (Run::fuses) {
            if (step.has_rectifier()) call.rectifier = {step.activation.info->traits.negative_slope};
            call.pooled = step.pool.present;
            call.input_rectifier = {backward_plan.input_slope[static_cast<std::size_t>(index)]};
        }
        return call;
    }
    /// Passes the gradient of a step's output back through a rectifier that no step's kernel handles, if there is one.
    void rectify_gradient(int index, int part, cpu::Team team) {
        const kernels::Rectifier after{backward_plan.output_slope[static_cast<std::size_t>(index)]};
        if (!after.present()) return;
        const int output = plan.step(index).output;
        Run::rectify_gradient(map(output, part), after, gradient_map(output, part), team);
        team.barrier();
    }

  private:
    int batch_ = 0, images_per_part_ = 0, parts_ = 0;
    int threads_ = 0;
    Shape input_;
    AlignedMemory<T> maps_, gradient_maps_, extra_;
    std::vector<T> new_statistics_;  // of each part
    std::ptrdiff_t statistics_ = 0;  // of one part
    std::array<View<T>, tensors> map_views_{}, gradient_views_{};
    std::array<std::size_t, steps> saved_{};
    std::size_t saved_size_ = 0, scratch_ = 0;
};

}  // namespace depix
