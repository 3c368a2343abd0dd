// The adversarial trainer: its gradients against finite differences, what it changes and what it leaves alone.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "../io/temporary_folder.hpp"
#include "depix/depix.hpp"
#include "depix/train/adversarial_fit.hpp"

using namespace depix;

namespace {

// clang-format off
using Generator = Sequential<Conv<1, 3>, BatchNorm<3>, PReLU<>, Conv<3, 1>, Sigmoid>;
template <int Channels>
using SmallDiscriminator = Sequential<
    Conv<Channels, 4, 4, Stride<2>, Padding<1>>, LeakyReLU<std::ratio<1, 5>>,
    Conv<4, 4>, BatchNorm<4>, LeakyReLU<std::ratio<1, 5>>, Conv<4, 1>, Sigmoid>;
using Eye = Sequential<Conv<3, 4>, ReLU, MaxPool<2>, Conv<4, 2>>;
// clang-format on

template <class T>
Tensor<T> noise(int batch, Shape shape, std::uint64_t seed) {
    Tensor<T> tensor(batch, shape);
    Random random(seed);
    for (T& value : tensor.data) value = static_cast<T>(random.uniform(0, 1));
    return tensor;
}

/// A trainer whose steps do not move the weights, so that its gradients can be compared with differences of its losses.
template <class G, class D, class Content, class Adversarial>
auto still(Model<G, double>& generator, Model<D, double>& discriminator, Content content, Adversarial adversarial,
           AdversarialOptions options) {
    const SGD stop{.learning_rate = 0};
    return AdversarialTrainer<G, D, Content, Adversarial, SGD, Reference, double>(
        generator, discriminator, std::move(content), adversarial, stop, stop, options);
}

/// Compares a gradient with differences of `loss` of a trainer's step. A step of 1e-6 leaves an error of about 1e-10.
template <class Trainer, class Loss>
void check_gradient(Trainer& trainer, const Tensor<double>& x, const Tensor<double>& t, std::span<double> parameters,
                    std::span<const double> gradient, Loss loss) {
    trainer.step(x, t);
    const std::vector<double> expected(gradient.begin(), gradient.end());
    for (std::size_t i = 0; i < parameters.size(); i += 7) {
        CAPTURE(i);
        const double value = parameters[i], step = 1e-6;
        parameters[i] = value + step;
        const double above = loss(trainer.step(x, t));
        parameters[i] = value - step;
        const double below = loss(trainer.step(x, t));
        parameters[i] = value;
        CHECK((above - below) / (2 * step) == doctest::Approx(expected[i]).epsilon(1e-5).scale(0.1));
    }
}

}  // namespace

TEST_CASE("both gradients agree with finite differences of both losses, with and without the condition") {
    const auto check = [&]<class D>(Model<D, double> discriminator, auto content, auto adversarial) {
        Model<Generator, double> generator(3);
        const AdversarialOptions options{.content_weight = 2, .adversarial_weight = 0.5, .real_label = 0.9};
        auto trainer = still(generator, discriminator, content, adversarial, options);
        const auto x = noise<double>(2, {1, 8, 12}, 1), t = noise<double>(2, {1, 8, 12}, 2);
        check_gradient(trainer, x, t, generator.parameters(), trainer.generator_gradients(),
                       [](const AdversarialLosses& l) { return 2 * l.content + 0.5 * l.adversarial; });
        check_gradient(trainer, x, t, discriminator.parameters(), trainer.discriminator_gradients(),
                       [](const AdversarialLosses& l) { return (l.discriminator_real + l.discriminator_fake) / 2; });
    };
    check(Model<SmallDiscriminator<1>, double>(4), MeanAbsoluteError{}, BinaryCrossEntropy{});
    check(Model<SmallDiscriminator<2>, double>(5), BinaryCrossEntropy{}, MeanSquaredError{});
}

