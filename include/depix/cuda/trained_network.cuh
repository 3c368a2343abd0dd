// TrainedNetwork for the device: the weights are stored there, and the device itself skips steps that are not finite.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "depix/cuda/content_loss.cuh"
#include "depix/cuda/optimizer.cuh"
#include "depix/cuda/training_engine.cuh"
#include "depix/cuda/training_pass.cuh"
#include "depix/error.hpp"
#include "depix/model.hpp"

namespace depix {

/// The host's copies of weights, statistics, optimizer's state and average are updated when they are requested and at
/// the end. The device's are updated before the next step if the host's may have changed.
///
/// Values that change from step to step (drawn numbers, the optimizer's settings) are passed to the device as a
/// kernel's argument before the step, so that the step itself can be recorded. The device skips a step if its loss is
/// not finite, or in float16 if its gradients are not finite (kernels/cuda/step_state.cuh).
template <Module Network, class Optimizer, class Precision>
class TrainedNetwork<Network, Optimizer, CudaWith<Precision>, float> {
    using Engine = TrainingEngine<CudaWith<Precision>, float>;
    using Pass = TrainingPass<Network, CudaWith<Precision>, float>;

  public:
    TrainedNetwork(Engine& engine, Model<Network>& model, const Optimizer& settings, const TrainerOptions& options = {})
        : stream_(engine.stream()),
          options_(options),
          host_(model),
          count_(model.parameters().size()),
          statistic_count_(model.statistics().size()),
          state_(settings.template start<float>(count_)) {
        if (options.average_decay > 0) average_.emplace(model);
        if (options.accumulate_batches > 1) accumulated_.gradients.resize(count_);
        if (detail::clips(options)) norm_parts_.reserve(cuda::norm_parts);
        memory_.reserve((4 + state_.arrays.size()) * count_ + statistic_count_ + 1);
        const cuda::StepState start = cuda::start_state<Precision>();
        cuda::upload(stream_, &start, losses(), 1);
        stream_.wait();
    }
    TrainedNetwork(const TrainedNetwork&) = delete;
    TrainedNetwork& operator=(const TrainedNetwork&) = delete;
    ~TrainedNetwork() {
        try {
            fetch();
        } catch (const DeviceError&) {  // a destructor cannot report it; a call of model() before it does
        }
    }

    // The functions that are not const let the caller change the host's copy.
    Model<Network>& model() { return may_change(host_); }
    const Model<Network>& model() const { return fetched(host_); }
    OptimizerState<float>& state() { return may_change(state_); }
    const OptimizerState<float>& state() const { return fetched(state_); }
    bool averaged() const { return average_.has_value(); }
    std::optional<Model<Network>>& average() { return may_change(average_); }
    const std::optional<Model<Network>>& average() const { return fetched(average_); }
    AccumulatedGradients<float>& accumulated() { return may_change(accumulated_); }
    const AccumulatedGradients<float>& accumulated() const { return fetched(accumulated_); }
    std::vector<float> gradients() const {
        std::vector<float> values(count_);
        cuda::download(stream_, static_cast<const float*>(device_gradients()), values.data(), count_);
        stream_.wait();
        const bool clipped = detail::clips(options_) && options_.accumulate_batches == 1;
        if (cuda::scales_loss<Precision> || clipped) {
            const cuda::StepState state = fetch_state();
            const float factor = (clipped ? state.clip_factor : 1.f) / state.applied_scale;
            for (float& gradient : values) gradient *= factor;
        }
        return values;
    }
    std::int64_t steps() const { return state_.step; }
    int skipped_steps() const { return fetch_state().skipped; }

    const Pass& pass() const { return pass_; }
    Tensor<float> fetch_output() const { return pass_.fetch_output(stream_); }
    std::string describe_first_bad_layer() const { return pass_.describe_first_bad_layer(stream_); }

    bool prepare(int images, Shape input) {
        const bool moved = pass_.prepare(images, input) || !ready_;
        if (moved) {
            ready_ = false;  // in case the allocation throws
            scratch_.reserve(cuda::loss_scratch(images, Network::output(input)));
            ready_ = true;
        }
        send();
        return moved;
    }
    /// Work that was recorded before the last `prepare` must not be used after it.
    template <class Loss>
    void prepare_loss(Loss& loss, int batch, Shape output) {
        cuda::prepare_loss(loss, batch, output);
        scratch_.reserve(cuda::loss_scratch(loss, batch, output));
    }
    void draw_from(Random& random) {
        if constexpr (Pass::draw_count > 0) {
            std::array<float, Pass::draw_count> numbers;
            Pass::draw(random, numbers.data());
            keep(numbers, pass_.draws());
        }
    }
    bool updates() const { return accumulated_.batches + 1 >= options_.accumulate_batches; }
    void begin_update(const Optimizer& settings, int batches = 1) {
        device_is_newer_ = true;
        count_batches(batches_of_update_ = batches);
        updates_ = updates();
        accumulated_.batches = updates_ ? 0 : accumulated_.batches + 1;
        if (!updates_) return;
        std::array<float, cuda::max_settings> numbers{};
        cuda::OnDevice<Optimizer>::numbers(settings, ++state_.step, numbers.data());
        keep(numbers, numbers_.data());
    }
    void take_back_update() {
        if (batches_of_update_ == 0) return;
        count_batches(-std::exchange(batches_of_update_, 0));
        accumulated_.batches = updates_ ? options_.accumulate_batches - 1 : accumulated_.batches - 1;
        if (updates_) --state_.step;
    }

