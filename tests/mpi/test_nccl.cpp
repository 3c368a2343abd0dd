// Distributed<Cuda> on the emulated GPU, with NCCL's functions on MPI (nccl/nccl.h): steps of 1 to 4 ranks are those of
// one GPU with the whole batch, and errors are reported. No real GPU has run it.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "depix/cuda/distributed.cuh"
#include "depix/cuda/inference.cuh"
#include "depix/depix.hpp"
#include "depix/mpi.hpp"
#include "groups.hpp"
#include "shared_batches.hpp"

using namespace depix;

namespace {

using Network = Sequential<Conv<1, 3>, ReLU, Conv<3, 1>>;
using Norms = Sequential<Conv<1, 3>, BatchNorm<3>, ReLU, Conv<3, 1>>;
const DistributedOptions fast{.images_per_part = 1, .reduction = Reduction::Fast, .bucket_bytes = 16};

struct Batch {
    Tensor<float> input, target;
};
Batch draw(int images, std::uint64_t step) {
    Batch batch{Tensor<float>(images, {1, 4, 8}), Tensor<float>(images, {1, 4, 8})};
    Random random(7, 0, step);
    for (float& value : batch.input.data) value = static_cast<float>(random.uniform());
    for (float& value : batch.target.data) value = static_cast<float>(random.uniform());
    return batch;
}
template <class AnyTrainer>
double step_of_share(AnyTrainer& trainer, const Batch& batch, const BatchShare::Range& own) {
    return trainer.step(batch.input.view().images(own.first, own.size()),
                        batch.target.view().images(own.first, own.size()));
}
void append(std::vector<double>& all, const auto& values) { all.insert(all.end(), values.begin(), values.end()); }

/// Losses, gradients and weights of steps on batches whose size changes, so that recorded steps must be made anew.
template <class Backend>
std::vector<double> train(const Backend& backend, const Communicator* ranks) {
    Model<Network> model(ranks != nullptr ? static_cast<std::uint64_t>(5 + ranks->rank()) : 5);
    Trainer trainer{model, MeanSquaredError{}, Adam{}, TrainerOptions{.average_decay = 0.9}, backend};
    std::vector<double> all;
    for (std::uint64_t step = 0; step < 4; ++step) {
        const Batch batch = draw(step == 2 ? 5 : 6, step);
        BatchShare::Range own{0, batch.input.batch};
        if constexpr (requires { backend.share(); }) own = backend.share().images(batch.input.batch);
        all.push_back(step_of_share(trainer, batch, own));
        append(all, trainer.gradients());
    }
    append(all, trainer.model().parameters());
    append(all, trainer.average()->parameters());
    return all;
}

}  // namespace

TEST_CASE("steps of 1 to 4 GPUs are those of one with the whole batch, within rounding") {
    const std::vector<double> expected = train(Cuda{}, nullptr);
    const auto results = on_1_to_4_ranks([&](const Communicator& ranks) {
        return train(Distributed<Cuda>{ranks, fast}, &ranks);
    });
    for (const auto& result : results) {
        REQUIRE(result.size() == expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i)
            CHECK(result[i] == doctest::Approx(expected[i]).epsilon(1e-4).scale(1e-3));
    }
    CHECK(emulator::nccl_groups == 0);
}

TEST_CASE("running statistics are the ranks' mean, weighted by their pictures, and equal everywhere") {
    const Communicator world;
    Model<Norms> model(5);
    const Distributed<Cuda> distributed{world, fast};
    std::vector<double> statistics;
    {
        Trainer trainer{model, MeanSquaredError{}, Adam{}, distributed};
        step_of_share(trainer, draw(6, 0), distributed.share().images(6));
        append(statistics, trainer.model().statistics());
    }
    std::vector<double> expected(statistics.size());
    for (int rank = 0; rank < world.size(); ++rank) {
        const BatchShare::Range own = BatchShare{rank, world.size(), 1}.images(6);
        Model<Norms> alone(5);
        Trainer trainer{alone, MeanSquaredError{}, Adam{}, Cuda{}};
        step_of_share(trainer, draw(6, 0), own);
        for (std::size_t i = 0; i < expected.size(); ++i)
            expected[i] += own.size() / 6.0 * static_cast<double>(trainer.model().statistics()[i]);
    }
    for (std::size_t i = 0; i < expected.size(); ++i)
        CHECK(statistics[i] == doctest::Approx(expected[i]).epsilon(1e-6));
    for (const double value : world.gather(statistics[0], "compare")) CHECK(value == statistics[0]);
}

