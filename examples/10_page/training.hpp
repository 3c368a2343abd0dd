// The depixelizer as it trains in the page.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

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

/// Trains a depixelizer from random weights on pairs of 3x64x256, batch after batch in the order of the pairs.
class Training {
  public:
    static constexpr depix::Shape shape{3, 64, 256};

    Training(std::vector<float> pixelated, std::vector<float> clean, EitherOptimizer optimizer, std::uint64_t seed)
        : pixelated_(std::move(pixelated)),
          clean_(std::move(clean)),
          model_(seed),
          trainer_(model_, depix::MeanSquaredError{}, optimizer, depix::TrainerOptions{}, depix::Cpu{}, 1) {}

    int pairs() const { return static_cast<int>(pixelated_.size() / shape.size()); }
    EitherOptimizer& optimizer() { return trainer_.optimizer; }
    const depix::Model<depix::Depixelizer>& model() const { return model_; }

    /// One step; returns the loss before it. The batch is at most the number of pairs. Throws DivergenceError.
    double step(int batch) {
        const auto size = shape.size();
        depix::Tensor<float> input(batch, shape), target(batch, shape);
        for (int i = 0; i < batch; ++i, next_ = (next_ + 1) % pairs()) {
            const auto from = static_cast<std::ptrdiff_t>(size) * next_, to = static_cast<std::ptrdiff_t>(size) * i;
            std::copy_n(pixelated_.begin() + from, size, input.data.begin() + to);
            std::copy_n(clean_.begin() + from, size, target.data.begin() + to);
        }
        return trainer_.step(input, target);
    }
    /// What the network makes of a pair's pixelated picture by now, with the running statistics of its batch norms.
    depix::Image output(int pair) const {
        depix::Image picture(shape);
        const auto from = static_cast<std::ptrdiff_t>(shape.size()) * (pair % pairs());
        std::copy_n(pixelated_.begin() + from, shape.size(), picture.pixels.begin());
        return depix::Inference<depix::Depixelizer>(model_, 1)(picture);
    }

  private:
    std::vector<float> pixelated_, clean_;
    depix::Model<depix::Depixelizer> model_;
    depix::Trainer<depix::Depixelizer, depix::MeanSquaredError, EitherOptimizer> trainer_;
    int next_ = 0;
};

}  // namespace page