    void begin_step(int /*batch*/ = 0) {
        cuda::launch(stream_, cuda::begin_losses<Precision>, dim3(1), dim3(1), 0, losses());
        clear_gradients();
    }
    void end_step() {
        if constexpr (cuda::scales_loss<Precision>)
            cuda::launch(stream_, cuda::adapt_scale<Precision>, dim3(1), dim3(1), 0, losses());
    }
    void clear_gradients() { cuda::clear(stream_, device_gradients(), count_); }

    void forward(View<const float> input, cudaStream_t stream) {
        cuda::copy(stream, input, pass_.input());
        forward(stream);
    }
    void forward(cudaStream_t stream) { pass_.forward(parameters(), statistics(), stream); }
    void backward(cudaStream_t stream) { pass_.backward(parameters(), device_gradients(), stream); }
    static void finish_backward() {}
    void backward_to_input(cudaStream_t stream) {
        pass_.backward(parameters(), nullptr, stream, Pass::InputGradient::Wanted);
    }

    template <ElementwiseLoss Loss>
    bool compare(Loss& loss, View<const float> target, int /*first_image*/, cudaStream_t) {
        set_loss(loss, target, 1, losses(), 0);
        return true;
    }
    template <class Loss>
    bool compare(Loss& loss, View<const float> target, int /*first_image*/) {
        set_loss(loss, target, 1, losses(), 0);
        return true;
    }
    template <class Loss>
    void set_loss(Loss& loss, View<const float> target, double weight, cuda::StepState* losses, std::size_t which) {
        auto call = loss_call(weight, losses, which);
        call.t = target;
        if constexpr (ElementwiseLoss<Loss>) {
            cuda::run_loss(stream_, loss, call);
        } else {
            cuda::elementwise(stream_, call.dy, cuda::Fill<cuda::StorageOf<Precision>>{call.dy, 0.f});
            cuda::add_loss(stream_, loss, call);
        }
    }
    template <ElementwiseLoss Loss>
    void set_loss(Loss& loss, double label, double weight, cuda::StepState* losses, std::size_t which) {
        auto call = loss_call(weight, losses, which);
        call.label = static_cast<float>(label);
        cuda::run_loss(stream_, loss, call);
    }
    cuda::StepState* losses() const { return step_.data(); }
    std::array<double, 2> fetch_losses() const {
        const cuda::StepState state = fetch_state();
        return {state.losses[0], state.losses[1]};
    }
    static constexpr bool finite() { return true; }

    void update() {
        if constexpr (cuda::scales_loss<Precision>)
            cuda::launch(stream_, cuda::find_bad_gradients<float>, cuda::grid_for(count_), dim3(256), 0,
                         static_cast<const float*>(device_gradients()), count_, losses());
        const bool accumulates = options_.accumulate_batches > 1;
        const cuda::StepState* const state = losses();
        if (accumulates)
            cuda::launch(stream_, cuda::accumulate_gradients<float>, cuda::grid_for(count_), dim3(256), 0,
                         static_cast<const float*>(device_gradients()), device_accumulated(), count_,
                         1.f / static_cast<float>(options_.accumulate_batches), state);
        if (!updates_) return;
        const float* const gradients = accumulates ? device_accumulated() : device_gradients();
        if (detail::clips(options_)) {
            cuda::launch(stream_, cuda::sum_squares<float>, dim3(cuda::norm_parts), dim3(256),
                         256 / 32 * sizeof(double), gradients, count_, norm_parts_.data());
            cuda::launch(stream_, cuda::find_clip_factor<double>, dim3(1), dim3(1), 0,
                         static_cast<const double*>(norm_parts_.data()), options_.max_gradient_norm, !accumulates,
                         losses());
        }
        cuda::launch(stream_, cuda::optimizer_step<Optimizer>, cuda::grid_for(count_), dim3(256), 0,
                     static_cast<const float*>(numbers_.data()), gradients, parameters(), arrays(), count_,
                     !accumulates, state);
        if (accumulates)
            cuda::launch(stream_, cuda::clear_accumulated<float>, cuda::grid_for(count_), dim3(256), 0,
                         device_accumulated(), count_, state);
    }
    void keep_statistics() {
        cuda::launch(stream_, cuda::keep_if_finite<float>, cuda::grid_for(statistic_count_), dim3(256), 0,
                     static_cast<const float*>(pass_.new_statistics()), statistics(), statistic_count_,
                     static_cast<const cuda::StepState*>(losses()));
    }
    void move_average(double decay) {
        cuda::launch(stream_, cuda::move_average<float>, cuda::grid_for(count_), dim3(256), 0,
                     static_cast<const float*>(parameters()), device_average(), count_, static_cast<float>(decay),
                     static_cast<const cuda::StepState*>(losses()));
    }

