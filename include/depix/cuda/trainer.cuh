// Trainer<..., Cuda>: a whole training on the device, without a trip to the host but for the loss, when asked.
#pragma once

#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "depix/cuda/device_model.cuh"
#include "depix/cuda/inference.cuh"
#include "depix/cuda/loss.cuh"
#include "depix/cuda/training_pass.cuh"
#include "depix/train/trainer.hpp"

namespace depix {

/// Trains a model on the GPU; what a step is, train/trainer.hpp says.
///
///     Trainer trainer{model, MeanSquaredError{}, Adam{.learning_rate = 1e-3}, Cuda{}};
///     for (const auto& [noisy, target] : batches) trainer.enqueue(noisy, target);   // returns at once
///     loss = trainer.last_loss();                                                   // waits
///
/// `step` is both. Forward, loss, backward and optimizer are one graph. Batches travel through pinned memory in a
/// stream of their own, two at a time: one is on its way while another is worked on.
///
/// The weights live on the device: the model is brought up to date when it is asked for by `model()` or a checkpoint,
/// and at the end. In float16 the loss is scaled (step_state.cuh). Same seed: same weights, bit for bit.
///
/// Throws DeviceError where there is no GPU, or it has too little memory; the model's weights are intact then.
template <Module Network, ElementwiseLoss Loss, class Optimizer, class Precision>
class Trainer<Network, Loss, Optimizer, CudaWith<Precision>, float> {
    using Backend = CudaWith<Precision>;
    using Pass = TrainingPass<Network, Backend, float>;

  public:
    Trainer(Model<Network>& model, Loss loss, Optimizer settings, Backend = {}, int /*threads*/ = 0)
        : optimizer(settings), loss_(loss), model_(model, settings) {
        const cuda::StepState state = cuda::start_state<Precision>();
        state_memory_.reserve(1);
        cuda::upload(stream_, &state, state_memory_.data(), 1);
        stream_.wait();
    }
    Trainer(const Trainer&) = delete;
    Trainer& operator=(const Trainer&) = delete;
    ~Trainer() {
        try {
            model_.host(stream_);
        } catch (const DeviceError&) {  // whoever wanted to know has asked before
        }
    }

    /// Settings may change between steps: a schedule sets optimizer.learning_rate.
    Optimizer optimizer;

    /// One step on a batch: input (N, C, H, W), target (N, C', H', W'). Returns the loss before the step.
    /// Throws ShapeError for a wrong shape and DivergenceError if the loss is not finite; the model is unchanged then.
    template <class Input, class Target>
    double step(const Input& input, const Target& target) {
        enqueue(input, target);
        return last_loss();
    }

    /// The same, but returns as soon as the batch is copied and the step is under way. A step whose loss is not finite
    /// changes nothing.
    template <class Input, class Target>
    void enqueue(const Input& input, const Target& target) {
        run(as_view(input), as_view(target), true);
        model_.count_batch();
    }

    /// The loss of the last step. Waits for it. Throws DivergenceError if it is not finite.
    double last_loss() {
        const cuda::StepState state = fetch_state();
        if (std::isfinite(state.loss)) return state.loss;
        const std::string where = std::to_string(model_.steps());
        model_.take_back_step();
        throw DivergenceError("depix: the loss is " + std::to_string(state.loss) + " at step " + where +
                              pass_.describe_first_bad_layer(stream_));
    }

    /// The loss of a batch and its gradients, without changing the model.
    template <class Input, class Target>
    double gradient(const Input& input, const Target& target) {
        run(as_view(input), as_view(target), false);
        return fetch_state().loss;
    }

    /// The gradients of the last step, laid out as model.parameters(), brought from the device.
    std::vector<float> gradients() const {
        std::vector<float> gradients = model_.fetch_gradients(stream_);
        if constexpr (cuda::scales_loss<Precision>) {
            const float unscale = 1.f / fetch_state().applied_scale;
            for (float& gradient : gradients) gradient *= unscale;
        }
        return gradients;
    }

    Model<Network>& model() { return model_.host(stream_); }
    const Model<Network>& model() const { return model_.host(stream_); }
    const Loss& loss() const { return loss_; }
    OptimizerState<float>& state() { return model_.state(stream_); }
    const OptimizerState<float>& state() const { return model_.state(stream_); }
    Random& random() { return random_; }
    const Random& random() const { return random_; }
    int threads() const { return 0; }
    /// Steps that were left out because float16 gradients overflowed; the loss's scale was halved each time.
    int skipped_steps() const { return fetch_state().skipped; }

    /// For measuring: the step on the batch that lies on the device already, and the stream it belongs to.
    const cuda::Graph& step_graph() const { return step_graph_; }
    const cuda::Stream& stream() const { return stream_; }

    /// Bytes of the device's memory for the largest batch so far: maps, gradients, scratch.
    std::size_t workspace_bytes() const { return pass_.workspace_bytes(); }

  private:
    // A batch on its way: input, target, drawn numbers and the optimizer's, one behind the other.
    struct Parcel {
        cuda::PinnedMemory<float> host;
        cuda::Memory<float> device;
        cuda::Event arrived, used;
        bool in_use = false;
    };

