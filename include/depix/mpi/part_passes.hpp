// PartPasses: forward and backward over the parts of this rank's share, part by part, or together so that batch norm is
// synchronised.
//
// Together means step by step: all parts have done a step before one begins the next. A batch norm's step is cut in two
// halves. In the first, each part's mean and variance are found, and every rank is sent those of all parts. In the
// second, each part is normalised by the moments of the whole batch (Chan, Golub and LeVeque 1983, with n_p pixels in
// part p and N in all):
//
//     mean = sum n_p mean_p / N          variance = sum n_p (variance_p + (mean_p - mean)^2) / N
//
// The backward pass does the same with the sums of the gradients and of their products. All ranks add in the order of
// the parts and in double, so the result has the same bits on all of them, and for any number of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "depix/error.hpp"
#include "depix/mpi/distributed.hpp"
#include "depix/mpi/gradient_sum.hpp"
#include "depix/train/training_pass.hpp"

namespace depix::detail {

/// Every thread of the team makes every call. The first one talks to the other ranks.
template <Module Network, class Backend, class T>
class PartPasses {
    using Run = TrainingBackend<Backend>;
    using Engine = TrainingEngine<Distributed<Backend>, T>;
    using Pass = TrainingPass<Network, Backend, T>;
    static constexpr auto plan = Run::template make_plan<Network>();
    static constexpr bool has_batch_norm = !images_are_independent<Network>();

  public:
    PartPasses(Engine& engine, Pass& pass) : engine_(engine), pass_(pass) {
        layers_of<Network>::for_each([&]<class L>() {
            if (engine.options().synchronise_batch_norm && count_tensors<L>(false) > 0 && !is_batch_norm<L>)
                throw Error(std::string("depix: the statistics of ") + L::name + " cannot be synchronised");
        });
    }

    /// Each part draws from a random stream of its own, whatever rank has it.
    void draw_from(std::uint64_t seed) {
        randoms_.clear();
        for (int part = engine_.part_begin(); part < engine_.part_end(); ++part)
            randoms_.emplace_back(seed, 0, static_cast<std::uint64_t>(part));
    }
    /// Runs forward from pass.input().
    void forward(const Model<Network, T>& model, cpu::Team team) {
        pass_.begin_forward(model, team);
        const auto step = [&](int index, int part) {
            pass_.forward_step(index, part, model, randoms_[static_cast<std::size_t>(part)], team);
            team.barrier();
        };
        if constexpr (has_batch_norm)
            if (engine_.template synchronises<Network>()) {
                for (int i = 0; i < plan.step_count; ++i)
                    with_layer<Network>(plan.step(i).layer.info, [&]<class L>() {
                        if constexpr (is_batch_norm<L>)
                            normalise<L>(i, model, team);
                        else
                            for (int part = 0; part < pass_.parts(); ++part) step(i, part);
                    });
                return;
            }
        for (int part = 0; part < pass_.parts(); ++part)
            for (int i = 0; i < plan.step_count; ++i) step(i, part);
    }

    /// Runs backward from pass.output_gradient() to pass.input_gradient(); the network's own gradients are not
    /// computed.
    void backward_to_input(const Model<Network, T>& model, cpu::Team team) {
        if constexpr (has_batch_norm)
            if (engine_.template synchronises<Network>()) return backward_together(model, false, team);
        for (int part = 0; part < pass_.parts(); ++part)
            for (int i = plan.step_count - 1; i >= 0; --i) {
                pass_.backward_step(i, part, model, {}, Pass::InputGradient::Wanted, team);
                team.barrier();
            }
    }
    /// Runs backward from pass.output_gradient(), and adds gradients and statistics of all parts to `sum`, which begins
    /// here. `send_rest` ends it.
    void backward(const Model<Network, T>& model, GradientSum<T>& sum, cpu::Team team) {
        if (team.thread == 0)
            sum.begin(engine_.first_part(),
                      static_cast<T>(engine_.options().images_per_part / double(engine_.batch())));
        if constexpr (has_batch_norm)
            if (engine_.template synchronises<Network>()) {
                backward_together(model, true, team);
                if (team.thread != 0) return;
                for (int part = 0; part < pass_.parts(); ++part) {
                    const std::span<T> own = sum.open(number(part), weight(part), pass_.new_statistics(part));
                    std::ranges::copy(gradients(model, part), own.begin());
                    sum.close();
                }
                return;
            }
        for (int part = 0; part < pass_.parts(); ++part) backward_part(model, part, sum, team);
    }
    void send_rest(GradientSum<T>& sum) const {
        sum.send_rest(pass_.parts() > 0 && !engine_.template synchronises<Network>());
    }

  private:
    template <Layer L>
    static constexpr bool is_batch_norm = L::traits.role == Role::BatchNorm;

    /// A part's number in the batch.
    int number(int part) const { return engine_.part_begin() + part; }
    T weight(int part) const { return static_cast<T>(engine_.weight(number(part))); }
    /// The memory of a part's gradients, if the parts go together.
    std::span<T> gradients(const Model<Network, T>& model, int part) {
        const std::size_t size = model.parameters().size();
        return std::span(gradients_).subspan(size * static_cast<std::size_t>(part), size);
    }
    void backward_part(const Model<Network, T>& model, int part, GradientSum<T>& sum, cpu::Team team) {
        if (team.thread == 0) of_part_ = sum.open(number(part), weight(part), pass_.new_statistics(part));
        team.barrier();
        const bool last = part + 1 == pass_.parts();
        for (int i = plan.step_count - 1; i >= 0; --i) {
            pass_.backward_step(i, part, model, of_part_, Pass::InputGradient::Unwanted, team);
            team.barrier();
            if (last && team.thread == 0) engine_.guard([&] { sum.complete(i); });
        }
        if (!last && team.thread == 0) sum.close();
        team.barrier();
    }