TEST_CASE("a feature loss's gradient agrees with finite differences, and its network stays as it is") {
    const Model<Eye, double> eye(7);
    const ChannelMap swapped{.source = {2, 0, 1}, .scale = {2, 3, 0.5f}, .offset = {-1, 0.25f, 0}};
    SumOfLosses loss{
        Weighted{FeatureLoss<Eye, Scaled<MeanSquaredError, std::ratio<4, 51>>, Reference, double>(eye, swapped), 100.0},
        Weighted{MeanSquaredError{}, 0.5}};
    auto y = noise<double>(2, {3, 6, 8}, 8);
    const auto t = noise<double>(2, {3, 6, 8}, 9);
    Tensor<double> gradient(2, {3, 6, 8}), unused(2, {3, 6, 8});
    const auto value = [&](View<double> dy, double weight) {
        return add_loss(loss, std::as_const(y).view(), t.view(), dy, weight);
    };
    value(gradient.view(), 3);
    for (std::size_t i = 0; i < y.data.size(); i += 11) {
        CAPTURE(i);
        const double kept = y.data[i], step = 1e-6;
        y.data[i] = kept + step;
        const double above = value(unused.view(), 1);
        y.data[i] = kept - step;
        const double below = value(unused.view(), 1);
        y.data[i] = kept;
        CHECK(3 * (above - below) / (2 * step) == doctest::Approx(gradient.data[i]).epsilon(1e-5).scale(0.1));
    }
}

namespace {

template <int Channels>
struct Run {
    Model<Generator> generator{1};
    Model<SmallDiscriminator<Channels>> discriminator{2};
    AdversarialTrainer<Generator, SmallDiscriminator<Channels>, MeanSquaredError, BinaryCrossEntropy, Adam> trainer;

    explicit Run(const AdversarialOptions& options = {}, Adam settings = {})
        : trainer(generator, discriminator, {}, {}, settings, settings, options, Cpu{}, 1) {}
};

template <class M>
std::vector<float> values(const M& model) {
    return {model.parameters().begin(), model.parameters().end()};
}

struct Pair {
    Tensor<float> input, target;
};

/// Batches of noise, whose targets are the same noise a little brighter.
struct Batches {
    std::size_t count = 6;
    std::size_t steps() const { return count; }
    std::vector<Pair> epoch(std::uint64_t epoch, std::size_t first) const {
        std::vector<Pair> batches;
        for (std::size_t i = first; i < count; ++i) {
            batches.push_back({noise<float>(2, {1, 8, 8}, 100 * epoch + i), {}});
            batches.back().target = batches.back().input;
            for (float& value : batches.back().target.data) value = 0.8f * value + 0.2f;
        }
        return batches;
    }
};

}  // namespace

TEST_CASE("the generator's step leaves the discriminator as it is, and the other way round") {
    const auto x = noise<float>(2, {1, 8, 8}, 1), t = noise<float>(2, {1, 8, 8}, 2);
    Run<2> run({.discriminator_every = 2});
    run.trainer.step(x, t);  // both networks train
    const auto judge = values(run.discriminator);
    const std::vector<float> statistics(run.discriminator.statistics().begin(), run.discriminator.statistics().end());
    const auto maker = values(run.generator);
    run.trainer.step(x, t);  // only the generator trains
    CHECK(values(run.discriminator) == judge);
    CHECK(std::vector<float>(run.discriminator.statistics().begin(), run.discriminator.statistics().end()) ==
          statistics);
    CHECK(values(run.generator) != maker);

    Run<2> other({.generator_every = 2});
    other.trainer.step(x, t);
    const auto before = values(other.generator);
    other.trainer.step(x, t);
    CHECK(values(other.generator) == before);
    CHECK(other.trainer.discriminator_state().step == 2);
    CHECK(other.trainer.generator_state().step == 1);
}

TEST_CASE("in turn, the discriminator makes two steps") {
    const auto x = noise<float>(2, {1, 8, 8}, 1), t = noise<float>(2, {1, 8, 8}, 2);
    Run<1> run({.update = DiscriminatorUpdate::InTurn});
    run.trainer.step(x, t);
    CHECK(run.trainer.discriminator_state().step == 2);
    CHECK(run.discriminator.batches_tracked()[0] == 2);  // the third pass, for the generator, is not counted
}

TEST_CASE("the moving average follows the weights as its decay says") {
    const auto x = noise<float>(2, {1, 8, 8}, 1), t = noise<float>(2, {1, 8, 8}, 2);
    Run<1> run({.average_decay = 0.75});
    const auto first = values(run.generator);
    run.trainer.step(x, t);
    const auto second = values(run.generator);
    REQUIRE(run.trainer.average().has_value());
    const auto average = values(*run.trainer.average());
    for (std::size_t i = 0; i < first.size(); ++i)
        CHECK(average[i] == doctest::Approx(0.75f * first[i] + 0.25f * second[i]).epsilon(1e-6));  // float's rounding
}

