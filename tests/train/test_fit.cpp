// fit and train_in_folder: early stopping, the best weights, schedules, reports, and runs that go on where they
// stopped.
#include "depix/train/run.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "../io/temporary_folder.hpp"
#include "tiny.hpp"

using namespace depix;

namespace {

using tiny::Batches;
using tiny::values;

const Batches training{.count = 6, .seed = 1};
const Batches validation{.count = 2, .seed = 2};

/// A model of tiny::Network and its trainer.
struct Run {
    Model<tiny::Network> model{1};
    Trainer<tiny::Network, MeanSquaredError, Adam> trainer;

    explicit Run(int threads = 1) : trainer(model, MeanSquaredError{}, Adam{.learning_rate = 1e-2}, Cpu{}, threads) {}
};

/// The simplest network, trained by gradient descent, which follows its learning rate exactly.
struct ScaleRun {
    Model<tiny::Scale> model{1};
    Trainer<tiny::Scale, MeanSquaredError, SGD> trainer{model, MeanSquaredError{}, SGD{.learning_rate = 0.1}, Cpu{}, 1};
};

/// Whether two runs' histories agree in all but the time that they took.
bool agree(const History& a, const History& b) {
    return std::ranges::equal(a, b, [](EpochRecord x, EpochRecord y) {
        x.seconds = y.seconds;
        x.images_per_second = y.images_per_second;
        return x == y;
    });
}

struct Killed : std::runtime_error {
    Killed() : std::runtime_error("killed") {}
};

}  // namespace

TEST_CASE("fit: the loss falls, and the model holds the best epoch's weights") {
    const TemporaryFolder folder;
    ScaleRun run;
    // The loss falls for three epochs and then rises.
    const FitOptions options{
        .epochs = 20, .patience = 4, .best_weights = folder / "best.safetensors", .schedule = [](std::int64_t step) {
            return step < 18 ? 0.3 : -0.05;
        }};
    std::vector<std::vector<float>> weights;
    const FitResult result = fit(run.trainer, training, validation, options,
                                 [&](const EpochReport&) { weights.push_back(values(run.model)); });

    CHECK(result.stopped_early);
    CHECK(result.best_epoch == 3);
    REQUIRE(result.history.size() == 7);  // three epochs, and a patience of four
    for (std::size_t i = 0; i < 7; ++i) CHECK(result.history[i].epoch == static_cast<int>(i) + 1);
    CHECK(result.best_loss == result.history[2].validation_loss);
    CHECK(result.history[2].validation_loss < result.history[0].validation_loss);
    CHECK(result.history[6].validation_loss > result.history[2].validation_loss);

    CHECK(values(run.model) == weights[2]);
    CHECK(values(run.model) != weights[6]);
    Model<tiny::Scale> best(5);
    load(best, folder / "best.safetensors");
    CHECK(values(best) == weights[2]);
}

TEST_CASE("fit: patience 0 never stops early") {
    ScaleRun run;
    const FitResult result = fit(run.trainer, training, validation,
                                 {.epochs = 15, .patience = 0, .schedule = [](std::int64_t) { return 0.0; }});
    CHECK(!result.stopped_early);
    CHECK(result.history.size() == 15);
    CHECK(result.best_epoch == 1);  // an equal loss is not lower
}

TEST_CASE("fit: the history says what a loop by hand sees") {
    // The last batch is smaller, so the mean must count pictures, not steps.
    const Batches uneven{.count = 3, .seed = 1, .images = 4, .last_images = 1};
    Run run, by_hand;
    std::vector<double> rates;
    const FitOptions options{.epochs = 2,
                             .schedule = [](std::int64_t step) { return 1e-2 / static_cast<double>(1 + step); }};
    const FitResult result = fit(run.trainer, uneven, validation, options,
                                 [&](const StepReport&) { rates.push_back(run.trainer.optimizer.learning_rate); });
    CHECK(rates == std::vector<double>{1e-2, 1e-2 / 2, 1e-2 / 3, 1e-2 / 4, 1e-2 / 5, 1e-2 / 6});

    int step = 0;
    for (std::size_t epoch = 0; epoch < 2; ++epoch) {
        double sum = 0;
        for (const auto& [input, target] : uneven.epoch(epoch)) {
            by_hand.trainer.optimizer.learning_rate = 1e-2 / ++step;
            sum += by_hand.trainer.step(input, target) * input.batch;
        }
        double error = 0;
        const Inference<tiny::Network, Reference> network(by_hand.model);
        for (const auto& [input, target] : validation.epoch(0)) {
            const Tensor<float> output = network(input);
            for (std::size_t i = 0; i < output.data.size(); ++i)
                error += std::pow(static_cast<double>(output.data[i] - target.data[i]), 2);
        }
        const EpochRecord& record = result.history[epoch];
        CHECK(record.training_loss == sum / 9);
        // Cpu folds batch norm into the weights, which rounds differently, and rows are summed in float.
        CHECK(record.validation_loss == doctest::Approx(error / (2 * 2 * 4 * 8)).epsilon(1e-5));
        CHECK(record.learning_rate == 1e-2 / step);
        CHECK(record.seconds > 0);
        CHECK(record.images_per_second == 9 / record.seconds);
    }
}

