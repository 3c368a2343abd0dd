// Distributed: a Trainer's backend for many processes, each of which trains on a part of every batch.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "depix/mpi/communicator.hpp"
#include "depix/mpi/gradient_sum.hpp"
#include "depix/train/batch_share.hpp"
#include "depix/train/trainer.hpp"

namespace depix {

struct DistributedOptions {
    /// A batch is cut into parts of so many pictures, each of which runs forward and backward alone. The result depends
    /// on this number, not on the ranks. Batch norm normalises each part by its own mean and variance (Hoffer et al.
    /// 2017 call it ghost batch normalization), and the running statistics move towards the mean of the parts'.
    int images_per_part = 4;
    Reduction reduction = Reduction::SameBits;
    /// Gradients are sent in pieces of at least so many bytes, while the backward pass of a rank's last part goes on.
    std::size_t bucket_bytes = std::size_t{1} << 20;
};

/// Trains on all ranks of a communicator, each of which computes with `Backend` (Cpu, or Reference for double).
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

/// The engine of each rank.
template <class Backend, class T>
class TrainingEngine<Distributed<Backend>, T> : public TrainingEngine<Backend, T> {
  public:
    /// A rank may have no picture of a batch.
    static constexpr int min_images = 0;

    TrainingEngine(const Distributed<Backend>& backend, int threads)
        : TrainingEngine<Backend, T>(threads > 0 ? threads : 1), backend_(backend) {}
    const Communicator& ranks() const { return *backend_.ranks; }
    const DistributedOptions& options() const { return backend_.options; }
    BatchShare share() const { return backend_.share(); }
    template <Module Network>
    int images_at_once(int, Shape) const {
        return backend_.options.images_per_part;
    }
    /// Pictures of the last step's batch, on all ranks.
    int batch() const { return batch_; }
    void set_batch(int images) { batch_ = images; }

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
    int batch_ = 0;
    Distributed<Backend> backend_;
};

/// A network that all ranks train. It runs the parts of this rank's share, and adds all ranks' gradients.
template <Module Network, class Optimizer, class Backend, class T>
class TrainedNetwork<Network, Optimizer, Distributed<Backend>, T>
    : public TrainedNetwork<Network, Optimizer, Backend, T> {
    using Base = TrainedNetwork<Network, Optimizer, Backend, T>;
    using Engine = TrainingEngine<Distributed<Backend>, T>;
    using Pass = TrainingPass<Network, Backend, T>;
    static constexpr auto plan = detail::TrainingBackend<Backend>::template make_plan<Network>();

  public:
    TrainedNetwork(Engine& engine, Model<Network, T>& model, const Optimizer& settings, const TrainerOptions& options)
        : Base(engine, unite(engine, model, options), settings, options),
          engine_(engine),
          statistics_(model.statistics().size()),
          sum_(engine.ranks(), engine.options().reduction,
               detail::find_gradient_buckets(plan, model.parameters().size() + statistics_.size(),
                                             engine.options().bucket_bytes / sizeof(T)),
               model.parameters().size() + statistics_.size()) {}

    /// One number seeds a step; each part draws from a stream of its own.
    void draw_from(Random& random) { seed_ = random(); }
    /// run_parts begins each part.
    static void begin_step(int) {}

    /// Runs this rank's parts forward and backward, adds all ranks' gradients and statistics, and sets the loss of the
    /// batch. After a loss that is not finite the sums mean nothing.
    template <class Loss>
    void run_parts(Loss& loss) {
        gather_shares();
        sum_.begin(first_part_, static_cast<T>(static_cast<double>(engine_.options().images_per_part) / batch_));
        own_losses_.clear();
        finite_ = true;
        const int begin = first_part_[rank()], end = first_part_[rank() + 1];
        const auto start = std::chrono::steady_clock::now();
        for (int part = begin; part < end && finite_; ++part) run_part(loss, part, part + 1 == end);
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
        sum_.send_rest(begin < end && finite_);
        own_losses_.resize(static_cast<std::size_t>(end - begin), std::numeric_limits<double>::quiet_NaN());
        const int images = engine_.input().batch;
        own_losses_.push_back(images > 0 ? passed.count() / images : 0);
        this->losses_ = {gather_loss(), 0};
        const std::span<const T> sums = sum_.finish();
        const std::size_t parameters = this->gradients_.size();
        std::ranges::copy(sums.first(parameters), this->gradients_.begin());
        std::ranges::copy(sums.subspan(parameters), statistics_.begin());
    }
    void keep_statistics() {
        std::ranges::copy(statistics_, this->model_.statistics().begin());
        for (std::int64_t& batches : this->model_.batches_tracked()) ++batches;
    }
    std::string describe_first_bad_layer() const {
        return finite_ ? "; the pictures of another rank are the cause" : Base::describe_first_bad_layer();
    }
    Engine& engine() { return engine_; }

  private:
    std::size_t rank() const { return static_cast<std::size_t>(engine_.ranks().rank()); }

    /// Gives all ranks rank 0's weights, before the base class copies them.
    static Model<Network, T>& unite(Engine& engine, Model<Network, T>& model, const TrainerOptions& options) {
        struct Settings {
            std::int64_t parameters, statistics, images_per_part, reduction, bucket_bytes, accumulate_batches;
            double max_gradient_norm, average_decay;
            bool operator==(const Settings&) const = default;
        };
        const DistributedOptions& chosen = engine.options();
        const Settings own{static_cast<std::int64_t>(model.parameters().size()),
                           static_cast<std::int64_t>(model.statistics().size()),
                           chosen.images_per_part,
                           static_cast<std::int64_t>(chosen.reduction),
                           static_cast<std::int64_t>(chosen.bucket_bytes),
                           options.accumulate_batches,
                           options.max_gradient_norm,
                           options.average_decay};
        const std::vector<Settings> all = engine.ranks().gather(own, "compare networks and options");
        for (std::size_t r = 1; r < all.size(); ++r)
            if (all[r] != all[0])
                throw CollectiveError("depix: rank " + std::to_string(r) +
                                      " has another network or other options of its trainer than rank 0: " +
                                      std::to_string(all[r].parameters) + " parameters and parts of " +
                                      std::to_string(all[r].images_per_part) + " pictures, where rank 0 has " +
                                      std::to_string(all[0].parameters) + " and " +
                                      std::to_string(all[0].images_per_part));
        engine.ranks().broadcast(model.parameters(), "share the weights");
        engine.ranks().broadcast(model.statistics(), "share the weights");
        engine.ranks().broadcast(model.batches_tracked(), "share the weights");
        return model;
    }

    /// Finds the size of the whole batch, and where this rank's share lies in it.
    void gather_shares() {
        struct Share {
            std::int64_t images;
            std::uint64_t seed;
            std::int64_t step;
        };
        const std::vector<Share> shares =
            engine_.ranks().gather(Share{engine_.input().batch, seed_, this->state_.step}, "begin a step");
        batch_ = 0;
        for (const Share& share : shares) batch_ += static_cast<int>(share.images);
        const BatchShare own = engine_.share();
        if (batch_ < 1) throw CollectiveError("depix: no rank has a picture of this batch");
        engine_.set_batch(batch_);
        first_part_.clear();
        for (int r = 0; r <= own.ranks; ++r) first_part_.push_back(own.first_part(batch_, r));
        for (int r = 0; r < own.ranks; ++r) {
            const Share& share = shares[static_cast<std::size_t>(r)];
            const int due = own.images_of(batch_, r).size();
            if (share.images != due)
                throw CollectiveError("depix: rank " + std::to_string(r) + " brings " + std::to_string(share.images) +
                                      " of a batch's " + std::to_string(batch_) + " pictures, but its share is " +
                                      std::to_string(due) + "; give the loader the share of Distributed");
            if (share.seed != shares[0].seed || share.step != shares[0].step)
                throw CollectiveError("depix: rank " + std::to_string(r) + " is at step " +
                                      std::to_string(share.step + 1) + ", rank 0 at step " +
                                      std::to_string(shares[0].step + 1) + ", or their random numbers differ");
        }
    }

    template <class Loss>
    void run_part(Loss& loss, int part, bool last) {
        const BatchShare share = engine_.share();
        const BatchShare::Range images = share.images_of_part(batch_, part);
        const int first = images.first - share.images(batch_).first, count = images.size();
        const View<const T> input = engine_.input().images(first, count);
        const View<const T> target = engine_.target().images(first, count);
        // So many pictures at once as leave their maps in a cache, like Trainer; it depends on the part's size alone.
        const int at_once = TrainingEngine<Backend, T>::template images_at_once<Network>(count, input.shape());
        Random random(seed_, 0, static_cast<std::uint64_t>(part));
        Base::draw_from(random);
        Base::prepare(at_once, input.shape());
        Base::begin_step(count);
        const T weight = static_cast<T>(static_cast<double>(count) / share.images_per_part);
        const std::span<const T> gradients(this->gradients_), statistics = this->pass_.new_statistics();
        if (last) sum_.open(part, weight, gradients, statistics);

        bool finite = true;
        for (int next = 0; next < count && finite; next += at_once)
            finite = pass_over(loss, input.images(next, at_once), target, next, last && next + at_once == count);
        own_losses_.push_back(this->losses_[0]);
        finite_ = finite && is_finite(this->losses_[0]);
        if (finite_ && !last) sum_.add(part, weight, gradients, statistics);
    }
    /// Runs some pictures of a part, from number `first` on, forward and backward. False if their loss is not finite.
    /// With `sends`, the gradients are complete after this, and are sent while they become so.
    template <class Loss>
    bool pass_over(Loss& loss, View<const T> input, View<const T> target, int first, bool sends) {
        std::exception_ptr failure;  // of MPI, in the team's first thread
        const auto after_step = [&](int step, cpu::Team team) {
            if (sends && team.thread == 0 && !failure) failure = detail::exception_of([&] { sum_.complete(step); });
        };
        bool finite = true;
        if constexpr (ElementwiseLoss<Loss>) {
            engine_.run([&](cpu::Team team) {
                Base::forward(input, team);
                const bool go_on = Base::compare(loss, target, first, team);
                if (team.thread == 0) finite = go_on;
                if (go_on) backward(team, after_step);
            });
        } else {
            engine_.run([&](cpu::Team team) { Base::forward(input, team); });
            finite = Base::compare(loss, target, first);
            if (finite) engine_.run([&](cpu::Team team) { backward(team, after_step); });
        }
        if (failure) std::rethrow_exception(failure);
        return finite;
    }
    template <class AfterStep>
    void backward(cpu::Team team, const AfterStep& after_step) {
        this->pass_.backward(this->model_, std::span<T>(this->gradients_), team, Pass::InputGradient::Unwanted,
                             after_step);
    }

    /// The loss of the batch: the mean of its parts' losses, added in their order. After its losses, each rank sends
    /// how many seconds a picture took.
    double gather_loss() {
        std::vector<int> counts;
        for (std::size_t r = 0; r + 1 < first_part_.size(); ++r)
            counts.push_back(first_part_[r + 1] - first_part_[r] + 1);
        const std::vector<double> losses =
            engine_.ranks().gather(std::span<const double>(own_losses_), counts, "add the losses");
        double sum = 0;
        std::vector<double> seconds;
        auto next = losses.begin();
        for (std::size_t r = 0; r + 1 < first_part_.size(); ++r) {
            for (int part = first_part_[r]; part < first_part_[r + 1]; ++part)
                sum += *next++ * engine_.share().images_of_part(batch_, part).size();
            seconds.push_back(*next++);
        }
        engine_.add_seconds_per_image(seconds);
        return sum / batch_;
    }

    Engine& engine_;
    std::vector<T> statistics_;
    detail::GradientSum<T> sum_;
    std::uint64_t seed_ = 0;
    int batch_ = 0;                   // pictures of all ranks
    std::vector<int> first_part_;     // of each rank, and the number of parts
    std::vector<double> own_losses_;  // of each part of this rank, then its seconds per picture
    bool finite_ = true;
};

}  // namespace depix
