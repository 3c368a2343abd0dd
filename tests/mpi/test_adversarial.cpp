// An adversarial training on many ranks: the same bits for 1 to 4 of them, also resumed with another number, and the
// gradients of one process.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "depix/depix.hpp"
#include "depix/mpi.hpp"
#include "groups.hpp"
#include "shared_batches.hpp"

using namespace depix;

namespace {

// clang-format off
using Generator = Sequential<Conv<1, 3>, BatchNorm<3>, ReLU, Dropout<std::ratio<1, 10>>, Conv<3, 1>, Sigmoid>;
using Discriminator = Sequential<                   // sees its candidate and the generator's input
    Conv<2, 4, 4, Stride<2>, Padding<1>>, LeakyReLU<>, Conv<4, 4>, BatchNorm<4>, LeakyReLU<>, Conv<4, 1>, Sigmoid>;
// clang-format on

template <class Backend, class T>
using AnyTrainer =
    AdversarialTrainer<Generator, Discriminator, MeanAbsoluteError, BinaryCrossEntropy, Adam, Backend, T>;

template <class T>
struct Networks {
    Model<Generator, T> generator;
    Model<Discriminator, T> discriminator;

    explicit Networks(int seed)
        : generator(static_cast<std::uint64_t>(seed)), discriminator(static_cast<std::uint64_t>(seed) + 1) {}
    std::vector<double> values() const {
        std::vector<double> all;
        const auto append = [&](const auto& numbers) { all.insert(all.end(), numbers.begin(), numbers.end()); };
        append(generator.parameters());
        append(generator.statistics());
        append(discriminator.parameters());
        append(discriminator.statistics());
        return all;
    }
};

/// A run of `epochs` with a checkpoint in `file`, or without one, which leaves after step `last_step` of its first
/// epoch. Only rank 0's weights count.
std::vector<double> run(const Communicator& ranks, const DistributedOptions& chosen, DiscriminatorUpdate update,
                        int epochs, const std::string& file = {}, std::size_t last_step = 0) {
    Networks<float> networks(1 + ranks.rank());
    const Distributed distributed{ranks, chosen};
    AnyTrainer<Distributed<Cpu>, float> trainer{networks.generator,
                                                networks.discriminator,
                                                {},
                                                {},
                                                Adam{},
                                                Adam{},
                                                {.adversarial_weight = 0.5, .update = update, .average_decay = 0.9},
                                                distributed,
                                                1};
    int scores = 0, samples = 0;
    AdversarialFitOptions options{.epochs = epochs, .checkpoint = file, .checkpoint_every_steps = 1};
    options.score = [&] {
        ++scores;
        return static_cast<double>(networks.generator.parameters()[0]);
    };
    options.sample_every_steps = 1;
    options.sample = [&](std::int64_t) { ++samples; };
    AdversarialFitResult result;
    try {
        result =
            fit(trainer, SharedBatches{{distributed.share()}, {}}, options, [&](const AdversarialStepReport& report) {
                if (report.step == last_step) throw CollectiveError("stop");
            });
    } catch (const CollectiveError& error) {
        if (std::string(error.what()) != "stop") throw;
        return {};
    }
    CHECK((scores > 0 && samples > 0) == (ranks.rank() == 0));
    std::vector<double> all = networks.values();
    for (const AdversarialRecord& record : result.history)
        for (const double loss :
             {record.discriminator_real, record.discriminator_fake, record.content, record.adversarial, record.score})
            all.push_back(loss);
    for (const float value : trainer.average()->parameters()) all.push_back(static_cast<double>(value));
    return all;
}

}  // namespace