    void run(View<const float> input, View<const float> target, bool learn) {
        detail::check_batch<Network>(input, target);
        prepare(input.batch, input.shape());
        model_.send(stream_);
        Parcel& parcel = parcels_[next_];
        next_ = 1 - next_;
        if (std::exchange(parcel.in_use, true)) parcel.used.wait();

        float* const numbers = parcel.host.data() + input_size_ + target_size_;
        cuda::copy_on_host(input, View<float>(parcel.host.data(), input.batch, input.shape()));
        cuda::copy_on_host(target, View<float>(parcel.host.data() + input_size_, target.batch, target.shape()));
        Pass::draw(random_, numbers);
        if (learn) model_.begin_step(optimizer, numbers + Pass::draw_count);

        cuda::upload(sender_, parcel.host.data(), parcel.device.data(), parcel_size());
        parcel.arrived.record(sender_);
        parcel.arrived.let_wait(stream_);
        const View<const float> arrived(parcel.device.data(), input.batch, input.shape());
        cuda::copy(stream_, arrived, pass_.input());
        cuda::check(cudaMemcpyAsync(fixed_.data(), parcel.device.data() + input_size_,
                                    (parcel_size() - input_size_) * sizeof(float), cudaMemcpyDeviceToDevice, stream_),
                    "copy a batch on the GPU");
        parcel.used.record(stream_);
        (learn ? step_graph_ : gradient_graph_).launch(stream_);
    }

    void prepare(int batch, Shape shape) {
        if (!pass_.prepare(batch, shape) && gradient_graph_) return;
        step_graph_ = cuda::Graph();  // should anything below throw
        gradient_graph_ = cuda::Graph();
        stream_.wait();
        const auto pictures = static_cast<std::size_t>(batch);
        const Shape out = Network::output(shape);
        input_size_ = cuda::align(pictures * shape.size());
        target_size_ = cuda::align(pictures * out.size());
        for (Parcel& parcel : parcels_) {
            parcel.host.reserve(parcel_size());
            parcel.device.reserve(parcel_size());
            parcel.in_use = false;
        }
        fixed_.reserve(parcel_size() - input_size_);
        scratch_.reserve(cuda::loss_scratch(batch, out));
        step_graph_ = cuda::Graph::capture(stream_, [&] { do_step(batch, out, true); });
        gradient_graph_ = cuda::Graph::capture(stream_, [&] { do_step(batch, out, false); });
    }

    // What is captured: from the batch in place to the weights one step on.
    void do_step(int batch, Shape out, bool learn) {
        const float* const numbers = fixed_.data() + target_size_;
        cuda::StepState* const state = state_memory_.data();
        if constexpr (Pass::draw_count > 0)
            cuda::check(cudaMemcpyAsync(pass_.draws(), numbers, Pass::draw_count * sizeof(float),
                                        cudaMemcpyDeviceToDevice, stream_),
                        "copy what was drawn");
        cuda::clear(stream_, model_.gradients(), model_.count());
        pass_.forward(model_.parameters(), model_.statistics(), stream_);
        cuda::launch(stream_, cuda::begin_losses<Precision>, dim3(1), dim3(1), 0, state);
        cuda::LossCall<cuda::StorageOf<Precision>> loss;
        loss.y = pass_.output();
        loss.t = View<const float>(fixed_.data(), batch, out);
        loss.dy = pass_.output_gradient();
        loss.scratch = scratch_.data();
        loss.loss = &state->loss;
        loss.state = state;
        cuda::run_loss<Loss>(stream_, loss);
        pass_.backward(model_.parameters(), model_.gradients(), stream_);
        if (!learn) return;
        if constexpr (cuda::scales_loss<Precision>)
            cuda::launch(stream_, cuda::find_bad_gradients<float>, cuda::grid_for(model_.count()), dim3(256), 0,
                         static_cast<const float*>(model_.gradients()), model_.count(), state);
        model_.update(stream_, numbers + Pass::draw_count, state);
        model_.keep_statistics(stream_, pass_.new_statistics(), state);
        if constexpr (cuda::scales_loss<Precision>)
            cuda::launch(stream_, cuda::adapt_scale<Precision>, dim3(1), dim3(1), 0, state);
    }

    std::size_t parcel_size() const {
        return input_size_ + target_size_ + static_cast<std::size_t>(Pass::draw_count) + cuda::most_settings;
    }

    cuda::StepState fetch_state() const {
        cuda::StepState state;
        cuda::download(stream_, static_cast<const cuda::StepState*>(state_memory_.data()), &state, 1);
        stream_.wait();
        return state;
    }

    cuda::Device device_;  // first, so that its absence shows before anything else
    Loss loss_;
    cuda::Stream stream_, sender_;
    cuda::DeviceModel<Network, Optimizer> model_;
    Random random_{1};
    Pass pass_;
    std::array<Parcel, 2> parcels_;
    std::size_t next_ = 0, input_size_ = 0, target_size_ = 0;
    cuda::Memory<float> fixed_, scratch_;  // the batch's target and numbers, where the graphs look for them
    cuda::Memory<cuda::StepState> state_memory_;
    cuda::Graph step_graph_, gradient_graph_;
};

}  // namespace depix