TEST_CASE("fit: callbacks get the reports that they take") {
    Run run;
    std::vector<StepReport> steps;
    std::vector<EpochReport> epochs;
    int all = 0;
    fit(
        run.trainer, training, validation, {.epochs = 3}, [&](const StepReport& report) { steps.push_back(report); },
        [&](const EpochReport& report) { epochs.push_back(report); }, [&](const auto&) { ++all; });
    CHECK(all == 3 * 6 + 3);
    REQUIRE(steps.size() == 18);
    CHECK(steps[0].epoch == 1);
    CHECK(steps[0].step == 1);
    CHECK(steps[0].loss == steps[0].mean_loss);
    CHECK(steps[11].epoch == 2);
    CHECK(steps[11].step == 6);
    CHECK(steps[11].steps == 6);
    CHECK(steps[11].epochs == 3);
    CHECK(steps[11].seconds_left == 0);
    REQUIRE(epochs.size() == 3);
    CHECK(epochs[0].best);
    CHECK(epochs[0].epochs_since == 0);
    CHECK(epochs[2].seconds_left == 0);
}

TEST_CASE("fit: a target of another shape is an error that says so") {
    struct Wrong {
        std::size_t steps() const { return 1; }
        std::vector<tiny::Pair> epoch(std::uint64_t, std::size_t) const {
            return {{Tensor<float>(2, {1, 4, 8}), Tensor<float>(2, {1, 4, 4})}};
        }
    };
    Run run;
    CHECK_THROWS_WITH_AS(fit(run.trainer, training, Wrong{}, {.epochs = 1}),
                         doctest::Contains("but the targets are 2 of 1x4x4"), ShapeError);
    CHECK_THROWS_AS(fit(run.trainer, Wrong{}, validation, {.epochs = 1}), ShapeError);
}

TEST_CASE("fit: same seed, same threads, same bits") {
    for (const int threads : {1, 2}) {
        CAPTURE(threads);
        std::optional<std::vector<float>> first;
        std::optional<History> history;
        for (int i = 0; i < 2; ++i) {
            Run run(threads);
            const FitResult result = fit(run.trainer, training, validation, {.epochs = 4});
            if (first) {
                CHECK(values(run.model) == *first);
                CHECK(agree(result.history, *history));
            }
            first = values(run.model);
            history = result.history;
        }
    }
}

TEST_CASE("fit: a run goes on from its checkpoint and ends with the same bits") {
    Run whole;
    const FitResult expected = fit(whole.trainer, training, validation, {.epochs = 3});

    for (const int every : {0, 1, 4})
        for (const int last_step : {1, 4, 6, 7, 12, 15, 18}) {
            CAPTURE(every);
            CAPTURE(last_step);
            const TemporaryFolder folder;
            const FitOptions options{.epochs = 3,
                                     .checkpoint = folder / "run.safetensors",
                                     .checkpoint_every_steps = static_cast<std::size_t>(every),
                                     .history_csv = folder / "history.csv",
                                     .loss_curve_svg = folder / "loss.svg"};
            Run killed;
            int steps = 0;
            CHECK_THROWS_AS(fit(killed.trainer, training, validation, options,
                                [&](const StepReport&) {
                                    if (++steps == last_step) throw Killed();
                                }),
                            Killed);

            Run resumed;
            resumed.model.initialise(resumed.trainer.random(), Initialisation::HeNormal);  // nothing of it may remain
            int more = 0;
            const FitResult result = fit(resumed.trainer, training, validation, options,
                                         [&](const StepReport& report) { more += report.steps == 6; });
            CHECK(values(resumed.model) == values(whole.model));
            CHECK(agree(result.history, expected.history));
            CHECK(result.best_epoch == expected.best_epoch);
            CHECK(result.best_loss == expected.best_loss);
            // The step that was not saved is taken again, and so are those since the checkpoint before it.
            const int steps_before = last_step - 1, of_epoch = steps_before % 6;
            const int saved = steps_before - (every == 0 ? of_epoch : of_epoch % every);
            CHECK(more == 18 - saved);
            CHECK(std::filesystem::exists(folder / "history.csv"));
            CHECK(std::filesystem::exists(folder / "loss.svg"));
            CHECK(folder.count() == 3);
        }
}

