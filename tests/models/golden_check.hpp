// Networks against PyTorch's golden files: outputs, gradients, three steps of Adam.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "../uses_winograd.hpp"
#include "depix/depix.hpp"

namespace depix_test {

using namespace depix;

// Small files ship with the tests, and large ones exist only on the project's own machines.
inline const std::string shipped = std::string(DEPIX_SOURCE_DIR) + "/tests/golden/";
inline const std::string shared = std::string(DEPIX_SHARED_DIR) + "/golden/";

inline bool have(const std::string& path) {
    if (std::filesystem::exists(path)) return true;
    MESSAGE("skipped: no " << path);
    return false;
}

inline double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
    REQUIRE(a.size() == b.size());
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        largest = std::max(largest, std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    return largest;
}

inline Tensor<float> tensor(const SafetensorsFile& file, const std::string& name) {
    const auto shape = file.shape(name);
    REQUIRE(shape.size() == 4);
    const auto size = [&](int i) { return static_cast<int>(shape[static_cast<std::size_t>(i)]); };
    Tensor<float> result(size(0), {size(1), size(2), size(3)});
    result.data = file.values<float>(name);
    return result;
}

template <class T>
Tensor<T> convert(const Tensor<float>& from) {
    Tensor<T> to(from.batch, from.shape);
    std::copy(from.data.begin(), from.data.end(), to.data.begin());
    return to;
}

/// How many times PyTorch's own rounding error a result may have: 4, for another order of summation, and 20 where Cpu
/// uses Winograd's convolution. The worst of these files' outputs and gradients is 16 times as far off as PyTorch's.
template <class Network, class Backend>
double allowance() {
    return std::is_same_v<Backend, Cpu> && uses_winograd<Network>() ? 20 : 4;
}

/// Inference on the file's weights and input.
template <class Network, class Backend, class T>
void check_output(const std::string& path) {
    if (!have(path)) return;
    const SafetensorsFile file = SafetensorsFile::read(path);
    Model<Network, T> model;
    load(model, path, {.prefix = "w."});
    const Inference<Network, Backend, T> restore{model};
    const Tensor<T> output = restore(convert<T>(tensor(file, "input")));
    const std::vector<float> result(output.data.begin(), output.data.end());
    const std::vector<float> exact = file.values<float>("output_f64");
    // The measure is PyTorch's own rounding error on this picture. Where the output is only a number or two, that error
    // may be 0 by luck. So the measure is at least the rounding that a float cannot avoid, 2^-24 of the largest value.
    const double rounding = 6e-8 * largest_difference(exact, std::vector<float>(exact.size()));
    const double pytorch = std::max(largest_difference(file.values<float>("output"), exact), rounding);
    CHECK(largest_difference(result, exact) <= allowance<Network, Backend>() * pytorch);
}

/// The largest gradient in the parameter's layer. The gradients of its weight and bias are sums of equally many terms.
inline double largest_gradient(const SafetensorsFile& file, const std::string& name) {
    const std::string layer = "g64." + name.substr(0, name.rfind('.') + 1);
    double largest = 0;
    for (const char* which : {"weight", "bias"}) {
        if (!file.contains(layer + which)) continue;
        const std::vector<float> gradient = file.values<float>(layer + which);
        largest = std::max(largest, largest_difference(gradient, std::vector<float>(gradient.size())));
    }
    return largest;
}

/// Whether a parameter is a bias before a batch norm. The gradient of such a bias is only rounding noise, and Adam's
/// first step turns that into a whole step.
using BeforeBatchNorm = std::function<bool(const std::string& name)>;

/// PyTorch's rounding error in the gradient of one parameter. It is the largest that the file shows in the parameter's
/// tensor. In tensors of a few numbers that may be small by luck, so it is at least what is usual in this network: the
/// median over its tensors, in units of each layer's largest gradient. That is never below the unit in the last place
/// (2^-23). Each gradient is a sum over n > 1,000 pixels, and n roundings of half a unit add up to sqrt(n) / 2 in a
/// random walk.
class GradientNoise {
  public:
    GradientNoise(const SafetensorsFile& file, const std::vector<std::string>& names) : file_(file) {
        std::vector<double> relative;
        for (const std::string& name : names)
            if (const double size = largest_gradient(file, name); size > 0) relative.push_back(own(name) / size);
        std::nth_element(relative.begin(), relative.begin() + static_cast<std::ptrdiff_t>(relative.size() / 2),
                         relative.end());
        usual_ = std::max(relative[relative.size() / 2], 1.2e-7);
    }
    double operator()(const std::string& name) const {
        return std::max(own(name), usual_ * largest_gradient(file_, name));
    }

