// AdversarialTrainer<..., Cuda> and FeatureLoss<..., Cuda>, emulated, against the textbook in double.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "depix/cuda.cuh"
#include "depix/train/adversarial_fit.hpp"

using namespace depix;

namespace {

using Generator = Sequential<Conv<3, 4>, BatchNorm<4>, LeakyReLU<>, Conv<4, 3>, Sigmoid>;
using Pairs = Sequential<Conv<6, 4, 3, Stride<2>>, LeakyReLU<>, Dropout<std::ratio<1, 4>>, Conv<4, 1>, Sigmoid>;
using Images = Sequential<Conv<3, 4, 3, Stride<2>>, BatchNorm<4>, LeakyReLU<>, GlobalAveragePool, Dense<4, 1>>;
using Features = Sequential<Conv<3, 4>, ReLU, MaxPool<2>, Conv<4, 5>>;

Tensor<float> draw(std::uint64_t seed) {
    Random random(seed);
    Tensor<float> images(2, {3, 8, 8});
    for (float& value : images.data) value = static_cast<float>(random.uniform());
    return images;
}
Tensor<double> exactly(const Tensor<float>& from) {
    Tensor<double> to(from.batch, from.shape);
    std::ranges::copy(from.data, to.data.begin());
    return to;
}

/// Checks that no two weights differ by more than `tolerance`.
template <class A, class B>
void check_near(const A& a, const B& b, double tolerance) {
    REQUIRE(a.size() == b.size());
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        largest = std::max(largest, std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    CHECK(largest < tolerance);
}

/// Three steps of both trainers with SGD, whose steps are as large as the gradients. So the weights may differ only by
/// what float32 rounds of the gradients, which are sums of hundreds of terms within 1: some 2^-24 of them.
template <class Judge, class Content, class ExactContent, class Adversarial>
void compare_with_textbook(Content content, ExactContent exact_content, Adversarial adversarial,
                           const AdversarialOptions& options) {
    Model<Generator> generator(1);
    Model<Judge> judge(2);
    Model<Generator, double> exact_generator(generator);
    Model<Judge, double> exact_judge(judge);
    const SGD settings{.learning_rate = 0.05, .momentum = 0.5};
    AdversarialTrainer trainer{generator, judge, std::move(content), adversarial, settings, settings, options, Cuda{}};
    AdversarialTrainer<Generator, Judge, ExactContent, Adversarial, SGD, Reference, double> exact{
        exact_generator, exact_judge, std::move(exact_content), adversarial, settings, settings, options};
    for (std::uint64_t step = 0; step < 3; ++step) {
        const Tensor<float> input = draw(10 + step), target = draw(20 + step);
        const AdversarialLosses losses = trainer.step(input, target);
        const AdversarialLosses expected = exact.step(exactly(input), exactly(target));
        CHECK(losses.discriminator_real == doctest::Approx(expected.discriminator_real).epsilon(1e-5));
        CHECK(losses.discriminator_fake == doctest::Approx(expected.discriminator_fake).epsilon(1e-5));
        CHECK(losses.content == doctest::Approx(expected.content).epsilon(1e-5));
        CHECK(losses.adversarial == doctest::Approx(expected.adversarial).epsilon(1e-5));
    }
    Tensor<double> output(2, {3, 8, 8});
    copy(exact.output(), output.view());
    check_near(trainer.output().data, output.data, 1e-5);
    check_near(trainer.generator().parameters(), exact_generator.parameters(), 1e-5);
    check_near(trainer.discriminator().parameters(), exact_judge.parameters(), 1e-5);
    check_near(trainer.generator().statistics(), exact_generator.statistics(), 1e-5);
    check_near(trainer.discriminator().statistics(), exact_judge.statistics(), 1e-5);
    CHECK(std::ranges::equal(trainer.discriminator().batches_tracked(), exact_judge.batches_tracked()));
    if (options.average_decay > 0)
        check_near(std::as_const(trainer).average()->parameters(), exact.average()->parameters(), 1e-5);
}

}  // namespace

TEST_CASE("a conditional GAN, as DE-GAN trains one") {
    compare_with_textbook<Pairs>(
        BinaryCrossEntropy{}, BinaryCrossEntropy{}, MeanSquaredError{},
        {.content_weight = 10, .adversarial_weight = 1, .update = DiscriminatorUpdate::InTurn});
}

TEST_CASE("a GAN of pictures, as SRGAN's: features, a sum of losses, smoothed labels, an average") {
    Model<Features> features(3);
    const Model<Features, double> exact_features(features);
    using Loss = Scaled<MeanSquaredError, std::ratio<4, 51>>;
    compare_with_textbook<Images>(
        SumOfLosses{Weighted{MeanAbsoluteError{}, 0.5},
                    Weighted{FeatureLoss<Features, Loss, Cuda>(features, VggInput::torchvision), 2.0}},
        SumOfLosses{
            Weighted{MeanAbsoluteError{}, 0.5},
            Weighted{FeatureLoss<Features, Loss, Reference, double>(exact_features, VggInput::torchvision), 2.0}},
        BinaryCrossEntropyWithLogits{},
        {.adversarial_weight = 0.1, .real_label = 0.9, .discriminator_every = 2, .average_decay = 0.5});
}

TEST_CASE("float16 learns, and what is wrong is said") {
    Model<Generator> generator(1);
    Model<Pairs> judge(2);
    AdversarialTrainer trainer{generator,
                               judge,
                               MeanSquaredError{},
                               MeanSquaredError{},
                               Adam{.learning_rate = 0.01},
                               Adam{.learning_rate = 0.01},
                               AdversarialOptions{},
                               CudaWith<precision::Float16>{}};
    const Tensor<float> input = draw(1), target = draw(2);
    const double first = trainer.step(input, target).content;
    double last = first;
    for (int step = 0; step < 10; ++step) last = trainer.step(input, target).content;
    CHECK(last < first);

    CHECK_THROWS_AS(trainer.step(input, Tensor<float>(2, {3, 4, 4})), ShapeError);
    const Model<Generator> before = trainer.generator();
    Tensor<float> bad = target;
    bad.data[5] = NAN;
    const std::int64_t steps = trainer.discriminator_state().step;
    CHECK_THROWS_AS(trainer.step(input, bad), DivergenceError);
    CHECK(std::ranges::equal(trainer.generator().parameters(), before.parameters()));
    CHECK(trainer.discriminator_state().step == steps);
}

namespace {

struct Batches {
    std::size_t steps() const { return 3; }
    std::vector<std::pair<Tensor<float>, Tensor<float>>> epoch(std::uint64_t, std::size_t first) const {
        std::vector<std::pair<Tensor<float>, Tensor<float>>> batches;
        for (std::size_t step = first; step < steps(); ++step) batches.emplace_back(draw(step), draw(step));
        return batches;
    }
};

}  // namespace

TEST_CASE("fit watches the generator's images on the device, too") {
    Model<Generator> generator(1);
    Model<Pairs> judge(2);
    AdversarialTrainer trainer{generator, judge,  MeanSquaredError{},   MeanSquaredError{},
                               Adam{},    Adam{}, AdversarialOptions{}, Cuda{}};
    CHECK(fit(trainer, Batches{}, {.epochs = 2}).history.size() == 2);
    for (float& weight : trainer.generator().parameters()) weight = 0;
    trainer.options.generator_every = 1000;
    trainer.steps() = 1;
    CHECK_THROWS_WITH_AS(fit(trainer, Batches{}, {.epochs = 2, .lost_steps = 3}),
                         doctest::Contains("the generator's pictures were flat"), DivergenceError);
}
