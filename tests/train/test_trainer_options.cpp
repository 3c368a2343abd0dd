// Clipped and accumulated gradients, and averaged weights: against PyTorch, one large batch, and after a resumption.
#include "depix/train/trainer_options.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../io/temporary_folder.hpp"
#include "depix/train/schedule.hpp"
#include "tiny.hpp"

using namespace depix;

namespace {

using tiny::values;

const tiny::Batches training{.count = 7, .seed = 1};
const tiny::Batches validation{.count = 2, .seed = 2};
const TrainerOptions all{.max_gradient_norm = 0.05, .accumulate_batches = 3, .average_decay = 0.75};

/// A trainer of tiny::Network that uses every option.
template <class Backend>
struct Run {
    Model<tiny::Network> model{1};
    Trainer<tiny::Network, MeanSquaredError, AdamW, Backend> trainer{
        model, MeanSquaredError{}, AdamW{.learning_rate = 1e-2, .weight_decay = 0.1}, all, Backend{}, 1};

    void train(std::uint64_t epoch) {
        for (const auto& [input, target] : training.epoch(epoch)) trainer.step(input, target);
    }
};

struct Killed : std::runtime_error {
    Killed() : std::runtime_error("killed") {}
};

double norm_of(std::span<const double> values) {
    double sum = 0;
    for (const double value : values) sum += value * value;
    return std::sqrt(sum);
}

template <class Network>
Model<Network, double> in_double(std::uint64_t seed) {
    return Model<Network, double>(Model<Network>(seed));
}

std::pair<Tensor<double>, Tensor<double>> batch_of(int images, std::uint64_t step) {
    const auto pairs = tiny::Batches{.count = 1, .seed = step, .last_images = images}.epoch(0);
    Tensor<double> input(images, {1, 4, 8}), target(images, {1, 4, 8});
    std::ranges::copy(pairs[0].input.data, input.data.begin());
    std::ranges::copy(pairs[0].target.data, target.data.begin());
    return {input, target};
}

}  // namespace

TEST_CASE("clip_gradients is PyTorch's clip_grad_norm_") {
    std::array<double, 3> gradients{0.3, -0.4, 1.2};
    CHECK(clip_gradients(std::span<double>(gradients), 2) == doctest::Approx(1.3).epsilon(1e-15));
    CHECK(gradients == std::array<double, 3>{0.3, -0.4, 1.2});
    CHECK(clip_gradients(std::span<double>(gradients), 0.65) == doctest::Approx(1.3).epsilon(1e-15));
    const std::array<double, 3> expected{0.1499998846154734, -0.19999984615396454, 0.5999995384618936};
    for (std::size_t i = 0; i < 3; ++i) CHECK(gradients[i] == doctest::Approx(expected[i]).epsilon(1e-14));
}

TEST_CASE("a trainer clips the gradients before the optimizer sees them") {
    auto model = in_double<tiny::Scale>(3), plain_model = model;
    Trainer plain{plain_model, MeanSquaredError{}, SGD{.learning_rate = 0.1}, Reference{}};
    Trainer trainer{model, MeanSquaredError{}, SGD{.learning_rate = 0.1}, TrainerOptions{.max_gradient_norm = 1e-3},
                    Reference{}};
    const auto [input, target] = batch_of(2, 1);
    plain.gradient(input, target);
    const double norm = norm_of(plain.gradients());
    REQUIRE(norm > 1e-3);
    const Model<tiny::Scale, double> before = model;
    trainer.step(input, target);
    CHECK(norm_of(trainer.gradients()) == doctest::Approx(1e-3 * norm / (norm + 1e-6)).epsilon(1e-12));
    for (std::size_t i = 0; i < model.parameters().size(); ++i)
        CHECK(
            model.parameters()[i] ==
            doctest::Approx(before.parameters()[i] - 0.1 * plain.gradients()[i] * 1e-3 / (norm + 1e-6)).epsilon(1e-12));
}

TEST_CASE("N accumulated batches are one batch of their pictures") {
    using Network = Sequential<Conv<1, 4>, ReLU, Conv<4, 1>>;
    auto model = in_double<Network>(3), whole_model = model;
    const TrainerOptions clip{.max_gradient_norm = 0.1};
    TrainerOptions options = clip;
    options.accumulate_batches = 3;
    Trainer trainer{model, MeanSquaredError{}, AdamW{}, options, Reference{}};
    Trainer whole{whole_model, MeanSquaredError{}, AdamW{}, clip, Reference{}};
    for (std::uint64_t step = 0; step < 3; ++step) {
        const auto [input, target] = batch_of(6, step);
        double loss = 0;
        for (int part = 0; part < 3; ++part) {
            const auto before = values(model);
            CHECK(trainer.accumulated().batches == part);
            loss += trainer.step(input.view().images(2 * part, 2), target.view().images(2 * part, 2)) / 3;
            CHECK((values(model) == before) == (part < 2));
            trainer.gradient(input.view().images(0, 1), target.view().images(0, 1));  // changes nothing
        }
        CHECK(whole.step(input, target) == doctest::Approx(loss).epsilon(1e-12));
        CHECK(trainer.state().step == static_cast<std::int64_t>(step) + 1);
        // Adam's first steps divide the gradient by its size, and with it the rounding of a small gradient.
        for (std::size_t i = 0; i < model.parameters().size(); ++i)
            CHECK(model.parameters()[i] == doctest::Approx(whole_model.parameters()[i]).epsilon(1e-8));
    }
}

