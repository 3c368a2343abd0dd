// Distributed<Cuda>: training on many GPUs, one for each MPI rank, whose gradients NCCL adds. For .cu files that link
// depix::nccl. No GPU was at hand when this was written: it has run on the emulated GPU only (tests/mpi/test_nccl.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "depix/cuda/nccl.cuh"
#include "depix/cuda/trained_network.cuh"
#include "depix/mpi/distributed.hpp"
#include "depix/mpi/gradient_buckets.hpp"

namespace depix {

namespace cuda {

/// values *= weight
template <class T>
__global__ void scale_values(T* values, std::size_t count, double weight) {
    const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
    for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step)
        values[i] = static_cast<T>(weight * static_cast<double>(values[i]));
}

/// Whether the step may be kept, by the losses of all ranks. Runs in one thread.
template <class State>
__global__ void find_finite(State* state) {
    state->finite = isfinite(state->losses[0] + state->losses[1]) ? 1 : 0;
}

/// Throws Error for what NCCL cannot do.
inline const DistributedOptions& check_options(const DistributedOptions& options) {
    if (options.reduction != Reduction::Fast)
        throw Error(
            "depix: on GPUs NCCL adds the gradients as float, in an order that depends on the number of ranks: "
            "the only reduction is Reduction::Fast");
    if (options.synchronise_batch_norm) throw Error("depix: on GPUs batch norm is not synchronised between ranks");
    return options;
}

}  // namespace cuda

/// The engine of each rank.
///
///     const Communicator ranks;
///     const Distributed<Cuda> distributed{ranks, {.reduction = Reduction::Fast}};
///     Trainer trainer{model, MeanSquaredError{}, Adam{}, distributed};
///
/// Every rank must have at least one picture of each batch. Its share runs through the network as one batch, whose
/// mean and variance a batch norm uses. An AdversarialTrainer does not take it.
template <class Precision>
class TrainingEngine<Distributed<CudaWith<Precision>>, float> : public TrainingEngine<CudaWith<Precision>, float> {
    using Base = TrainingEngine<CudaWith<Precision>, float>;

  public:
    static constexpr int min_images = 0;  // so that all ranks come to `prepare`, which reports it

    TrainingEngine(const Distributed<CudaWith<Precision>>& backend, int threads)
        : Base((cuda::check_options(backend.options), cuda::choose_device(*backend.ranks), threads)),
          backend_(backend),
          gpus_(*backend.ranks) {}
    const Communicator& ranks() const { return *backend_.ranks; }
    const DistributedOptions& options() const { return backend_.options; }
    BatchShare share() const { return backend_.share(); }
    /// What a checkpoint says of the parts.
    static std::string parts_text() { return "a rank's pictures, batch norm of each part"; }

    /// Also finds the size of the whole batch. Recorded steps hold this rank's share of it.
    bool prepare(int images, Shape input, Shape target) {
        const std::vector<int> all = ranks().gather(images, "begin a step");
        const int batch = detail::whole_batch(all, share());
        for (std::size_t r = 0; r < all.size(); ++r)
            if (all[r] == 0)
                throw CollectiveError("depix: rank " + std::to_string(r) + " has no picture of a batch of " +
                                      std::to_string(batch) + "; on GPUs each rank needs one");
        weight_ = static_cast<double>(images) / batch;
        const bool moved = Base::prepare(images, input, target);
        return std::exchange(batch_, batch) != batch || moved;
    }
    /// Pictures of the last step's batch, on all ranks.
    int batch() const { return batch_; }
    /// This rank's share of the batch, of 1.
    double weight() const { return weight_; }
    /// Not measured on GPUs.
    static std::vector<double> seconds_per_image() { return {}; }

    const cuda::NcclCommunicator& gpus() const { return gpus_; }
    /// The stream in which gradients are added while the backward pass goes on.
    const cuda::Stream& adding() const { return adding_; }
    /// Waits until all work is done. Throws DeviceError if another GPU fails, Error after the ranks' timeout.
    void wait() const {
        ranks().wait_until(
            [&] {
                gpus_.check_sums();
                const cudaError_t state = cudaStreamQuery(this->stream());
                if (state != cudaErrorNotReady) cuda::check(state, "finish a step");
                return state == cudaSuccess;
            },
            "finish a step");
    }

