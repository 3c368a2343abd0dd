// One whole adversarial step against PyTorch: both networks' losses, gradients and steps of Adam, as in SRGAN, as in
// DE-GAN, and as in the DE-GAN of the implementation in PyTorch.
#include "../models/golden_check.hpp"

#include "depix/train/adversarial_trainer.hpp"

using namespace depix_test;

namespace {

// clang-format off
using Generator = Sequential<Conv<1, 3>, BatchNorm<3>, PReLU<>, Conv<3, 1>, Sigmoid>;
template <int Channels>
using SmallDiscriminator = Sequential<
    Conv<Channels, 4, 4, Stride<2>, Padding<1>>, LeakyReLU<std::ratio<1, 5>>,
    Conv<4, 4>, BatchNorm<4>, LeakyReLU<std::ratio<1, 5>>, Conv<4, 1>, Sigmoid>;
using LinearGenerator = Sequential<Conv<1, 3>, BatchNorm<3>, PReLU<>, Conv<3, 1>>;
using PoolingDiscriminator = Sequential<
    Conv<2, 4>, LeakyReLU<>, MaxPool<2>, Conv<4, 4>, LeakyReLU<>, BatchNorm<4>, MaxPool<2>, Conv<4, 1>>;
// clang-format on

/// Compares a model after its step, and its gradients. `noise` is the name of a bias before a batch norm. The gradient
/// of this bias is only rounding noise, and Adam turns that into a whole step.
template <class M, class T>
void check_model(const SafetensorsFile& file, const std::string& prefix, const M& model, std::span<const T> gradients,
                 const std::string& noise, int steps) {
    for (const auto& gradient : model.name_parameters(gradients)) {
        CAPTURE(prefix + gradient.name);
        const std::vector<float> exact = file.values<float>(prefix + "g64." + gradient.name);
        const double pytorch = largest_difference(file.values<float>(prefix + "g." + gradient.name), exact);
        const std::vector<float> own(gradient.values.begin(), gradient.values.end());
        // The bound is a few times PyTorch's own error, or a few units in a float's last place in the largest gradient.
        const double size = largest_difference(exact, std::vector<float>(exact.size()));
        CHECK(largest_difference(own, exact) <= 4 * std::max(pytorch, 1.2e-7 * size));
    }
    const double learning_rate = 1e-3;
    for (const auto& tensor : model.tensors()) {
        CAPTURE(prefix + tensor.name);
        const std::vector<float> own(tensor.values.begin(), tensor.values.end());
        const std::vector<float> expected = file.values<float>(prefix + "p1." + tensor.name);
        if (tensor.name == noise)
            CHECK(largest_difference(own, file.values<float>(prefix + "w." + tensor.name)) <=
                  steps * learning_rate * 1.001);
        else if (!tensor.trainable)  // from the second step on that noise moves the running mean, by a tenth
            CHECK(largest_difference(own, expected) <= 0.1 * 2 * learning_rate * (steps - 1) + 1e-6);
        else  // Adam divides a gradient by its size, so a small one moves by its relative error
            CHECK(largest_difference(own, expected) <= learning_rate * 0.02);
    }
}

template <class Discriminator, class Content, class Adversarial, class Backend, class T, class Maker = Generator>
void check_step(const std::string& name, const AdversarialOptions& options, const Adam& adam = {}) {
    const std::string path = shipped + name;
    const SafetensorsFile file = SafetensorsFile::read(path);
    Model<Maker, T> generator;
    Model<Discriminator, T> discriminator;
    load(generator, path, {.prefix = "generator.w."});
    load(discriminator, path, {.prefix = "discriminator.w."});
    AdversarialTrainer trainer{generator, discriminator, Content{}, Adversarial{}, adam, adam, options, Backend{}};
    const AdversarialLosses losses =
        trainer.step(convert<T>(tensor(file, "input")), convert<T>(tensor(file, "target")));

    const std::vector<double> exact = file.values<double>("losses_f64");
    // The losses are means of some hundred terms in float, so they differ by a few units in the last place.
    CHECK(losses.discriminator_real == doctest::Approx(exact[0]).epsilon(1e-6));
    CHECK(losses.discriminator_fake == doctest::Approx(exact[1]).epsilon(1e-6));
    CHECK(losses.content == doctest::Approx(exact[2]).epsilon(1e-6));
    CHECK(losses.adversarial == doctest::Approx(exact[3]).epsilon(1e-6));
    check_model(file, "generator.", generator, trainer.generator_gradients(), "0.bias", 1);
    const char* noise = std::is_same_v<Discriminator, PoolingDiscriminator> ? "" : "2.bias";
    check_model(file, "discriminator.", discriminator, trainer.discriminator_gradients(), noise,
                options.update == DiscriminatorUpdate::InTurn ? 2 : 1);
}

}  // namespace

TEST_CASE("SRGAN's step agrees with PyTorch") {
    const AdversarialOptions options{.content_weight = 1, .adversarial_weight = 1e-3, .real_label = 0.9};
    check_step<SmallDiscriminator<1>, MeanSquaredError, BinaryCrossEntropy, Cpu, float>(
        "adversarial_together.safetensors", options);
    check_step<SmallDiscriminator<1>, MeanSquaredError, BinaryCrossEntropy, Reference, double>(
        "adversarial_together.safetensors", options);
}

TEST_CASE("DE-GAN's step agrees with PyTorch") {
    const AdversarialOptions options{
        .content_weight = 100, .adversarial_weight = 1, .update = DiscriminatorUpdate::InTurn};
    check_step<SmallDiscriminator<2>, BinaryCrossEntropy, MeanSquaredError, Cpu, float>(
        "adversarial_in_turn.safetensors", options);
    check_step<SmallDiscriminator<2>, BinaryCrossEntropy, MeanSquaredError, Reference, double>(
        "adversarial_in_turn.safetensors", options);
}

TEST_CASE("the step of DE-GAN in PyTorch agrees with PyTorch") {
    const AdversarialOptions options{.content_weight = 500, .adversarial_weight = 1};
    const Adam adam{.beta1 = 0.5, .beta2 = 0.999};
    check_step<PoolingDiscriminator, MeanSquaredError, MeanSquaredError, Cpu, float, LinearGenerator>(
        "adversarial_pytorch.safetensors", options, adam);
    check_step<PoolingDiscriminator, MeanSquaredError, MeanSquaredError, Reference, double, LinearGenerator>(
        "adversarial_pytorch.safetensors", options, adam);
}
