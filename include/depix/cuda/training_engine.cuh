// TrainingEngine for the device: it transfers batches and records steps as graphs.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include "depix/kernels/cuda/layers.cuh"
#include "depix/train/training_engine.hpp"

namespace depix {

/// Batches are transferred through pinned memory in a stream of their own. There are two buffers, so that one batch is
/// transferred while another is processed. A batch that has arrived is copied to where a recorded step reads it.
template <class Precision>
class TrainingEngine<CudaWith<Precision>, float> {
  public:
    using Lane = cudaStream_t;
    using Recording = cuda::Graph;
    static constexpr bool records = true;

    static constexpr int min_images = 1;

    explicit TrainingEngine(int /*threads*/) {}
    TrainingEngine(const CudaWith<Precision>&, int threads) : TrainingEngine(threads) {}
    static int threads() { return 0; }
    const cuda::Stream& stream() const { return stream_; }

    template <Module Network>
    static int images_at_once(int batch, Shape /*input*/) {
        return batch;
    }
    bool prepare(int batch, Shape input, Shape target) {
        if (batch == batch_ && input == input_ && target == target_) return false;
        batch_ = 0;  // in case an allocation throws
        stream_.wait();
        input_ = input;
        target_ = target;
        input_size_ = cuda::align(static_cast<std::size_t>(batch) * input.size());
        size_ = input_size_ + static_cast<std::size_t>(batch) * target.size();
        for (Parcel& parcel : parcels_) {
            parcel.host.reserve(size_);
            parcel.device.reserve(size_);
            parcel.in_use = false;
        }
        arrived_.reserve(size_);
        batch_ = batch;
        return true;
    }

    void send(View<const float> input, View<const float> target) {
        Parcel& parcel = parcels_[next_];
        next_ = 1 - next_;
        if (std::exchange(parcel.in_use, true)) parcel.used.wait();
        cuda::copy_on_host(input, View<float>(parcel.host.data(), batch_, input_));
        cuda::copy_on_host(target, View<float>(parcel.host.data() + input_size_, batch_, target_));
        cuda::upload(sender_, parcel.host.data(), parcel.device.data(), size_);
        parcel.arrived.record(sender_);
        parcel.arrived.let_wait(stream_);
        cuda::check(cudaMemcpyAsync(arrived_.data(), parcel.device.data(), size_ * sizeof(float),
                                    cudaMemcpyDeviceToDevice, stream_),
                    "copy a batch on the GPU");
        parcel.used.record(stream_);
    }
    View<const float> input() const { return {arrived_.data(), batch_, input_}; }
    View<const float> target() const { return {arrived_.data() + input_size_, batch_, target_}; }

    template <class Work>
    void run(Work&& work) const {
        work(static_cast<cudaStream_t>(stream_));
    }
    /// The first time, records the work that work() adds to the stream. Then launches the recorded graph.
    template <class Work>
    void replay(cuda::Graph& graph, Work&& work) const {
        if (!graph) graph = cuda::Graph::capture(stream_, work);
        graph.launch(stream_);
    }
    template <class From, class To>
    void copy(View<const From> from, View<To> to, bool accumulate = false) const {
        cuda::copy(stream_, from, to, accumulate);
    }

  private:
    struct Parcel {  // input and target of a batch in transfer
        cuda::PinnedMemory<float> host;
        cuda::Memory<float> device;
        cuda::Event arrived, used;
        bool in_use = false;
    };

    cuda::Device device_;  // first, so that a missing device is reported before anything else
    cuda::Stream stream_, sender_;
    std::array<Parcel, 2> parcels_;
    cuda::Memory<float> arrived_;
    std::size_t next_ = 0, input_size_ = 0, size_ = 0;
    int batch_ = 0;
    Shape input_, target_;
};

}  // namespace depix
