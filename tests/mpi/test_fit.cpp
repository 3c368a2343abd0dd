// Runs on many ranks: the same bits, resumed with any number of ranks; rank 0 alone writes; other data are noticed.
#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "../io/temporary_folder.hpp"
#include "../train/tiny.hpp"
#include "depix/depix.hpp"
#include "depix/mpi.hpp"
#include "groups.hpp"

using namespace depix;

namespace {

/// 17 pairs of noise in batches of 7: the last batch has 3 pairs.
struct Source {
    std::uint64_t seed = 1;
    std::size_t pairs = 17;
    std::size_t size() const { return pairs; }
    Shape input_shape() const { return {1, 4, 8}; }
    Shape target_shape() const { return {1, 4, 8}; }
    void pair(std::uint64_t epoch, std::size_t index, View<float> input, View<float> target) const {
        Random random(seed, epoch, index);
        for (int y = 0; y < 4; ++y)
            for (int x = 0; x < 8; ++x) {
                input(0, 0, y, x) = static_cast<float>(random.uniform());
                target(0, 0, y, x) = 0.5f * input(0, 0, y, x) + 0.1f;
            }
    }
};
struct SharedBatches {
    struct Options {
        BatchShare share;
    };
    Options options_{};
    Source source_{};

    const Options& options() const { return options_; }
    const Source& source() const { return source_; }
    std::size_t steps() const { return (source_.pairs + 6) / 7; }
    std::vector<tiny::Pair> epoch(std::uint64_t number, std::size_t first_step = 0) const {
        std::vector<tiny::Pair> batches;
        for (std::size_t step = first_step; step < steps(); ++step) {
            const BatchShare::Range own =
                options_.share.images(static_cast<int>(std::min<std::size_t>(7, source_.pairs - 7 * step)));
            tiny::Pair pair{{own.size(), {1, 4, 8}}, {own.size(), {1, 4, 8}}};
            for (int i = 0; i < own.size(); ++i)
                source_.pair(number, 7 * step + static_cast<std::size_t>(own.first + i), pair.input.view().images(i, 1),
                             pair.target.view().images(i, 1));
            batches.push_back(std::move(pair));
        }
        return batches;
    }
};

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

/// A folder that only rank 0 knows; the others get one that does not exist.
struct RankZeroFolder {
    explicit RankZeroFolder(const Communicator& ranks) {
        if (ranks.rank() == 0) folder.emplace();
        path = ranks.rank() == 0 ? folder->path.string() : "/of/no/other/rank";
    }
    std::optional<TemporaryFolder> folder;
    std::string path;
};

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
