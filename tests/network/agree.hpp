// Checks a whole network, Cpu against Reference in double: its pictures and the gradients of one training step.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "../uses_winograd.hpp"
#include "depix/depix.hpp"

namespace depix_test {

using namespace depix;

/// Weights drawn as in PyTorch, and batch norms that have an effect, also in inference.
template <class Network>
Model<Network> lively_model() {
    Model<Network> model(7);
    Random random(8);
    for (const auto& tensor : model.tensors()) {
        const bool around_one = tensor.name.ends_with("weight") || tensor.name.ends_with("running_var");
        if (tensor.shape.size() != 1) continue;
        for (float& value : tensor.values)
            value = static_cast<float>(around_one ? random.uniform(0.5, 1.5) : random.uniform(-0.5, 0.5));
    }
    return model;
}

template <class T>
Tensor<T> noise(int images, Shape shape, std::uint64_t seed) {
    Random random(seed);
    Tensor<T> result(images, shape);
    for (T& value : result.data) value = static_cast<T>(static_cast<float>(random.uniform(-1, 1)));
    return result;
}

template <class A, class B>
double largest_difference(const A& a, const B& b) {
    REQUIRE(a.size() == b.size());
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference = std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
        if (!(difference <= largest)) largest = difference;  // true for NaN as well
    }
    return largest;
}
template <class A>
double largest_of(const A& a) {
    return largest_difference(a, std::vector<double>(a.size()));
}

/// The tolerance is a few times the rounding error of the textbook in float, which sums in another order. Where that
/// error is 0 by luck, it is a few units in the last place (2^-24) of the largest value.
template <class Network>
double tolerance(double textbook, double largest) {
    return (uses_winograd<Network>() ? 5 : 1) * (4 * textbook + 8 * 6e-8 * largest);
}

/// Checks inference: `images` of this shape, with one thread and with several.
template <class Network>
void check_images(Shape shape, int images) {
    CAPTURE(to_string(shape));
    const Model<Network> model = lively_model<Network>();
    const auto exact =
        Inference<Network, Reference, double>{Model<Network, double>{model}}(noise<double>(images, shape, 3));
    const auto input = noise<float>(images, shape, 3);
    const auto textbook = Inference<Network, Reference>{model}(input);
    const double bound = tolerance<Network>(largest_difference(textbook.data, exact.data), largest_of(exact.data));
    for (const int threads : {1, 2, 3}) {
        CAPTURE(threads);
        const Inference<Network, Cpu> fast{model, threads};
        // What the previous picture left in the workspace must not affect the result.
        fast(Tensor<float>(1, shape, std::numeric_limits<float>::quiet_NaN()));
        CHECK(largest_difference(fast(input).data, exact.data) <= bound);
    }
}

/// Checks training: the loss and its gradients for one batch.
template <class Network>
void check_gradients(Shape shape, int images) {
    CAPTURE(to_string(shape));
    const Model<Network> model = lively_model<Network>();
    const Shape output = Inference<Network>::output_shape(shape);
    Model<Network, double> exact_model{model};
    Model<Network> textbook_model = model, fast_model = model;
    Trainer exact{exact_model, MeanSquaredError{}, SGD{}, Reference{}};
    Trainer textbook{textbook_model, MeanSquaredError{}, SGD{}, Reference{}};
    const double loss = exact.gradient(noise<double>(images, shape, 3), noise<double>(images, output, 4));
    const auto input = noise<float>(images, shape, 3), target = noise<float>(images, output, 4);
    const double rounding = std::fabs(textbook.gradient(input, target) - loss);
    const double largest = largest_of(exact.gradients());
    for (const int threads : {1, 2}) {
        CAPTURE(threads);
        Trainer fast{fast_model, MeanSquaredError{}, SGD{}, Cpu{}, threads};
        CHECK(std::fabs(fast.gradient(input, target) - loss) <= tolerance<Network>(rounding, loss));
        const auto exact_gradients = exact_model.name_parameters(exact.gradients());
        const auto textbook_gradients = textbook_model.name_parameters(textbook.gradients());
        const auto gradients = fast_model.name_parameters(fast.gradients());
        for (std::size_t i = 0; i < gradients.size(); ++i) {
            CAPTURE(gradients[i].name);
            const auto values = exact_gradients[i].values;
            // The gradient of a bias before a batch norm is only the rounding of the network's largest gradients.
            CHECK(largest_difference(gradients[i].values, values) <=
                  tolerance<Network>(largest_difference(textbook_gradients[i].values, values), largest));
        }
    }
}

