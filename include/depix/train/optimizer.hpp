// Optimizers: how a gradient changes the weights. The settings are an aggregate; the state belongs to the trainer.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "depix/error.hpp"

namespace depix {

/// What an optimizer stores between steps: arrays laid out like the parameters, with names for the checkpoint.
template <class T>
struct OptimizerState {
    std::int64_t step = 0;
    std::vector<std::pair<std::string, std::vector<T>>> arrays;
};

/// Adam (Kingma and Ba 2015), as in torch.optim.Adam:
///
///     m = beta1 m + (1 - beta1) g          v = beta2 v + (1 - beta2) g^2
///     w = w - learning_rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
struct Adam {
    double learning_rate = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;

    static constexpr const char* name = "adam";

    /// Calls visit("learning_rate", the setting) and so on for every setting that a checkpoint stores.
    template <class Settings, class Visit>
    static void visit_settings(Settings& settings, Visit&& visit) {
        visit("learning_rate", settings.learning_rate);
        visit("beta1", settings.beta1);
        visit("beta2", settings.beta2);
        visit("epsilon", settings.epsilon);
    }

    template <class T>
    OptimizerState<T> start(std::size_t parameters) const {
        return {0, {{"m", std::vector<T>(parameters)}, {"v", std::vector<T>(parameters)}}};
    }

    template <class T>
    void step(std::span<T> weights, std::span<const T> gradients, OptimizerState<T>& state) const {
        ++state.step;
        const auto t = static_cast<double>(state.step);
        const T rate = static_cast<T>(learning_rate / (1 - std::pow(beta1, t)));
        const T root = static_cast<T>(std::sqrt(1 - std::pow(beta2, t)));
        const T keep_m = static_cast<T>(beta1), take_m = static_cast<T>(1 - beta1);
        const T keep_v = static_cast<T>(beta2), take_v = static_cast<T>(1 - beta2);
        const T tiny = static_cast<T>(epsilon);
        std::vector<T>& m = state.arrays[0].second;
        std::vector<T>& v = state.arrays[1].second;
        for (std::size_t i = 0; i < weights.size(); ++i) {
            m[i] = keep_m * m[i] + take_m * gradients[i];
            v[i] = keep_v * v[i] + take_v * gradients[i] * gradients[i];
            weights[i] -= rate * m[i] / (std::sqrt(v[i]) / root + tiny);
        }
    }
};

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), as in torch.optim.AdamW. Every step first makes all
/// weights smaller, so that the decay is not divided by the gradient's size, and is then Adam's:
///
///     w = w - learning_rate weight_decay w
///
/// Throws Error for a weight decay that is negative.
struct AdamW {
    double learning_rate = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 1e-2;

    static constexpr const char* name = "adamw";

    template <class Settings, class Visit>
    static void visit_settings(Settings& settings, Visit&& visit) {
        Adam::visit_settings(settings, visit);
        visit("weight_decay", settings.weight_decay);
    }

    /// The same settings without weight decay.
    Adam adam() const { return {.learning_rate = learning_rate, .beta1 = beta1, .beta2 = beta2, .epsilon = epsilon}; }

    template <class T>
    OptimizerState<T> start(std::size_t parameters) const {
        if (!(weight_decay >= 0))
            throw Error("depix: AdamW's weight decay is " + std::to_string(weight_decay) + "; it must be at least 0");
        return adam().start<T>(parameters);
    }

    template <class T>
    void step(std::span<T> weights, std::span<const T> gradients, OptimizerState<T>& state) const {
        const T keep = static_cast<T>(1 - learning_rate * weight_decay);
        for (T& weight : weights) weight *= keep;
        adam().step<T>(weights, gradients, state);
    }
};

/// Stochastic gradient descent with momentum, as in torch.optim.SGD: m = momentum m + g; w = w - learning_rate m.
struct SGD {
    double learning_rate = 1e-2;
    double momentum = 0;

    static constexpr const char* name = "sgd";

    template <class Settings, class Visit>
    static void visit_settings(Settings& settings, Visit&& visit) {
        visit("learning_rate", settings.learning_rate);
        visit("momentum", settings.momentum);
    }

    template <class T>
    OptimizerState<T> start(std::size_t parameters) const {
        return {0, {{"momentum", std::vector<T>(parameters)}}};
    }

    template <class T>
    void step(std::span<T> weights, std::span<const T> gradients, OptimizerState<T>& state) const {
        ++state.step;
        std::vector<T>& m = state.arrays[0].second;
        for (std::size_t i = 0; i < weights.size(); ++i) {
            m[i] = static_cast<T>(momentum) * m[i] + gradients[i];
            weights[i] -= static_cast<T>(learning_rate) * m[i];
        }
    }
};

}  // namespace depix