  private:
    double own(const std::string& name) const {
        return largest_difference(file_.values<float>("g." + name), file_.values<float>("g64." + name));
    }
    const SafetensorsFile& file_;
    double usual_ = 0;
};

/// How far one of Adam's first steps may be off, in learning rates. These steps divide a gradient by its own size. 2 %
/// is allowed where the gradient is well above its noise. Otherwise the noise decides the step, including its sign.
inline double step_tolerance(double noise, double gradient) {
    return std::max(0.02, std::min(2.0, 4 * noise / std::max(std::fabs(gradient), 1e-30)));
}

/// For networks that have no such bias.
inline bool no_batch_norm(const std::string& /*name*/) { return false; }

/// Trains on the file's weights and batch. moved_by_noise is the part of a tensor that may be off by the third step.
template <class Network, class Backend, class T, class Loss = MeanSquaredError>
void check_training(const std::string& path, const BeforeBatchNorm& before_batch_norm = no_batch_norm,
                    double learning_rate = 1e-3, double moved_by_noise = 0.01) {
    if (!have(path)) return;
    const SafetensorsFile file = SafetensorsFile::read(path);
    Model<Network, T> model;
    load(model, path, {.prefix = "w."});
    const Tensor<T> input = convert<T>(tensor(file, "input")), target = convert<T>(tensor(file, "target"));
    Trainer trainer{model, Loss{}, Adam{.learning_rate = learning_rate}, Backend{}};

    const std::vector<float> losses = file.values<float>("losses");
    const double exact_loss = file.values<double>("loss_f64")[0];
    std::vector<std::string> names;
    for (const auto& parameter : model.name_parameters(trainer.gradients())) names.push_back(parameter.name);
    const GradientNoise noise(file, names);
    const double allowed = allowance<Network, Backend>();
    for (std::size_t step = 0; step < 3; ++step) {
        const double loss = trainer.step(input, target);
        // The file's weights are floats. Adam's first step moves all of them by the learning rate, and the rounding of
        // that to a float is the same for all weights of one size. So it adds up, to 1e-5 of the next loss.
        for (T& weight : model.parameters()) weight = static_cast<T>(static_cast<float>(weight));
        // The loss is a mean over 200,000 squares. PyTorch's own is off by 1e-7 of it.
        CHECK(loss == doctest::Approx(step == 0 ? exact_loss : static_cast<double>(losses[step])).epsilon(2e-6));

        if (step == 0) {
            for (const auto& gradient : model.name_parameters(trainer.gradients())) {
                CAPTURE(gradient.name);
                const std::vector<float> exact = file.values<float>("g64." + gradient.name);
                const std::vector<float> own(gradient.values.begin(), gradient.values.end());
                CHECK(largest_difference(own, exact) <= allowed * noise(gradient.name));
            }
        }
        if (step == 1) continue;
        const std::string prefix = step == 0 ? "p1." : "p3.";
        for (const auto& parameter : model.tensors()) {
            CAPTURE(parameter.name);
            const std::vector<float> own(parameter.values.begin(), parameter.values.end());
            const std::vector<float> expected = file.values<float>(prefix + parameter.name);
            const auto steps = static_cast<double>(step + 1);
            if (before_batch_norm(parameter.name)) {
                const std::vector<float> before = file.values<float>("w." + parameter.name);
                CHECK(largest_difference(own, before) <= steps * learning_rate * 1.001);
            } else if (!parameter.trainable) {
                // The noise in the biases moves the running mean by 0.1 of at most two steps; float's rounding is
                // added.
                CHECK(largest_difference(own, expected) <=
                      0.1 * 2 * 2 * learning_rate * (steps - 1) + allowed * 2.5e-7);
            } else {
                const std::vector<float> exact = file.values<float>("g64." + parameter.name);
                REQUIRE(own.size() == expected.size());
                // By the third step that noise has moved other weights, whose gradients move the next. PyTorch, run
                // twice (with another number of threads), disagrees with itself on 14 of a tensor's 2,304 weights.
                const double tensor_noise = allowed / 4 * noise(parameter.name);
                std::size_t beyond = 0;
                for (std::size_t i = 0; i < own.size(); ++i) {
                    const double difference = std::fabs(static_cast<double>(own[i]) - static_cast<double>(expected[i]));
                    const double tolerance = step_tolerance(tensor_noise, static_cast<double>(exact[i]));
                    beyond += difference > steps * learning_rate * tolerance;
                    CHECK_FALSE(difference > steps * learning_rate * 2.001);
                }
                CHECK(static_cast<double>(beyond) <=
                      (step == 0 ? 0 : std::floor(static_cast<double>(own.size()) * moved_by_noise)));
            }
        }
    }
    for (const auto& counter : model.counters())
        CHECK(counter.values[0] == file.values<std::int64_t>("p3." + counter.name)[0]);
}

/// The model's names and shapes are those of the file's state_dict.
template <class Network>
void check_names(const std::string& path) {
    if (!have(path)) return;
    const SafetensorsFile file = SafetensorsFile::read(path);
    Model<Network> model;
    for (const auto& tensor : model.tensors()) {
        CAPTURE(tensor.name);
        REQUIRE(file.contains("w." + tensor.name));
        CHECK(file.shape("w." + tensor.name) == tensor.shape);
    }
}

/// Both files of a network for restoring, on Reference in double and on Cpu.
template <class Small>
void check_restorer(const std::string& name) {
    CAPTURE(name);
    check_names<Small>(shipped + name + ".safetensors");
    check_output<Small, Cpu, float>(shipped + name + ".safetensors");
    check_output<Small, Reference, double>(shipped + name + ".safetensors");
    check_training<Small, Cpu, float>(shipped + name + "_step.safetensors");
    check_training<Small, Reference, double>(shipped + name + "_step.safetensors");
}

}  // namespace depix_test
