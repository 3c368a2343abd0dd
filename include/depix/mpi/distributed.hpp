// Distributed: a trainer's backend for many processes, each of which trains on a part of every batch. The networks of a
// trainer are in trained_network.hpp.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "depix/mpi/communicator.hpp"
#include "depix/mpi/gradient_sum.hpp"
#include "depix/train/batch_share.hpp"
#include "depix/train/training_engine.hpp"

namespace depix {

struct DistributedOptions {
    /// A batch is cut into parts of so many pictures, each of which runs forward and backward alone. The result depends
    /// on this number, not on the ranks. If it does not divide the batch, the rank with the smaller last part lays out
    /// and clears its maps twice a step, which took 8 to 14 % of the processor time of two networks' steps.
    int images_per_part = 4;
    /// false: batch norm normalises each part by its own mean and variance (Hoffer et al. 2017 call it ghost batch
    /// normalization), and the running statistics move towards the mean of the parts'. true: by those of the whole
    /// batch, as in one process and as PyTorch's SyncBatchNorm does. The parts then go through the network together,
    /// so the maps of a rank's whole share are in memory, and gradients for each of its parts. The ranks meet twice at
    /// each batch norm of a step. A network without batch norm is trained as before.
    bool synchronise_batch_norm = false;
    Reduction reduction = Reduction::SameBits;
    /// Gradients are sent in pieces of at least so many bytes, while the backward pass of a rank's last part goes on.
    std::size_t bucket_bytes = std::size_t{1} << 20;
};

/// Trains on all ranks of a communicator, each of which computes with `Backend` (Cpu, or Reference for double; Cuda
/// needs cuda/distributed.cuh).
///
///     depix::Mpi mpi(&count, &arguments);
///     const Communicator ranks;
///     const Distributed distributed{ranks, {.images_per_part = 4}};
///     const Loader loader{source, {.batch_size = 64, .share = distributed.share()}};
///     Trainer trainer{model, MeanSquaredError{}, Adam{}, distributed};
///     for (const auto& [noisy, target] : loader.epoch(0)) loss = trainer.step(noisy, target);
///
/// Every rank makes the same calls. `step` takes the rank's own share of the batch (train/batch_share.hpp), which may
/// be empty, and returns the loss of the whole batch. The model's weights are those of rank 0 from the start, and equal
/// on all ranks after every step.
///
/// With Reduction::SameBits the weights have the same bits for any number of ranks, if each rank has the same number of
/// threads. If the trainer is given none, a rank has one. They are not those of a Trainer without ranks, which adds in
/// another order. Trainer's constructor throws CollectiveError if the ranks' networks or options differ; `step` throws
/// Error if the shares are not those of one batch, and DivergenceError on all ranks.
///
/// An AdversarialTrainer takes it too. Its networks keep the maps of a rank's whole share.
template <class Backend = Cpu>
struct Distributed {
    explicit Distributed(const Communicator& all, const DistributedOptions& chosen = {})
        : ranks(&all), options(chosen) {
        if (chosen.images_per_part < 1)
            throw Error("depix: a part of a batch has " + std::to_string(chosen.images_per_part) +
                        " pictures; it must have at least 1");
    }
    /// What this rank trains on of every batch, for a loader's options.
    BatchShare share() const { return {ranks->rank(), ranks->size(), options.images_per_part}; }

    const Communicator* ranks;  ///< must outlive the trainer
    DistributedOptions options;
};
Distributed(const Communicator&)->Distributed<Cpu>;
Distributed(const Communicator&, const DistributedOptions&)->Distributed<Cpu>;

namespace detail {

/// The size of a batch of which the ranks bring so many pictures. Throws CollectiveError unless these are their shares.
inline int whole_batch(const std::vector<int>& images, const BatchShare& share) {
    const int batch = std::accumulate(images.begin(), images.end(), 0);
    if (batch < 1) throw CollectiveError("depix: no rank has a picture of this batch");
    for (std::size_t r = 0; r < images.size(); ++r) {
        const int due = share.images_of(batch, static_cast<int>(r)).size();
        if (images[r] != due)
            throw CollectiveError("depix: rank " + std::to_string(r) + " brings " + std::to_string(images[r]) +
                                  " of a batch's " + std::to_string(batch) + " pictures, but its share is " +
                                  std::to_string(due) + "; give the loader the share of Distributed");
    }
    return batch;
}

/// Gives all ranks rank 0's weights. Throws CollectiveError if the networks or options differ.
template <Module Network, class T>
Model<Network, T>& unite(const Communicator& ranks, const DistributedOptions& chosen, Model<Network, T>& model,
                         const TrainerOptions& options) {
    struct Settings {
        std::int64_t parameters, statistics, images_per_part, synchronised, reduction, bucket_bytes, accumulate_batches;
        double max_gradient_norm, average_decay;
        bool operator==(const Settings&) const = default;
    };
    const Settings own{static_cast<std::int64_t>(model.parameters().size()),
                       static_cast<std::int64_t>(model.statistics().size()),
                       chosen.images_per_part,
                       chosen.synchronise_batch_norm,
                       static_cast<std::int64_t>(chosen.reduction),
                       static_cast<std::int64_t>(chosen.bucket_bytes),
                       options.accumulate_batches,
                       options.max_gradient_norm,
                       options.average_decay};
    const std::vector<Settings> all = ranks.gather(own, "compare networks and options");
    for (std::size_t r = 1; r < all.size(); ++r)
        if (all[r] != all[0])
            throw CollectiveError("depix: rank " + std::to_string(r) +
                                  " has another network or other options of its trainer than rank 0: " +
                                  std::to_string(all[r].parameters) + " parameters and parts of " +
                                  std::to_string(all[r].images_per_part) + " pictures, where rank 0 has " +
                                  std::to_string(all[0].parameters) + " and " + std::to_string(all[0].images_per_part));
    ranks.broadcast(model.parameters(), "share the weights");
    ranks.broadcast(model.statistics(), "share the weights");
    ranks.broadcast(model.batches_tracked(), "share the weights");
    return model;
}

}  // namespace detail

/// The engine of each rank.
template <class Backend, class T>
class TrainingEngine<Distributed<Backend>, T> : public TrainingEngine<Backend, T> {
    using Base = TrainingEngine<Backend, T>;