TEST_CASE("a loss that is not finite stops all ranks, and changes nothing") {
    const Communicator world;
    const Distributed<Cuda> distributed{world, fast};
    Model<Network> model(5);
    Trainer trainer{model, MeanSquaredError{}, Adam{}, distributed};
    Batch batch = draw(8, 0);
    batch.target.data[0] = NAN;  // of rank 0
    const BatchShare::Range own = distributed.share().images(8);
    CHECK_THROWS_WITH_AS(step_of_share(trainer, batch, own), doctest::Contains("and at the other ranks"),
                         DivergenceError);
    CHECK(std::ranges::equal(trainer.model().parameters(), Model<Network>(5).parameters()));
    batch.target.data[0] = 0;
    CHECK(step_of_share(trainer, batch, own) > 0);
}

TEST_CASE("a run goes on with another number of GPUs, and rank 0 alone writes its files") {
    const Communicator world;
    const RankZeroFolder folder(world);
    const auto run = [&](int count, int epochs) {
        const Group group(count);
        if (!group.ranks) return;
        const Distributed<Cuda> distributed{*group.ranks, fast};
        const SharedBatches batches{{distributed.share()}, {}};
        Model<Network> model(static_cast<std::uint64_t>(world.rank()));
        Trainer trainer{model, MeanSquaredError{}, Adam{}, distributed};
        const FitResult result =
            fit(trainer, batches, batches, {.epochs = epochs, .checkpoint = folder.path + "/run.safetensors"});
        REQUIRE(result.history.size() == static_cast<std::size_t>(epochs));
        CHECK(result.history.back().validation_loss < result.history.front().training_loss);
        for (const float weight : group.ranks->gather(trainer.model().parameters()[0], "compare"))
            CHECK(weight == trainer.model().parameters()[0]);
    };
    run(3, 1);
    run(2, 2);
    if (world.rank() == 0) CHECK(folder.folder->count() == 1);
}

TEST_CASE("what GPUs cannot do is refused") {
    const Communicator world;
    Model<Network> model;
    const auto make = [&](const DistributedOptions& options) {
        Trainer trainer{model, MeanSquaredError{}, Adam{}, Distributed<Cuda>{world, options}};
    };
    CHECK_THROWS_WITH_AS(make({}), doctest::Contains("the only reduction is Reduction::Fast"), Error);
    CHECK_THROWS_WITH_AS(make({.synchronise_batch_norm = true, .reduction = Reduction::Fast}),
                         doctest::Contains("is not synchronised"), Error);
    emulator::device_count = 2;
    if (world.rank() < 2)
        cuda::choose_device(world);
    else
        CHECK_THROWS_WITH_AS(cuda::choose_device(world), doctest::Contains("which has 2 GPUs"), DeviceError);
    emulator::device_count = 1;

    Trainer trainer{model, MeanSquaredError{}, Adam{}, Distributed<Cuda>{world, fast}};
    const Batch batch = draw(3, 0);
    CHECK_THROWS_WITH_AS(step_of_share(trainer, batch, BatchShare{world.rank(), 4, 1}.images(3)),
                         doctest::Contains("has no picture of a batch of 3"), CollectiveError);
}

TEST_CASE("NCCL's errors are reported") {
    const Communicator world;
    const auto connect = [&] { const cuda::NcclCommunicator gpus(world); };
    // Only rank 0 asks for a name, and all are told.
    emulator::nccl_failure = "ncclGetUniqueId";
    CHECK_THROWS_WITH_AS(connect(),
                         doctest::Contains("NCCL cannot name a group of GPUs: remote process exited or there was"),
                         CollectiveError);
    emulator::nccl_failure = "ncclCommInitRank";
    CHECK_THROWS_WITH_AS(connect(), doctest::Contains("NCCL cannot connect the GPUs"), DeviceError);
    emulator::nccl_failure = "ncclAllReduce";
    CHECK_THROWS_WITH_AS(connect(), doctest::Contains("NCCL cannot add gradients"), DeviceError);
    CHECK(emulator::nccl_groups == 0);

    emulator::nccl_failure = "";
    Model<Network> model;
    const Distributed<Cuda> distributed{world, fast};
    Trainer trainer{model, MeanSquaredError{}, Adam{}, distributed};
    const std::size_t sums = emulator::nccl_sums;
    step_of_share(trainer, draw(4, 0), distributed.share().images(4));
    CHECK(emulator::nccl_sums == sums + 3);  // one for each convolution's gradients, and the losses
    emulator::nccl_failure = "sum";
    CHECK_THROWS_WITH_AS(step_of_share(trainer, draw(4, 0), distributed.share().images(4)),
                         doctest::Contains("another rank may have been killed"), DeviceError);
    emulator::nccl_failure = "";
}
