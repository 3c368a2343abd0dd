// A model and its optimizer's state on the device, and which copy is the newer one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "depix/cuda/optimizer.cuh"
#include "depix/model.hpp"

namespace depix::cuda {

/// The weights, running statistics, gradients and optimizer state of one network. The host's copies are brought up to
/// date when somebody asks for them, and the device's before the next step when somebody may have changed the host's.
template <Module Network, class Optimizer>
class DeviceModel {
  public:
    DeviceModel(Model<Network>& host, const Optimizer& settings)
        : host_(host),
          count_(host.parameters().size()),
          statistic_count_(host.statistics().size()),
          state_(settings.template start<float>(count_)),
          memory_((2 + state_.arrays.size()) * count_ + statistic_count_ + 1) {}

    float* parameters() const { return memory_.data(); }
    float* gradients() const { return memory_.data() + count_; }
    float* arrays() const { return memory_.data() + 2 * count_; }
    float* statistics() const { return memory_.data() + (2 + state_.arrays.size()) * count_; }
    std::size_t count() const { return count_; }

    /// The host's, up to date; whoever may change it says so by the call that is not const.
    const Model<Network>& host(const Stream& stream) const {
        fetch(stream);
        return host_;
    }
    Model<Network>& host(const Stream& stream) {
        fetch(stream);
        host_is_newer_ = true;
        return host_;
    }
    const OptimizerState<float>& state(const Stream& stream) const {
        fetch(stream);
        return state_;
    }
    OptimizerState<float>& state(const Stream& stream) {
        fetch(stream);
        host_is_newer_ = true;
        return state_;
    }
    std::vector<float> fetch_gradients(const Stream& stream) const {
        std::vector<float> gradients(count_);
        download(stream, static_cast<const float*>(this->gradients()), gradients.data(), count_);
        stream.wait();
        return gradients;
    }

    /// Before a step: the device has what the host has.
    void send(const Stream& stream) {
        if (!host_is_newer_) return;
        upload(stream, host_.parameters().data(), parameters(), count_);
        upload(stream, host_.statistics().data(), statistics(), statistic_count_);
        for (std::size_t a = 0; a < state_.arrays.size(); ++a)
            upload(stream, state_.arrays[a].second.data(), arrays() + a * count_, count_);
        stream.wait();  // the host's memory is not pinned
        host_is_newer_ = false;
    }
    /// Counts a step, and says what it needs to know of the optimizer.
    void begin_step(const Optimizer& settings, float* numbers) {
        device_is_newer_ = true;
        OnDevice<Optimizer>::numbers(settings, ++state_.step, numbers);
    }
    /// A step that was begun and left out.
    void take_back_step() { --state_.step; }
    std::int64_t steps() const { return state_.step; }
    /// A forward pass in training mode whose statistics were kept.
    void count_batch() {
        for (std::int64_t& batches : host_.batches_tracked()) ++batches;
    }

    /// The optimizer's step; `numbers` lie on the device. Work for the stream, which can be captured.
    void update(cudaStream_t stream, const float* numbers, const StepState* state) const {
        launch(stream, optimizer_step<Optimizer>, grid_for(count_), dim3(256), 0, numbers,
               static_cast<const float*>(gradients()), parameters(), arrays(), count_, state);
    }
    void keep_statistics(cudaStream_t stream, const float* new_statistics, const StepState* state) const {
        launch(stream, keep_if_finite<float>, grid_for(statistic_count_), dim3(256), 0, new_statistics, statistics(),
               statistic_count_, state);
    }

  private:
    void fetch(const Stream& stream) const {
        if (!device_is_newer_) return;
        download(stream, static_cast<const float*>(parameters()), host_.parameters().data(), count_);
        download(stream, static_cast<const float*>(statistics()), host_.statistics().data(), statistic_count_);
        for (std::size_t a = 0; a < state_.arrays.size(); ++a)
            download(stream, static_cast<const float*>(arrays() + a * count_), state_.arrays[a].second.data(), count_);
        stream.wait();
        device_is_newer_ = false;
    }

    Model<Network>& host_;
    std::size_t count_, statistic_count_;
    mutable OptimizerState<float> state_;
    Memory<float> memory_;  // parameters, gradients, optimizer's arrays, statistics
    bool host_is_newer_ = true;
    mutable bool device_is_newer_ = false;
};

/// The exponential moving average of a model's weights on the device, if it is wanted at all.
template <Module Network>
class DeviceAverage {
  public:
    DeviceAverage(const Model<Network>& model, bool wanted) {
        if (wanted) host_.emplace(model);
    }
    explicit operator bool() const { return host_.has_value(); }

    /// Before a step: the device has what the host has.
    void send(const Stream& stream) {
        if (!host_ || on_device_) return;
        const std::span<const float> values = std::as_const(*host_).parameters();
        memory_.reserve(values.size());
        upload(stream, values.data(), memory_.data(), values.size());
        stream.wait();  // the host's memory is not pinned
        on_device_ = true;
    }
    /// average = decay average + (1 - decay) weights. Work for the stream.
    void move(const Stream& stream, const float* weights, float decay) {
        const std::size_t count = host_->parameters().size();
        launch(stream, move_average<float>, grid_for(count), dim3(256), 0, weights, memory_.data(), count, decay);
    }

    /// The host's, up to date, with the running statistics of the model itself.
    const std::optional<Model<Network>>& host(const Stream& stream, const Model<Network>& model) const {
        if (!host_ || !on_device_) return host_;
        const std::span<float> values = host_->parameters();
        download(stream, static_cast<const float*>(memory_.data()), values.data(), values.size());
        stream.wait();
        std::ranges::copy(model.statistics(), host_->statistics().begin());
        std::ranges::copy(model.batches_tracked(), host_->batches_tracked().begin());
        return host_;
    }
    /// Likewise, for somebody who may change it.
    std::optional<Model<Network>>& host(const Stream& stream, const Model<Network>& model) {
        std::as_const(*this).host(stream, model);
        on_device_ = false;
        return host_;
    }

  private:
    mutable std::optional<Model<Network>> host_;
    Memory<float> memory_;
    bool on_device_ = false;
};

}  // namespace depix::cuda