TEST_CASE("fit: a complete run puts its best weights back; with more epochs it goes on") {
    const TemporaryFolder folder;
    FitOptions options{.epochs = 2, .checkpoint = folder / "run.safetensors"};
    Run run, again, longer, whole;
    const FitResult result = fit(run.trainer, training, validation, options);

    int steps = 0;
    const auto count_steps = [&](const StepReport&) { ++steps; };
    const FitResult repeated = fit(again.trainer, training, validation, options, count_steps);
    CHECK(steps == 0);
    CHECK(values(again.model) == values(run.model));
    CHECK(repeated.history == result.history);

    options.epochs = 4;
    fit(longer.trainer, training, validation, options, count_steps);
    CHECK(steps == 12);
    fit(whole.trainer, training, validation, {.epochs = 4});
    CHECK(values(longer.model) == values(whole.model));
}

TEST_CASE("fit: a loss that is not a number names epoch and step, and leaves the last good checkpoint") {
    const TemporaryFolder folder;
    const FitOptions options{.epochs = 3, .checkpoint = folder / "run.safetensors", .checkpoint_every_steps = 1};
    Batches bad = training;
    bad.bad_epoch = 1;
    bad.bad_step = 2;
    Run run, whole, resumed;
    CHECK_THROWS_WITH_AS(fit(run.trainer, bad, validation, options),
                         doctest::Contains("depix: in epoch 2, step 3 of 6: the loss is nan"), DivergenceError);

    // With valid data the run goes on as if nothing had happened.
    fit(resumed.trainer, training, validation, options);
    fit(whole.trainer, training, validation, {.epochs = 3});
    CHECK(values(resumed.model) == values(whole.model));

    Batches bad_validation = validation;
    bad_validation.bad_epoch = 0;
    CHECK_THROWS_WITH_AS(fit(run.trainer, training, bad_validation, {.epochs = 1}),
                         doctest::Contains("in epoch 1: the validation loss is nan"), DivergenceError);
}

TEST_CASE("fit: a checkpoint that does not belong, or cannot be written, is an error before the first step") {
    const TemporaryFolder folder;
    FitOptions options{.epochs = 1, .checkpoint = folder / "run.safetensors"};
    int steps = 0;
    const auto count_steps = [&](const StepReport&) { ++steps; };
    Run run;
    fit(run.trainer, training, validation, options);

    Batches longer = training;
    longer.count = 7;
    const std::vector<float> before = values(run.model);
    run.trainer.optimizer.learning_rate = 0.5;
    CHECK_THROWS_WITH_AS(fit(run.trainer, longer, validation, options, count_steps),
                         doctest::Contains("6 steps an epoch, but the loader has 7"), FileError);
    CHECK(run.trainer.optimizer.learning_rate == 0.5);
    CHECK(values(run.model) == before);
    options.checkpoint = folder / "nowhere/run.safetensors";
    CHECK_THROWS_WITH_AS(fit(run.trainer, training, validation, options, count_steps),
                         doctest::Contains("nowhere/run.safetensors"), FileError);
    CHECK(steps == 0);
}

TEST_CASE("fit: a run in one folder, which is made") {
    const TemporaryFolder folder;
    ScaleRun run;
    FitOptions options = fit_in_folder(folder.path / "runs" / "first");
    options.epochs = 1;
    fit(run.trainer, tiny::Batches{.count = 1}, tiny::Batches{.count = 1}, options);
    for (const char* name : {"checkpoint.safetensors", "best.safetensors", "history.csv", "loss.svg"})
        CHECK(std::filesystem::exists(folder.path / "runs" / "first" / name));
    CHECK_THROWS_AS(fit_in_folder(folder.path / "runs" / "first" / "loss.svg"), FileError);
}

TEST_CASE("train_in_folder is fit with a folder, a name and a cosine") {
    const TemporaryFolder folder, other;
    Run run, fitted;
    const FitResult result =
        train_in_folder(run.trainer, training, validation,
                        {.folder = folder.path / "runs" / "a", .name = "tiny", .epochs = 3, .progress = nullptr});
    FitOptions options = fit_in_folder(other.path);
    options.epochs = 3;
    options.patience = 0;
    options.schedule = WarmUpCosine{.learning_rate = 1e-2, .steps = 18};
    CHECK(agree(result.history, fit(fitted.trainer, training, validation, options).history));
    CHECK(values(run.model) == values(fitted.model));
    for (const char* file : {"checkpoint.safetensors", "best.safetensors", "history.csv", "loss.svg"})
        CHECK(std::filesystem::exists(folder.path / "runs" / "a" / file));

    // The same call again finds all epochs done.
    Run again;
    CHECK(train_in_folder(again.trainer, training, validation,
                          {.folder = folder.path / "runs" / "a", .name = "tiny", .epochs = 3, .progress = nullptr})
              .history.size() == 3);
    CHECK(values(again.model) == values(run.model));
}
