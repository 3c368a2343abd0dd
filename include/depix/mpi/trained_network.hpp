// TrainedNetwork for many processes: a network that all ranks train. It runs the parts of this rank's share, and adds
// all ranks' gradients.
#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "depix/finite.hpp"
#include "depix/mpi/distributed.hpp"
#include "depix/mpi/part_passes.hpp"
#include "depix/train/trainer.hpp"

namespace depix {

/// A Trainer calls `run_parts`, which runs part after part in one part's memory. The other functions keep the maps of
/// all parts: for an AdversarialTrainer, whose networks exchange maps, and for batch norm that is synchronised.
template <Module Network, class Optimizer, class Backend, class T>
class TrainedNetwork<Network, Optimizer, Distributed<Backend>, T>
    : public TrainedNetwork<Network, Optimizer, Backend, T> {
    using Base = TrainedNetwork<Network, Optimizer, Backend, T>;
    using Engine = TrainingEngine<Distributed<Backend>, T>;
    using Pass = TrainingPass<Network, Backend, T>;
    static constexpr auto plan = detail::TrainingBackend<Backend>::template make_plan<Network>();

  public:
    using Losses = typename Base::Losses;

    TrainedNetwork(Engine& engine, Model<Network, T>& model, const Optimizer& settings,
                   const TrainerOptions& options = {})
        : Base(engine, detail::unite(engine.ranks(), engine.options(), model, options), settings, options),
          engine_(engine),
          parts_(engine, this->pass_),
          statistics_(model.statistics().size()),
          sum_(engine.ranks(), engine.options().reduction,
               detail::find_gradient_buckets(plan, model.parameters().size() + statistics_.size(),
                                             engine.options().bucket_bytes / sizeof(T)),
               model.parameters().size() + statistics_.size()) {}

    bool prepare(int images, Shape input) {
        this->pass_.prepare(images, input, engine_.threads(), engine_.options().images_per_part);
        return false;
    }
    /// One number seeds a step; each part draws from a stream of its own.
    void draw_from(Random& random) {
        seed_ = random();
        parts_.draw_from(seed_);
    }
    void begin_step(int /*batch*/ = 0) {
        this->losses_ = {};
        clear_gradients();
    }
    /// The next sums replace the gradients, which are not set to 0 for that.
    void clear_gradients() { has_gradients_ = false; }
    void forward(View<const T> input, cpu::Team team) {
        this->pass_.set_input(input, team);
        forward(team);
    }
    void forward(cpu::Team team) { parts_.forward(this->model_, team); }
    void backward(cpu::Team team) { parts_.backward(this->model_, sum_, team); }
    void backward_to_input(cpu::Team team) { parts_.backward_to_input(this->model_, team); }
    void finish_backward() {
        parts_.send_rest(sum_);
        take_sums();
    }

    /// losses[which] = the mean loss of the batch's pictures, of all ranks; the output's gradient is that of each
    /// part's own mean loss.
    template <class Loss>
    void set_loss(Loss& loss, View<const T> target, double weight, Losses& losses, std::size_t which) {
        const Pass& pass = this->pass_;
        fill(pass.output_gradient(), T(0));
        own_losses_.clear();
        for (int part = 0; part < pass.parts(); ++part) {
            const auto of_part = [&](const auto& all) { return all.images(pass.first_image(part), pass.images(part)); };
            own_losses_.push_back(
                add_loss(loss, of_part(pass.output()), of_part(target), of_part(pass.output_gradient()), weight));
        }
        finite_ = std::ranges::all_of(own_losses_, [](double value) { return is_finite(value); });
        losses[which] = gather_loss();
        check_agreement();
    }
    template <class Loss>
    void set_loss(Loss& loss, double label, double weight, Losses& losses, std::size_t which) {
        set_loss(loss, this->labels(label), weight, losses, which);
    }

    /// A Trainer's step: runs this rank's parts forward and backward, adds all ranks' gradients and statistics, and
    /// sets the loss of the batch. After a loss that is not finite the sums mean nothing.
    template <class Loss>
    void run_parts(Loss& loss) {
        if (engine_.template synchronises<Network>()) return run_together(loss);
        sum_.begin(engine_.first_part(),
                   static_cast<T>(static_cast<double>(engine_.options().images_per_part) / engine_.batch()));
        own_losses_.clear();
        finite_ = true;
        const int begin = engine_.part_begin(), end = engine_.part_end();
        const auto start = std::chrono::steady_clock::now();
        for (int part = begin; part < end && finite_; ++part) run_part(loss, part, part + 1 == end);
        seconds_ = seconds_since(start);
        sum_.send_rest(begin < end && finite_);
        own_losses_.resize(static_cast<std::size_t>(end - begin), std::numeric_limits<double>::quiet_NaN());
        this->losses_ = {gather_loss(), 0};
        take_sums();
        check_agreement();
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
    /// All parts go through the network together.
    template <class Loss>
    void run_together(Loss& loss) {
        const double waited = engine_.seconds_waited();
        auto start = std::chrono::steady_clock::now();
        engine_.run([&](cpu::Team team) { forward(engine_.input(), team); });
        const double forward_seconds = seconds_since(start);
        set_loss(loss, engine_.target(), 1, this->losses_, 0);  // sends the seconds of the step before
        if (!this->finite()) return;
        start = std::chrono::steady_clock::now();
        engine_.run([&](cpu::Team team) { backward(team); });
        seconds_ = forward_seconds + seconds_since(start) - (engine_.seconds_waited() - waited);
        finish_backward();
    }
    template <class Loss>
    void run_part(Loss& loss, int part, bool last) {
        const BatchShare share = engine_.share();
        const BatchShare::Range images = share.images_of_part(engine_.batch(), part);
        const int first = images.first - share.images(engine_.batch()).first, count = images.size();
        const View<const T> input = engine_.input().images(first, count);
        const View<const T> target = engine_.target().images(first, count);
        // So many pictures at once as leave their maps in a cache, like Trainer; it depends on the part's size alone.
        const int at_once = TrainingEngine<Backend, T>::template images_at_once<Network>(count, input.shape());
        Random random(seed_, 0, static_cast<std::uint64_t>(part));
        Base::draw_from(random);
        Base::prepare(at_once, input.shape());
        this->begin_losses(count);
        const std::span<T> gradients =
            sum_.open(part, static_cast<T>(engine_.weight(part)), this->pass_.new_statistics());

        bool finite = true;
        for (int next = 0; next < count && finite; next += at_once)
            finite =
                pass_over(loss, input.images(next, at_once), target, gradients, next, last && next + at_once == count);
        own_losses_.push_back(this->losses_[0]);
        finite_ = finite && is_finite(this->losses_[0]);
        if (finite_ && !last) sum_.close();
    }
    /// Runs some pictures of a part, from number `first` on, forward and backward. False if their loss is not finite.
    /// With `sends`, the gradients are complete after this, and are sent while they become so.
    template <class Loss>
    bool pass_over(Loss& loss, View<const T> input, View<const T> target, std::span<T> gradients, int first,
                   bool sends) {
        const auto after_step = [&](int step, cpu::Team team) {
            if (sends && team.thread == 0) engine_.guard([&] { sum_.complete(step); });
        };
        const auto backward = [&](cpu::Team team) {
            this->pass_.backward(this->model_, gradients, team, Pass::InputGradient::Unwanted, after_step);
        };
        bool finite = true;
        if constexpr (ElementwiseLoss<Loss>) {
            engine_.run([&](cpu::Team team) {
                Base::forward(input, team);
                const bool go_on = Base::compare(loss, target, first, team);
                if (team.thread == 0) finite = go_on;
                if (go_on) backward(team);
            });
        } else {
            engine_.run([&](cpu::Team team) { Base::forward(input, team); });
            finite = Base::compare(loss, target, first);
            if (finite) engine_.run(backward);
        }
        return finite;
    }

    /// The loss of the batch: the mean of its parts' losses, added in their order. After its losses, each rank sends
    /// how many seconds a picture took, and what must be equal everywhere.
    double gather_loss() {
        constexpr int others = 3;
        const std::vector<int>& first_part = engine_.first_part();
        const auto ranks = first_part.size() - 1;
        std::vector<int> counts;
        for (std::size_t r = 0; r < ranks; ++r) counts.push_back(first_part[r + 1] - first_part[r] + others);
        const int images = engine_.input().batch;
        own_losses_.push_back(images > 0 ? seconds_ / images : 0);
        own_losses_.push_back(static_cast<double>(this->state_.step));
        own_losses_.push_back(static_cast<double>(seed_ >> 12));  // 52 bits, which a double holds
        const std::vector<double> all =
            engine_.ranks().gather(std::span<const double>(own_losses_), counts, "add the losses");
        double sum = 0;
        std::vector<double> every_seconds;
        const double *next = all.data(), *rank_0 = all.data() + counts[0] - others;
        disagreement_.clear();
        for (std::size_t r = 0; r < ranks; ++r, next += others) {
            for (int part = first_part[r]; part < first_part[r + 1]; ++part)
                sum += *next++ * engine_.share().images_of_part(engine_.batch(), part).size();
            every_seconds.push_back(next[0]);
            if (next[1] == rank_0[1] && next[2] == rank_0[2]) continue;
            disagreement_ = "depix: rank " + std::to_string(r) + " is at step " +
                            std::to_string(static_cast<std::int64_t>(next[1]) + 1) + ", rank 0 at step " +
                            std::to_string(static_cast<std::int64_t>(rank_0[1]) + 1) +
                            ", or their random numbers differ";
        }
        engine_.add_seconds_per_image(every_seconds);
        return sum / engine_.batch();
    }
    /// Throws if gather_loss has found a rank that differs. It is called when nothing is on its way to another rank.
    void check_agreement() const {
        if (!disagreement_.empty()) throw CollectiveError(disagreement_);
    }
    static double seconds_since(std::chrono::steady_clock::time_point start) {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
    /// A discriminator has two backward passes in a step.
    void take_sums() {
        const std::span<const T> sums = sum_.finish();
        const std::size_t parameters = this->gradients_.size();
        if (has_gradients_)
            for (std::size_t i = 0; i < parameters; ++i) this->gradients_[i] += sums[i];
        else
            std::ranges::copy(sums.first(parameters), this->gradients_.begin());
        has_gradients_ = true;
        std::ranges::copy(sums.subspan(parameters), statistics_.begin());
    }

    Engine& engine_;
    detail::PartPasses<Network, Backend, T> parts_;
    std::vector<T> statistics_;
    detail::GradientSum<T> sum_;
    std::uint64_t seed_ = 0;
    std::vector<double> own_losses_;  // of each part of this rank, then other numbers
    double seconds_ = 0;              // of this rank's passes, without waiting
    std::string disagreement_;
    bool finite_ = true, has_gradients_ = false;
};

}  // namespace depix