TEST_CASE("a batch whose loss is not finite is not accumulated") {
    Run<Cpu> run, undisturbed;
    const auto batches = training.epoch(0);
    for (std::size_t step = 0; step < 6; ++step) {
        tiny::Pair bad = batches[step];
        bad.target.data[3] = std::numeric_limits<float>::quiet_NaN();
        const auto random = run.trainer.random().state();
        CHECK_THROWS_AS(run.trainer.step(bad.input, bad.target), DivergenceError);
        run.trainer.random().restore(random);  // dropout has drawn
        run.trainer.step(batches[step].input, batches[step].target);
        undisturbed.trainer.step(batches[step].input, batches[step].target);
    }
    CHECK(values(run.model) == values(undisturbed.model));
    CHECK(values(*run.trainer.average()) == values(*undisturbed.trainer.average()));
}

TEST_CASE("the average follows the updates") {
    Run<Reference> run;
    Model<tiny::Network> average = run.model;
    int batches = 0;
    for (const auto& [input, target] : training.epoch(0)) {
        run.trainer.step(input, target);
        if (++batches % 3 == 0) move_average(average, std::as_const(run.model), 0.75);
        CHECK(values(*run.trainer.average()) == values(average));
    }
    Model<tiny::Network> plain;
    CHECK_FALSE(Trainer{plain, MeanSquaredError{}, Adam{}}.average().has_value());
}

TEST_CASE_TEMPLATE("a run with every option goes on from its checkpoint with the same bits", Backend, Cpu, Reference) {
    const auto fit_options = [](const TemporaryFolder& folder) {
        return FitOptions{.epochs = 3,
                          .checkpoint = folder / "run.safetensors",
                          .checkpoint_every_steps = 1,
                          .best_weights = folder / "best.safetensors",
                          .schedule = OneCycle{.learning_rate = 2e-2, .steps = 21}};
    };
    const TemporaryFolder folder;
    Run<Backend> whole;
    fit(whole.trainer, training, validation, fit_options(folder));
    CHECK(whole.trainer.state().step == 7);

    // The last checkpoint before the kill lies at each place of a group of three batches.
    for (int last_step = 2; last_step <= 21; last_step += 2) {
        CAPTURE(last_step);
        const TemporaryFolder other;
        Run<Backend> killed, resumed;
        int steps = 0;
        CHECK_THROWS_AS(fit(killed.trainer, training, validation, fit_options(other),
                            [&](const StepReport&) {
                                if (++steps == last_step) throw Killed();
                            }),
                        Killed);
        resumed.train(5);  // nothing of it may remain
        fit(resumed.trainer, training, validation, fit_options(other));
        CHECK(values(resumed.model) == values(whole.model));
        CHECK(values(*resumed.trainer.average()) == values(*whole.trainer.average()));
        CHECK(resumed.trainer.state().arrays == whole.trainer.state().arrays);
        CHECK(resumed.trainer.accumulated().gradients == whole.trainer.accumulated().gradients);
        CHECK(read_file(other / "best.safetensors") == read_file(folder / "best.safetensors"));
    }
}

TEST_CASE("fit validates and keeps the average") {
    const TemporaryFolder folder;
    Run<Cpu> run;
    const FitResult result =
        fit(run.trainer, training, validation, {.epochs = 1, .best_weights = folder / "best.safetensors"});
    CHECK(values(run.model) == values(*run.trainer.average()));
    CHECK(result.best_loss ==
          mean_loss(Inference<tiny::Network>{*run.trainer.average(), 1}, MeanSquaredError{}, validation));
    Model<tiny::Network> best;
    load(best, folder / "best.safetensors");
    CHECK(values(best) == values(*run.trainer.average()));
}

TEST_CASE("a checkpoint of a run with other options is refused, by name") {
    const TemporaryFolder folder;
    const std::string path = folder / "run.safetensors";
    Run<Cpu> run;
    run.train(0);
    save_checkpoint(path, run.trainer, Progress<tiny::Network>{});
    Model<tiny::Network> model(4), before = model;
    Trainer plain{model, MeanSquaredError{}, AdamW{}};
    CHECK_THROWS_WITH_AS(load_checkpoint(path, plain), doctest::Contains("unexpected tensor \"accumulated."),
                         FileError);
    save_checkpoint(path, plain, Progress<tiny::Network>{});
    CHECK_THROWS_WITH_AS(load_checkpoint(path, run.trainer), doctest::Contains("average."), FileError);
    CHECK(values(model) == values(before));
    CHECK(run.trainer.accumulated().batches == 1);
}

TEST_CASE("bad options are errors") {
    Model<tiny::Scale> model;
    const auto refuses = [&](const TrainerOptions& options, const char* words) {
        CHECK_THROWS_WITH_AS((Trainer{model, MeanSquaredError{}, Adam{}, options}), doctest::Contains(words), Error);
    };
    const double nan = std::numeric_limits<double>::quiet_NaN();
    refuses({.max_gradient_norm = 0}, "the largest norm of the gradients is 0.000000; it must be positive");
    refuses({.max_gradient_norm = nan}, "the largest norm of the gradients is nan");
    refuses({.accumulate_batches = 0}, "accumulated over 0 batches; there must be at least 1");
    refuses({.average_decay = -0.5}, "the decay of a moving average is -0.500000");
    refuses({.average_decay = 1}, "it must be at least 0 and less than 1");
    CHECK_THROWS_WITH_AS((Trainer{model, MeanSquaredError{}, AdamW{.weight_decay = -1}}),
                         doctest::Contains("weight decay is -1"), Error);
}
