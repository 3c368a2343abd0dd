// The depixelizer as it trains in the page, in several widths, with and without a skip.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/inference.hpp"
#include "depix/model.hpp"
#include "depix/models/depixelizer.hpp"
#include "depix/tensor.hpp"
#include "depix/train/trainer.hpp"

namespace page {

/// Adam or SGD, chosen while the page runs: one optimizer type, so that the trainer is compiled once.
struct EitherOptimizer {
    bool use_adam = true;
    double learning_rate = 1e-3;
    double momentum = 0.9;  ///< of SGD

    static constexpr const char* name = "adam or sgd";

    template <class Settings, class Visit>
    static void visit_settings(Settings& settings, Visit&& visit) {
        visit("learning_rate", settings.learning_rate);
        visit("momentum", settings.momentum);
    }
    template <class T>
    depix::OptimizerState<T> start(std::size_t parameters) const {
        if (use_adam) return depix::Adam{}.start<T>(parameters);
        return depix::SGD{}.start<T>(parameters);
    }
    template <class T>
    void step(std::span<T> weights, std::span<const T> gradients, depix::OptimizerState<T>& state) const {
        if (use_adam)
            depix::Adam{.learning_rate = learning_rate}.step<T>(weights, gradients, state);
        else
            depix::SGD{.learning_rate = learning_rate, .momentum = momentum}.step<T>(weights, gradients, state);
    }
};

/// What is trained: a depixelizer whose first convolution has `width` filters, and whose output may be added to its
/// input. The skip has no parameters.
struct TrainedType {
    int width = 6;
    bool skip = false;
};

/// Trains from random weights on pairs of 3x64x256, batch after batch in the order of the pairs.
class Training {
  public:
    static constexpr depix::Shape shape{3, 64, 256};
    static constexpr std::size_t kept_steps = 50;

    Training(std::vector<float> pixelated, std::vector<float> clean)
        : pixelated_(std::move(pixelated)), clean_(std::move(clean)) {}
    virtual ~Training() = default;

    int pairs() const { return static_cast<int>(pixelated_.size() / shape.size()); }
    virtual std::size_t parameter_count() const = 0;
    virtual void set_learning_rate(double rate) = 0;
    /// The weights of the first convolution, (width, 3, 3, 3).
    virtual const float* filters() const = 0;

    /// One step; returns the loss before it. The batch is at most the number of pairs. Throws DivergenceError.
    double step(int batch) {
        depix::Tensor<float> input(batch, shape), target(batch, shape);
        const int next = next_;
        for (int i = 0; i < batch; ++i, next_ = (next_ + 1) % pairs()) {
            copy_picture(pixelated_, next_, input.data, i);
            copy_picture(clean_, next_, target.data, i);
        }
        kept_.push_back({.next = next});
        save(kept_.back());
        if (kept_.size() > kept_steps) kept_.pop_front();
        try {
            return run_step(input, target);
        } catch (const depix::Error&) {  // nothing has changed
            next_ = next;
            kept_.pop_back();
            throw;
        }
    }
    /// Takes the last step back; returns how many more can be. At most `kept_steps` are kept. Throws Error if there is
    /// none.
    int step_back() {
        if (kept_.empty())
            throw depix::Error("the last " + std::to_string(kept_steps) + " steps can be taken back, not more");
        restore(kept_.back());
        next_ = kept_.back().next;
        kept_.pop_back();
        return static_cast<int>(kept_.size());
    }
    /// What the network makes of a pair's pixelated picture by now, with the running statistics of its batch norms.
    depix::Image output(int pair) const {
        depix::Image picture(shape);
        copy_picture(pixelated_, pair % pairs(), picture.pixels, 0);
        return output_of(picture);
    }

  protected:
    /// All that a step changes.
    struct State {
        std::vector<float> parameters = {}, statistics = {};
        depix::OptimizerState<float> optimizer = {};
        int next = 0;  ///< pair
    };
    virtual void save(State& state) const = 0;
    virtual void restore(const State& state) = 0;
    virtual double run_step(const depix::Tensor<float>& input, const depix::Tensor<float>& target) = 0;
    virtual depix::Image output_of(const depix::Image& picture) const = 0;

  private:
    template <class From, class To>
    static void copy_picture(const From& from, int picture, To& to, int place) {
        const auto size = static_cast<std::ptrdiff_t>(shape.size());
        std::copy_n(from.begin() + size * picture, size, to.begin() + size * place);
    }

    std::vector<float> pixelated_, clean_;
    std::deque<State> kept_;
    int next_ = 0;
};

template <class Network>
class TrainingOf : public Training {
  public:
    TrainingOf(std::vector<float> pixelated, std::vector<float> clean, EitherOptimizer optimizer, std::uint64_t seed)
        : Training(std::move(pixelated), std::move(clean)),
          model_(seed),
          trainer_(model_, depix::MeanSquaredError{}, optimizer, depix::TrainerOptions{}, depix::Cpu{}, 1) {}

    std::size_t parameter_count() const override { return Network::parameter_count; }
    void set_learning_rate(double rate) override { trainer_.optimizer.learning_rate = rate; }
    const float* filters() const override { return model_.parameters().data(); }

  private:
    void save(State& state) const override {
        state.parameters.assign(model_.parameters().begin(), model_.parameters().end());
        state.statistics.assign(model_.statistics().begin(), model_.statistics().end());
        state.optimizer = trainer_.state();
    }
    void restore(const State& state) override {
        std::copy(state.parameters.begin(), state.parameters.end(), model_.parameters().begin());
        std::copy(state.statistics.begin(), state.statistics.end(), model_.statistics().begin());
        trainer_.state() = state.optimizer;
    }
    double run_step(const depix::Tensor<float>& input, const depix::Tensor<float>& target) override {
        return trainer_.step(input, target);
    }
    depix::Image output_of(const depix::Image& picture) const override {
        return depix::Inference<Network>(model_, 1)(picture);
    }

    depix::Model<Network> model_;
    depix::Trainer<Network, depix::MeanSquaredError, EitherOptimizer> trainer_;
};

/// Throws Error for a width other than 3, 6 and 12.
inline std::unique_ptr<Training> make_training(TrainedType type, std::vector<float> pixelated, std::vector<float> clean,
                                               EitherOptimizer optimizer, std::uint64_t seed) {
    const auto make = [&]<class Network>(std::type_identity<Network>) -> std::unique_ptr<Training> {
        return std::make_unique<TrainingOf<Network>>(std::move(pixelated), std::move(clean), optimizer, seed);
    };
    const auto of_width = [&]<int Width>(std::integral_constant<int, Width>) {
        using Plain = depix::DepixelizerOfWidth<Width>;
        return type.skip ? make(std::type_identity<depix::Residual<Plain>>{}) : make(std::type_identity<Plain>{});
    };
    if (type.width == 3) return of_width(std::integral_constant<int, 3>{});
    if (type.width == 6) return of_width(std::integral_constant<int, 6>{});
    if (type.width == 12) return of_width(std::integral_constant<int, 12>{});
    throw depix::Error("the widths are 3, 6 and 12");
}

}  // namespace page
