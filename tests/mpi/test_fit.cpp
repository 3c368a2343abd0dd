// Runs on many ranks: the same bits, resumed with any number of ranks; rank 0 alone writes; other data are noticed.
#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "../train/tiny.hpp"
#include "depix/depix.hpp"
#include "depix/mpi.hpp"
#include "groups.hpp"
#include "shared_batches.hpp"

using namespace depix;

namespace {

/// A run of `epochs` in a folder, or without one, which leaves after step `last_step` of its first epoch.
std::vector<double> run(const Communicator& ranks, const std::string& folder, int epochs, std::size_t last_step = 0) {
    const Distributed distributed{ranks, {.images_per_part = 1}};
    const SharedBatches training{{distributed.share()}, {}}, validation{{distributed.share()}, {2, 17}};
    Model<tiny::Network> model(static_cast<std::uint64_t>(ranks.rank()));
    Trainer trainer{model, MeanSquaredError{}, Adam{}, TrainerOptions{.average_decay = 0.9}, distributed, 1};
    FitOptions options{.epochs = epochs, .checkpoint_every_steps = 1};
    if (!folder.empty()) options.checkpoint = folder + "/run.safetensors";
    if (!folder.empty()) options.best_weights = folder + "/best.safetensors";
    FitResult result;
    try {
        result = fit(trainer, training, validation, options, [&](const StepReport& report) {
            if (report.step == last_step) throw CollectiveError("stop");
        });
    } catch (const CollectiveError& error) {
        if (std::string(error.what()) != "stop") throw;
        return {};
    }
    std::vector<double> all{result.best_loss};
    for (const EpochRecord& record : result.history) {
        all.push_back(record.training_loss);
        all.push_back(record.validation_loss);
    }
    for (const float value : tiny::values(model)) all.push_back(static_cast<double>(value));
    return all;
}

}  // namespace

TEST_CASE("runs of 1 to 4 ranks have the same bits, also when they are resumed with other ranks") {
    const auto whole = on_1_to_4_ranks([](const Communicator& ranks) { return run(ranks, "", 3); });
    for (const auto& result : whole) CHECK(result == whole[0]);
    CHECK(whole[0].size() > 7);
    CHECK(whole[0][5] < whole[0][1]);

    const Communicator world;
    const RankZeroFolder folder(world);
    const auto with = [&](int count, int epochs, std::size_t last_step) {
        const Group group(count);
        return group.ranks ? run(*group.ranks, folder.path, epochs, last_step) : std::vector<double>{};
    };
    with(3, 3, 2);  // leaves the first epoch; its checkpoint holds step 1
    with(2, 1, 0);
    const auto resumed = with(4, 3, 0);
    CHECK(resumed == whole[0]);
    if (world.rank() == 0) CHECK(folder.folder->count() == 2);
}

TEST_CASE("a run is not resumed with other parts, whose bits would be others") {
    const Communicator world;
    const RankZeroFolder folder(world);
    run(world, folder.path, 1);
    const auto resume = [&](const DistributedOptions& options) {
        Model<tiny::Network> model(1);
        Trainer trainer{
            model, MeanSquaredError{}, Adam{}, TrainerOptions{.average_decay = 0.9}, Distributed{world, options}, 1};
        const SharedBatches batches{{trainer.engine().share()}, {}};
        fit(trainer, batches, batches, {.epochs = 1, .checkpoint = folder.path + "/run.safetensors"});
    };
    CHECK_THROWS_WITH_AS(resume({.images_per_part = 2}),
                         doctest::Contains("run.safetensors: a run whose parts of a batch have 1 pictures, batch norm "
                                           "of each part, but this one's have 2 pictures, batch norm of each part"),
                         CollectiveError);
    CHECK_THROWS_WITH_AS(resume({.images_per_part = 1, .synchronise_batch_norm = true}),
                         doctest::Contains("but this one's have 1 pictures, batch norm of the batch"), CollectiveError);
    if (world.rank() == 0) {  // in one process
        Model<tiny::Network> model(1);
        Trainer trainer{model, MeanSquaredError{}, Adam{}, TrainerOptions{.average_decay = 0.9}, Cpu{}, 1};
        CHECK_THROWS_WITH_AS(load_checkpoint(folder.path + "/run.safetensors", trainer),
                             doctest::Contains("but this one's have all pictures"), FileError);
    }
}

TEST_CASE("a rank that is slow is named in the progress line") {
    const Communicator world;
    Model<tiny::Network> model(1);
    Trainer trainer{model, MeanSquaredError{}, Adam{}, Distributed{world, {.images_per_part = 1}}, 1};
    using Ranks = detail::FitRanks<Distributed<Cpu>>;
    CHECK(Ranks::note(trainer).empty());
    TrainingEngine<Distributed<Cpu>, float> engine(Distributed{world}, 1);
    engine.add_seconds_per_image({1, 1.1, 0.9, 1});
    struct {
        const TrainingEngine<Distributed<Cpu>, float>& of;
        const auto& engine() const { return of; }
    } paced{engine};
    CHECK(Ranks::note(paced).empty());
    engine.add_seconds_per_image({1, 0, 8, 1});  // rank 1 had no picture
    CHECK(engine.seconds_per_image()[1] == 1.1);
    CHECK(Ranks::note(paced) == "  rank 2: 1.6x");
    const std::string line = ProgressLine::text(StepReport{.step = 1, .steps = 2, .note = Ranks::note(paced)});
    CHECK(line.ends_with("left  rank 2: 1.6x"));
    CHECK(line.size() == 79);
}

TEST_CASE("a disk that is full on rank 0 stops all ranks with its message, and the checkpoint stays whole") {
    const Communicator world;
    const RankZeroFolder folder(world);
    run(world, folder.path, 1);
    rlimit before{};
    if (world.rank() == 0) {
        REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit small{1000, before.rlim_max};
        REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    }
    CHECK_THROWS_WITH_AS(run(world, folder.path, 2), doctest::Contains("run.safetensors: cannot write"),
                         CollectiveError);
    if (world.rank() == 0) setrlimit(RLIMIT_FSIZE, &before);
    CHECK(run(world, folder.path, 3) == run(world, "", 3));
}

TEST_CASE("other data and loaders without shares are noticed at the start") {
    const Communicator world;
    const Distributed distributed{world, {.images_per_part = 1}};
    Model<tiny::Network> model(1);
    Trainer trainer{model, MeanSquaredError{}, Adam{}, distributed, 1};
    const SharedBatches good{{distributed.share()}, {}};
    const auto start = [&](const SharedBatches& training, const SharedBatches& validation) {
        fit(trainer, training, validation, {.epochs = 1});
    };
    const bool third = world.rank() == 2;
    CHECK_THROWS_WITH_AS(start({{distributed.share()}, {third ? 9u : 1u, 17}}, good),
                         "depix: rank 2 reads another training set than rank 0: 17 pairs, where rank 0 has 17, but "
                         "other pictures",
                         CollectiveError);
    CHECK_THROWS_WITH_AS(start(good, {{distributed.share()}, {1, third ? 16u : 17u}}),
                         doctest::Contains("another validation set than rank 0: 16 pairs, where rank 0 has 17"),
                         CollectiveError);
    CHECK_THROWS_WITH_AS(start({{distributed.share()}, {1, third ? 28u : 17u}}, good),
                         doctest::Contains("rank 2 has 4 batches of the training set, rank 0 has 3"), CollectiveError);
    CHECK_THROWS_WITH_AS(start({{}, {}}, good), doctest::Contains("must have the share of Distributed"),
                         CollectiveError);
}