TEST_CASE("wrong shapes and losses that are no numbers are refused") {
    Run<2> run;
    const auto x = noise<float>(2, {1, 8, 8}, 1);
    CHECK_THROWS_WITH_AS(
        run.trainer.step(x, noise<float>(2, {1, 8, 9}, 2)),
        doctest::Contains("2 pictures of 1x8x8 into pictures of 1x8x8, but there are 2 targets of 1x8x9"), ShapeError);
    auto bad = noise<float>(2, {1, 8, 8}, 2);
    bad.data[5] = std::numeric_limits<float>::quiet_NaN();
    const auto judge = values(run.discriminator), maker = values(run.generator);
    CHECK_THROWS_WITH_AS(run.trainer.step(x, bad), doctest::Contains("the discriminator's loss is"), DivergenceError);
    CHECK(values(run.discriminator) == judge);
    CHECK(values(run.generator) == maker);
    CHECK_THROWS_WITH_AS(Run<1>({.generator_every = 0}), doctest::Contains("must be at least 1"), Error);
}

TEST_CASE("a run that is stopped anywhere goes on with the same bits") {
    const TemporaryFolder folder;
    const auto options = [&](const std::string& name) {
        return AdversarialFitOptions{.epochs = 3,
                                     .checkpoint = folder / (name + ".safetensors"),
                                     .checkpoint_every_steps = 1,
                                     .generator_weights = folder / (name + "_weights.safetensors"),
                                     .history_csv = folder / (name + ".csv"),
                                     .loss_curve_svg = folder / (name + ".svg"),
                                     .schedule = [](std::int64_t step) { return step < 9 ? 1e-2 : 1e-3; }};
    };
    const AdversarialOptions balance{.discriminator_every = 2, .average_decay = 0.9};
    Run<2> whole(balance, {.learning_rate = 1e-2});
    int samples = 0, steps = 0;
    AdversarialFitOptions whole_options = options("whole");
    whole_options.sample_every_steps = 5;
    whole_options.sample = [&](std::int64_t step) { samples += step % 5 == 0; };
    const auto result = fit(whole.trainer, Batches{}, whole_options, [&](const AdversarialStepReport&) { ++steps; });
    CHECK(samples == 3);
    CHECK(steps == 18);
    CHECK(result.history.size() == 3);
    const auto svg = read_file(folder / "whole.svg");
    CHECK(std::string(reinterpret_cast<const char*>(svg.data()), svg.size()) ==
          adversarial_loss_curve_svg(result.history));

    struct Stop {};
    for (const int at : {1, 6, 8}) {  // in an epoch, at its end, in the next
        CAPTURE(at);
        const std::string name = "stopped" + std::to_string(at);
        int step = 0;
        const auto stop = [&](const AdversarialStepReport&) {
            if (++step == at + 1) throw Stop{};
        };
        Run<2> first(balance, {.learning_rate = 1e-2});
        CHECK_THROWS_AS(fit(first.trainer, Batches{}, options(name), stop), Stop);
        Run<2> second(balance, {.learning_rate = 1e-2});
        fit(second.trainer, Batches{}, options(name));
        CHECK(values(second.generator) == values(whole.generator));
        CHECK(values(second.discriminator) == values(whole.discriminator));
        CHECK(values(*second.trainer.average()) == values(*whole.trainer.average()));
    }
    Run<2> other;  // has no average
    CHECK_THROWS_WITH_AS(fit(other.trainer, Batches{}, options("whole")), doctest::Contains("average."), FileError);
}

TEST_CASE("fit notices who has lost") {
    Run<1> run;
    CHECK_THROWS_WITH_AS(fit(run.trainer, Batches{}, {.epochs = 9, .lost_steps = 4, .won_below = 100}),
                         doctest::Contains("in epoch 1, step 5 of 6: for 4 steps both losses of the discriminator"),
                         DivergenceError);
    Run<1> flat;
    for (float& weight : flat.generator.parameters()) weight = 0;
    flat.trainer.options.generator_every = 1000;
    flat.trainer.step(noise<float>(2, {1, 8, 8}, 1), noise<float>(2, {1, 8, 8}, 2));
    for (float& weight : flat.generator.parameters()) weight = 0;
    CHECK_THROWS_WITH_AS(fit(flat.trainer, Batches{}, {.epochs = 9, .lost_steps = 3}),
                         doctest::Contains("the generator's pictures were flat"), DivergenceError);
}

TEST_CASE("the generator learns, against a discriminator that learns too") {
    Run<2> run({.content_weight = 100, .adversarial_weight = 1}, {.learning_rate = 1e-2});
    const auto result = fit(run.trainer, Batches{20}, {.epochs = 5});
    CHECK(result.history.back().content < 0.25 * result.history.front().content);
}