/// The results of one training pass.
template <class T>
struct Trained {
    std::vector<T> output, input_gradient, gradients;
};

/// Runs one training pass over noise, in which every output has a gradient of noise too. It runs twice, since what the
/// first pass left must not affect the second. Inputs are eighths, so that some windows have several largest values.
template <class Backend, class Network, class T>
Trained<T> train_once(const Model<Network, T>& model, Shape shape, int images, int threads) {
    using Pass = TrainingPass<Network, Backend, T>;
    Trained<T> trained;
    const auto values_of = [](View<const T> from) {
        Tensor<T> to(from.batch, from.shape());
        copy(from, to.view());
        return to.data;
    };
    Tensor<T> input = noise<T>(images, shape, 3);
    for (T& value : input.data) value = std::round(value * 8) / 8;
    const Tensor<T> output_gradient = noise<T>(images, Network::output(shape), 4);
    Pass pass;
    pass.prepare(images, shape, threads);
    for (int time = 0; time < 2; ++time) {
        Random random(5);
        trained.gradients.assign(model.parameters().size(), T(0));
        Pass::run(threads, [&](cpu::Team team) { pass.forward(model, std::as_const(input).view(), random, team); });
        trained.output = values_of(pass.output());
        copy(output_gradient.view(), pass.output_gradient());
        Pass::run(threads,
                  [&](cpu::Team team) { pass.backward(model, trained.gradients, team, Pass::InputGradient::Wanted); });
        trained.input_gradient = values_of(pass.input_gradient());
    }
    return trained;
}

/// Checks training: outputs, gradients of every parameter, and the input's gradient.
template <class Network>
void check_training_pass(const Model<Network>& model, Shape shape, int images) {
    CAPTURE(to_string(shape));
    Model<Network, double> exact_model{model};
    const auto exact = train_once<Reference>(exact_model, shape, images, 1);
    const auto textbook = train_once<Reference>(model, shape, images, 1);
    for (const int threads : {1, 3}) {
        CAPTURE(threads);
        const auto fast = train_once<Cpu>(model, shape, images, threads);
        const auto check = [&](const auto& values, const auto& textbook_values, const auto& exact_values,
                               double largest) {
            CHECK(largest_difference(values, exact_values) <=
                  tolerance<Network>(largest_difference(textbook_values, exact_values), largest));
        };
        check(fast.output, textbook.output, exact.output, largest_of(exact.output));
        check(fast.input_gradient, textbook.input_gradient, exact.input_gradient, largest_of(exact.input_gradient));
        const auto gradients = model.name_parameters(std::span(fast.gradients));
        const auto textbook_gradients = model.name_parameters(std::span(textbook.gradients));
        const auto exact_gradients = exact_model.name_parameters(std::span(exact.gradients));
        for (std::size_t i = 0; i < gradients.size(); ++i) {
            CAPTURE(gradients[i].name);
            check(gradients[i].values, textbook_gradients[i].values, exact_gradients[i].values,
                  largest_of(exact.gradients));
        }
    }
}

/// Pictures and gradients of a network for inputs of this shape.
template <class Network>
void check_network(Shape shape, int images) {
    check_images<Network>(shape, images);
    check_gradients<Network>(shape, images);
}

}  // namespace depix_test