    void backward_together(const Model<Network, T>& model, bool learns, cpu::Team team) {
        const auto parts = static_cast<std::size_t>(learns ? pass_.parts() : 0);
        if (team.thread == 0) gradients_.assign(model.parameters().size() * parts, T(0));
        team.barrier();
        const auto wanted = learns ? Pass::InputGradient::Unwanted : Pass::InputGradient::Wanted;
        const auto of_part = [&](int part) { return learns ? gradients(model, part) : std::span<T>(); };
        for (int i = plan.step_count - 1; i >= 0; --i)
            with_layer<Network>(plan.step(i).layer.info, [&]<class L>() {
                if constexpr (is_batch_norm<L>)
                    pass_gradient_back<L>(i, model, of_part, wanted, team);
                else
                    for (int part = 0; part < pass_.parts(); ++part) {
                        pass_.backward_step(i, part, model, of_part(part), wanted, team);
                        team.barrier();
                    }
            });
    }

    template <Layer L>
    void normalise(int index, const Model<Network, T>& model, cpu::Team team) {
        const auto call = [&](int part) { return pass_.forward_call(index, part, model, nullptr); };
        resize(L::in_channels, team);
        for (int part = 0; part < pass_.parts(); ++part) {
            Run::template moments<L>(call(part), own(part, L::in_channels), team);
            team.barrier();
        }
        const double area = static_cast<double>(pass_.input_area(index));
        if (team.thread == 0) engine_.guard([&] { add_moments(L::in_channels); });
        team.barrier();
        for (int part = 0; part < pass_.parts(); ++part) {
            Run::template normalise<L>(call(part), batch_.data(), engine_.batch() * area, team);
            team.barrier();
        }
    }
    template <Layer L, class Own>
    void pass_gradient_back(int index, const Model<Network, T>& model, const Own& gradients_of,
                            typename Pass::InputGradient wanted, cpu::Team team) {
        const auto call = [&](int part) { return pass_.backward_call(index, part, model, gradients_of(part), wanted); };
        resize(L::in_channels, team);
        for (int part = 0; part < pass_.parts(); ++part) {
            if constexpr (Run::fuses) pass_.rectify_gradient(index, part, team);
            Run::template gradient_sums<L>(call(part), own(part, L::in_channels), team);
            team.barrier();
        }
        const double area = static_cast<double>(pass_.input_area(index));
        if (team.thread == 0) engine_.guard([&] { add_sums(L::in_channels); });
        team.barrier();
        for (int part = 0; part < pass_.parts(); ++part) {
            // The gradients of a part that is not full are too large by 1 / weight until they are added.
            const double count = engine_.batch() * area * engine_.weight(number(part));
            Run::template gradient<L>(call(part), batch_.data(), count, team);
            team.barrier();
        }
    }

    double* own(int part, int channels) { return own_.data() + std::ptrdiff_t{2} * part * channels; }
    void resize(int channels, cpu::Team team) {
        if (team.thread == 0) {
            own_.resize(2 * static_cast<std::size_t>(pass_.parts() * channels));
            batch_.assign(2 * static_cast<std::size_t>(channels), 0);
        }
        team.barrier();
    }
    /// The numbers (2, C) of all parts of the batch, one part's after the other's.
    std::vector<double> gather(int channels) {
        std::vector<int> counts;
        const std::vector<int>& first = engine_.first_part();
        for (std::size_t r = 0; r + 1 < first.size(); ++r) counts.push_back(2 * channels * (first[r + 1] - first[r]));
        return engine_.ranks().gather(std::span<const double>(own_), counts, "synchronise a batch norm");
    }
    /// Calls visit(the place of channel c in a part's numbers, part's weight) in the order of the parts.
    template <class Visit>
    void visit_parts(int channels, int c, const Visit& visit) const {
        for (int part = 0; part < engine_.first_part().back(); ++part)
            visit(static_cast<std::size_t>(2 * channels * part + c), engine_.weight(part));
    }
    void add_moments(int channels) {
        const std::vector<double> parts = gather(channels);
        const double weights = engine_.batch() / static_cast<double>(engine_.options().images_per_part);
        for (int c = 0; c < channels; ++c) {
            const auto channel = static_cast<std::size_t>(c), variance = channel + static_cast<std::size_t>(channels);
            visit_parts(channels, c, [&](std::size_t i, double weight) { batch_[channel] += weight * parts[i]; });
            batch_[channel] /= weights;
            visit_parts(channels, c, [&](std::size_t i, double weight) {
                const double offset = parts[i] - batch_[channel];
                batch_[variance] += weight * (parts[i + static_cast<std::size_t>(channels)] + offset * offset);
            });
            batch_[variance] /= weights;
        }
    }
    void add_sums(int channels) {
        const std::vector<double> parts = gather(channels);
        for (int i = 0; i < 2 * channels; ++i)
            visit_parts(channels, i, [&](std::size_t place, double weight) {
                batch_[static_cast<std::size_t>(i)] += weight * parts[place];
            });
    }

    Engine& engine_;
    Pass& pass_;
    std::vector<Random> randoms_;  // of each part
    std::vector<T> gradients_;     // of each part, if the parts go together
    std::span<T> of_part_;         // the gradients of the part that runs backward
    std::vector<double> own_;      // of each part of this rank: (2, C)
    std::vector<double> batch_;    // of the batch: (2, C)
};

}  // namespace depix::detail