  private:
    Distributed<CudaWith<Precision>> backend_;
    cuda::NcclCommunicator gpus_;
    cuda::Stream adding_;
    int batch_ = 0;
    double weight_ = 1;
};

/// A network that all ranks train. The loss, its gradients and the running statistics are the means over the batch, to
/// which each rank's count as much as it has pictures.
template <Module Network, class Optimizer, class Precision>
class TrainedNetwork<Network, Optimizer, Distributed<CudaWith<Precision>>, float>
    : public TrainedNetwork<Network, Optimizer, CudaWith<Precision>, float> {
    using Base = TrainedNetwork<Network, Optimizer, CudaWith<Precision>, float>;
    using Engine = TrainingEngine<Distributed<CudaWith<Precision>>, float>;
    using Pass = TrainingPass<Network, CudaWith<Precision>, float>;

  public:
    TrainedNetwork(Engine& engine, Model<Network>& model, const Optimizer& settings, const TrainerOptions& options = {})
        : Base(engine, detail::unite(engine.ranks(), engine.options(), model, options), settings, options),
          engine_(engine),
          buckets_(detail::find_gradient_buckets(plan_for_training<Network>(), model.parameters().size(),
                                                 engine.options().bucket_bytes / sizeof(float))) {}

    /// Each rank draws numbers of its own, and all draw equally often.
    void draw_from(Random& random) {
        Random own(random(), 0, static_cast<std::uint64_t>(engine_.ranks().rank()));
        Base::draw_from(own);
    }
    /// A Trainer's step: runs this rank's share forward and backward, and adds what the ranks have.
    template <class Loss>
    void run_parts(Loss& loss) {
        const cudaStream_t stream = engine_.stream(), adding = engine_.adding();
        Base::forward(engine_.input(), stream);
        Base::set_loss(loss, engine_.target(), engine_.weight(), this->losses(), 0);
        std::size_t next = 0;
        const auto add = [&](int step) {
            for (; next < buckets_.size() && buckets_[next].step >= step; ++next) {
                const detail::GradientBucket& bucket = buckets_[next];
                complete_.record(stream);
                complete_.let_wait(adding);
                engine_.gpus().add(this->device_gradients() + bucket.first, bucket.last - bucket.first, adding);
            }
        };
        this->own_pass().backward(this->parameters(), this->device_gradients(), stream, Pass::InputGradient::Unwanted,
                                  add);
        add(0);
        add_weighted(this->own_pass().new_statistics(), Pass::statistic_count(), stream, adding);
        add_weighted(this->losses()->losses, 2, stream, adding);
        added_.record(adding);
        added_.let_wait(stream);
        cuda::launch(stream, cuda::find_finite<cuda::StepState>, dim3(1), dim3(1), 0, this->losses());
    }
    static void finish_backward() {
        static_assert(sizeof(Network) == 0, "depix: an AdversarialTrainer does not train on many GPUs");
    }
    auto fetch_losses() const {
        engine_.wait();
        return Base::fetch_losses();
    }
    std::string describe_first_bad_layer() const {
        const std::string text = Base::describe_first_bad_layer();
        return text.starts_with("; all layers") ? "; all outputs of this rank's layers are finite, so look at its "
                                                  "target, and at the other ranks"
                                                : text;
    }

  private:
    template <class Number>
    void add_weighted(Number* values, std::size_t count, cudaStream_t stream, cudaStream_t adding) const {
        cuda::launch(stream, cuda::scale_values<Number>, cuda::grid_for(count), dim3(256), 0, values, count,
                     engine_.weight());
        complete_.record(stream);
        complete_.let_wait(adding);
        engine_.gpus().add(values, count, adding);
    }

    Engine& engine_;
    std::vector<detail::GradientBucket> buckets_;
    cuda::Event complete_, added_;
};

}  // namespace depix