  public:
    /// A rank may have no picture of a batch.
    static constexpr int min_images = 0;

    TrainingEngine(const Distributed<Backend>& backend, int threads)
        : Base(threads > 0 ? threads : 1), backend_(backend) {}
    const Communicator& ranks() const { return *backend_.ranks; }
    const DistributedOptions& options() const { return backend_.options; }
    BatchShare share() const { return backend_.share(); }
    /// Whether this network's parts go through it together.
    template <Module Network>
    bool synchronises() const {
        return backend_.options.synchronise_batch_norm && !detail::images_are_independent<Network>();
    }
    /// A part runs so many pictures at once as leave their maps in a cache; this depends on the part's size alone.
    template <Module Network>
    int images_at_once(int images, Shape input) const {
        return synchronises<Network>()
                   ? images
                   : Base::template images_at_once<Network>(backend_.options.images_per_part, input);
    }
    /// What a checkpoint says of the parts, on which the result depends.
    std::string parts_text() const {
        return std::to_string(backend_.options.images_per_part) + " pictures, batch norm of " +
               (backend_.options.synchronise_batch_norm ? "the batch" : "each part");
    }
    /// Throws CollectiveError unless these numbers are the same on all ranks.
    template <std::size_t Count>
    void check_same(const std::array<double, Count>& numbers, const char* name) const {
        const auto all = ranks().gather(numbers, "compare options");
        for (std::size_t r = 1; r < all.size(); ++r)
            if (all[r] != all[0])
                throw CollectiveError("depix: rank " + std::to_string(r) + " has other " + name + " than rank 0");
    }

    /// Sets this rank's share of the step's batch, and finds the size of the whole batch and where the share lies in
    /// it.
    void send(View<const T> input, View<const T> target) {
        Base::send(input, target);
        batch_ = detail::whole_batch(ranks().gather(input.batch, "begin a step"), share());
        first_part_.clear();
        for (int r = 0; r <= ranks().size(); ++r) first_part_.push_back(share().first_part(batch_, r));
    }
    /// Pictures of the last step's batch, on all ranks.
    int batch() const { return batch_; }
    /// The first part of each rank, then the number of parts.
    const std::vector<int>& first_part() const { return first_part_; }
    int part_begin() const { return first_part_[static_cast<std::size_t>(ranks().rank())]; }
    int part_end() const { return first_part_[static_cast<std::size_t>(ranks().rank()) + 1]; }
    /// A part's share of images_per_part: 1, unless it is the batch's last.
    double weight(int part) const {
        return static_cast<double>(share().images_of_part(batch_, part).size()) / options().images_per_part;
    }

    /// Calls work(lane) on every thread of a team. Throws what a call of `guard` caught.
    template <class Work>
    void run(Work&& work) {
        Base::run(work);
        if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    }
    /// For the team's first thread: calls work(), which talks to other ranks. No exception may leave a team, so it is
    /// kept until `run` ends; after it nothing is sent any more.
    template <class Work>
    void guard(Work&& work) {
        const auto start = std::chrono::steady_clock::now();
        if (!failure_) failure_ = detail::exception_of(work);
        waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
    /// The time of all calls of `guard`.
    double seconds_waited() const { return waited_; }

    /// Seconds that each rank's own passes take for a picture, without waiting: a mean that forgets old steps.
    const std::vector<double>& seconds_per_image() const { return seconds_; }
    /// A rank without pictures in this step has 0.
    void add_seconds_per_image(const std::vector<double>& latest) {
        if (seconds_.empty()) seconds_ = latest;
        for (std::size_t r = 0; r < latest.size(); ++r)
            if (latest[r] > 0) seconds_[r] = seconds_[r] > 0 ? 0.9 * seconds_[r] + 0.1 * latest[r] : latest[r];
    }

  private:
    std::vector<double> seconds_;
    std::exception_ptr failure_;
    double waited_ = 0;
    int batch_ = 0;
    std::vector<int> first_part_;
    Distributed<Backend> backend_;
};

}  // namespace depix