TEST_CASE("an adversarial run has the same bits on 1 to 4 ranks, also when it is resumed with other ranks") {
    for (const bool synchronised : {false, true}) {
        const DistributedOptions chosen{
            .images_per_part = 2, .synchronise_batch_norm = synchronised, .bucket_bytes = 64};
        const auto update = synchronised ? DiscriminatorUpdate::InTurn : DiscriminatorUpdate::Together;
        const auto whole = on_1_to_4_ranks([&](const Communicator& ranks) { return run(ranks, chosen, update, 2); });
        for (const auto& result : whole) CHECK(result == whole[0]);

        const Communicator world;
        const RankZeroFolder folder(world);
        const auto with = [&](int count, int epochs, std::size_t last_step) {
            const Group group(count);
            return group.ranks ? run(*group.ranks, chosen, update, epochs, folder.path + "/run", last_step)
                               : std::vector<double>{};
        };
        with(2, 2, 2);  // leaves the first epoch; its checkpoint holds step 1
        with(1, 1, 0);
        CHECK(with(4, 2, 0) == whole[0]);
        CHECK_THROWS_WITH_AS(run(world, {.images_per_part = 3}, update, 2, folder.path + "/run"),
                             doctest::Contains("a run whose parts of a batch have 2 pictures"), CollectiveError);
    }
}

TEST_CASE("with synchronised batch norm the losses and gradients are those of one process, within rounding") {
    // One step on 7 pictures, without dropout's random numbers, whose order differs.
    using Plain = Sequential<Conv<1, 3>, BatchNorm<3>, ReLU, Conv<3, 1>, Sigmoid>;
    const auto step = [&]<class Backend>(const Backend& backend, BatchShare share) {
        Model<Plain, double> generator(3);
        Model<Discriminator, double> discriminator(4);
        AdversarialTrainer<Plain, Discriminator, MeanAbsoluteError, BinaryCrossEntropy, SGD, Backend, double> trainer{
            generator, discriminator, {}, {}, SGD{}, SGD{}, {.adversarial_weight = 0.5}, backend, 1};
        Tensor<double> x(7, {1, 4, 8}), t(7, {1, 4, 8});
        Random random(9);
        for (double& value : x.data) value = random.uniform();
        for (double& value : t.data) value = random.uniform();
        const BatchShare::Range own = share.images(7);
        const AdversarialLosses losses =
            trainer.step(x.view().images(own.first, own.size()), t.view().images(own.first, own.size()));
        std::vector<double> all{losses.discriminator_real, losses.discriminator_fake, losses.content,
                                losses.adversarial};
        const auto append = [&](const auto& numbers) { all.insert(all.end(), numbers.begin(), numbers.end()); };
        append(trainer.generator_gradients());
        append(trainer.discriminator_gradients());
        append(generator.statistics());
        append(discriminator.statistics());
        return all;
    };
    const Communicator world;
    const Distributed<Reference> distributed{world, {.images_per_part = 2, .synchronise_batch_norm = true}};
    const auto expected = step(Reference{}, {}), result = step(distributed, distributed.share());
    REQUIRE(result.size() == expected.size());
    // Sums of some hundred terms in double.
    for (std::size_t i = 0; i < result.size(); ++i)
        CHECK(result[i] == doctest::Approx(expected[i]).epsilon(1e-12).scale(1));
}

TEST_CASE("ranks with other options, and a loss that is not finite, stop all ranks") {
    const Communicator world;
    Networks<float> networks(1);
    const Distributed distributed{world, {.images_per_part = 2}};
    const auto make = [&](double weight) {
        return AnyTrainer<Distributed<Cpu>, float>{networks.generator,
                                                   networks.discriminator,
                                                   {},
                                                   {},
                                                   Adam{},
                                                   Adam{},
                                                   {.adversarial_weight = weight},
                                                   distributed,
                                                   1};
    };
    CHECK_THROWS_WITH_AS(make(world.rank() == 2 ? 2 : 1), "depix: rank 2 has other AdversarialOptions than rank 0",
                         CollectiveError);
    auto trainer = make(1);
    const BatchShare::Range own = distributed.share().images(8);
    Tensor<float> x(own.size(), {1, 4, 8}), t(own.size(), {1, 4, 8});
    if (world.rank() == 3) t.data[3] = std::numeric_limits<float>::quiet_NaN();
    const std::vector<double> before = networks.values();
    CHECK_THROWS_WITH_AS(trainer.step(x, t), doctest::Contains("the discriminator's loss is"), DivergenceError);
    CHECK(networks.values() == before);
}