  protected:  // for cuda/distributed.cuh
    // The memory on the device: parameters, gradients, the optimizer's arrays, the average, accumulated gradients,
    // statistics.
    float* parameters() const { return memory_.data(); }
    float* device_gradients() const { return parameters() + count_; }
    std::size_t parameter_count() const { return count_; }
    Pass& own_pass() { return pass_; }

  private:
    float* arrays() const { return parameters() + 2 * count_; }
    float* device_average() const { return arrays() + state_.arrays.size() * count_; }
    float* device_accumulated() const { return device_average() + (average_ ? count_ : 0); }
    float* statistics() const { return device_accumulated() + accumulated_.gradients.size(); }

    // Calls visit(the host's copy, the device's copy) for everything that both have.
    template <class Visit>
    void visit_copies(Visit&& visit) const {
        visit(host_.parameters(), parameters());
        visit(host_.statistics(), statistics());
        for (std::size_t a = 0; a < state_.arrays.size(); ++a)
            visit(std::span<float>(state_.arrays[a].second), arrays() + a * count_);
        if (average_) visit(average_->parameters(), device_average());
        visit(std::span<float>(accumulated_.gradients), device_accumulated());
    }
    void send() {
        if (!host_is_newer_) return;
        visit_copies([&](std::span<const float> host, float* device) {
            cuda::upload(stream_, host.data(), device, host.size());
        });
        stream_.wait();  // the host's memory is not pinned
        host_is_newer_ = false;
    }
    void fetch() const {
        if (!device_is_newer_) return;
        visit_copies([&](std::span<float> host, const float* device) {
            cuda::download(stream_, device, host.data(), host.size());
        });
        stream_.wait();
        device_is_newer_ = false;
        if (!average_) return;
        std::ranges::copy(host_.statistics(), average_->statistics().begin());
        std::ranges::copy(host_.batches_tracked(), average_->batches_tracked().begin());
    }
    template <class Copy>
    const Copy& fetched(const Copy& copy) const {
        fetch();
        return copy;
    }
    template <class Copy>
    Copy& may_change(Copy& copy) {
        fetch();
        host_is_newer_ = true;
        return copy;
    }
    cuda::StepState fetch_state() const {
        cuda::StepState state;
        cuda::download(stream_, static_cast<const cuda::StepState*>(step_.data()), &state, 1);
        stream_.wait();
        return state;
    }
    void count_batches(int batches) {
        for (std::int64_t& tracked : host_.batches_tracked()) tracked += batches;
    }
    template <std::size_t Count>
    void keep(const std::array<float, Count>& numbers, float* place) const {
        cuda::launch(stream_, cuda::keep_numbers<std::array<float, Count>>, dim3(1), dim3(1), 0, numbers, place);
    }
    cuda::LossCall<cuda::StorageOf<Precision>> loss_call(double weight, cuda::StepState* losses,
                                                         std::size_t which) const {
        cuda::LossCall<cuda::StorageOf<Precision>> call;
        call.y = pass_.output();
        call.dy = pass_.output_gradient();
        call.weight = weight;
        call.scratch = scratch_.data();
        call.loss = &losses->losses[which];
        call.state = losses;
        return call;
    }

    const cuda::Stream& stream_;
    const TrainerOptions options_;
    Model<Network>& host_;
    std::size_t count_, statistic_count_;
    mutable OptimizerState<float> state_;
    mutable AccumulatedGradients<float> accumulated_;
    mutable std::optional<Model<Network>> average_;
    cuda::Memory<float> memory_;
    Pass pass_;
    cuda::Memory<float> numbers_{cuda::max_settings};  // the optimizer's numbers for the step
    cuda::Memory<float> scratch_;
    cuda::Memory<double> norm_parts_;
    cuda::Memory<cuda::StepState> step_{1};
    int batches_of_update_ = 0;
    bool updates_ = true;  // whether the last batch completed an update
    bool ready_ = false, host_is_newer_ = true;
    mutable bool device_is_newer_ = false;
};

}  // namespace depix
