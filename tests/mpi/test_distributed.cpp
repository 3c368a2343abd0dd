// Training on many ranks: the same bits for 1, 2, 3 and 4 of them, and errors that say which rank differs.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "../train/tiny.hpp"
#include "depix/depix.hpp"
#include "depix/mpi.hpp"
#include "groups.hpp"

using namespace depix;

namespace {

template <class T>
struct Batch {
    Tensor<T> input, target;
};

/// Noise of 1x4x8, and the target 0.5 x + 0.1.
template <class T>
Batch<T> draw(int images, std::uint64_t step) {
    Batch<T> batch{Tensor<T>(images, {1, 4, 8}), Tensor<T>(images, {1, 4, 8})};
    Random random(7, 0, step);
    for (std::size_t i = 0; i < batch.input.data.size(); ++i) {
        batch.input.data[i] = static_cast<T>(random.uniform());
        batch.target.data[i] = T(0.5) * batch.input.data[i] + T(0.1);
    }
    return batch;
}

/// A loss of whole pictures: the squared difference of their means.
struct MeanDifference {
    template <class T>
    double add(View<const T> y, View<const T> t, View<T> dy, double weight) {
        double loss = 0;
        const auto size = static_cast<double>(y.shape().size());
        for (int n = 0; n < y.batch; ++n) {
            double difference = 0;
            for_each(y, [&](int c, int i, int j) { difference += static_cast<double>(y(n, c, i, j) - t(n, c, i, j)); });
            difference /= size;
            loss += difference * difference / y.batch;
            if (dy.data != nullptr)
                for_each(y, [&](int c, int i, int j) {
                    dy(n, c, i, j) += static_cast<T>(weight * 2 * difference / size / y.batch);
                });
        }
        return loss;
    }
    template <class T, class Visit>
    static void for_each(View<const T> y, Visit visit) {
        for (int c = 0; c < y.channels; ++c)
            for (int i = 0; i < y.height; ++i)
                for (int j = 0; j < y.width; ++j) visit(c, i, j);
    }
};

/// All that a few steps leave: losses, weights, statistics, average and the optimizer's state. The batches have 13 and
/// 3 pictures, so parts of 2 pictures make ranks of different shares, and one of 4 ranks has nothing to do.
template <class Network, class Backend, class T, class Loss>
std::vector<double> train(const Communicator& ranks, Loss loss, const DistributedOptions& chosen, int threads) {
    const Distributed<Backend> distributed{ranks, chosen};
    // Only rank 0's weights count.
    Model<Network, T> model(static_cast<std::uint64_t>(5 + ranks.rank()));
    Trainer trainer{
        model,       loss,
        AdamW{},     TrainerOptions{.max_gradient_norm = 0.5, .accumulate_batches = 2, .average_decay = 0.9},
        distributed, threads};
    std::vector<double> all;
    for (std::uint64_t step = 0; step < 6; ++step) {
        const Batch<T> batch = draw<T>(step % 3 == 2 ? 3 : 13, step);
        const BatchShare::Range own = distributed.share().images(batch.input.batch);
        all.push_back(trainer.step(batch.input.view().images(own.first, own.size()),
                                   batch.target.view().images(own.first, own.size())));
    }
    const auto append = [&](const auto& values) { all.insert(all.end(), values.begin(), values.end()); };
    append(tiny::values(trainer.model()));
    append(tiny::values(*trainer.average()));
    append(trainer.gradients());
    for (const auto& [name, values] : trainer.state().arrays) append(values);
    return all;
}

template <class Network, class Backend, class T, class Loss = MeanSquaredError>
void check_same_bits(const DistributedOptions& chosen, Loss loss = {}, int threads = 1) {
    const auto results = on_1_to_4_ranks(
        [&](const Communicator& ranks) { return train<Network, Backend, T>(ranks, loss, chosen, threads); });
    for (std::size_t i = 1; i < results.size(); ++i) CHECK(results[i] == results[0]);
    CHECK(results[0][0] > 0);
    CHECK(results[0][4] < results[0][0]);
}

}  // namespace

TEST_CASE("the order of summation is a tree over the parts") {
    using detail::SumNode;
    CHECK(detail::find_sum_nodes(0, 4, false) == std::vector<SumNode>{{0, 4}});
    CHECK(detail::find_sum_nodes(3, 6, false) == std::vector<SumNode>{{3, 1}, {4, 2}});
    CHECK(detail::find_sum_nodes(3, 6, true) == std::vector<SumNode>{{3, 3}});
    CHECK(detail::find_sum_nodes(2, 2, false).empty());
}

TEST_CASE("the same bits for 1, 2, 3 and 4 ranks: float, double, batch norm, dropout, small buckets") {
    check_same_bits<tiny::Network, Cpu, float>({.images_per_part = 2, .bucket_bytes = 64});
    check_same_bits<tiny::Network, Cpu, float>({.images_per_part = 1}, {}, 2);
    check_same_bits<tiny::Network, Reference, double>({.images_per_part = 2, .bucket_bytes = 64});
}

TEST_CASE("the same bits with synchronised batch norm, fused and not, with one thread and two") {
    const DistributedOptions chosen{.images_per_part = 2, .synchronise_batch_norm = true, .bucket_bytes = 64};
    check_same_bits<tiny::Network, Cpu, float>(chosen);
    check_same_bits<tiny::Network, Cpu, float>(chosen, {}, 2);
    check_same_bits<tiny::Network, Reference, double>(chosen);
    check_same_bits<tiny::Scale, Cpu, float>(chosen);  // without batch norm
}

/// The loss, gradients and new statistics of a step on one batch of 13 pictures, the last of which is a part of its
/// own.
template <class Network, class T, class... Backend>
std::vector<double> one_step(const Communicator& ranks, const Backend&... backend) {
    Model<Network, T> model(5);
    Trainer<Network, MeanSquaredError, SGD, Backend..., T> trainer{model, {}, SGD{}, backend..., 1};
    const Batch<T> batch = draw<T>(13, 0);
    BatchShare::Range own{0, 13};
    if constexpr ((requires { backend.share(); } || ...)) own = BatchShare{ranks.rank(), ranks.size(), 2}.images(13);
    std::vector<double> all{trainer.step(batch.input.view().images(own.first, own.size()),
                                         batch.target.view().images(own.first, own.size()))};
    for (const T value : trainer.gradients()) all.push_back(static_cast<double>(value));
    for (const T value : model.statistics()) all.push_back(static_cast<double>(value));
    return all;
}

TEST_CASE("synchronised batch norm is that of one process with the whole batch, within rounding") {
    const Communicator world;
    const auto check = [&]<class Network, class T, class Backend>(double tolerance) {
        const Distributed<Backend> distributed{world, {.images_per_part = 2, .synchronise_batch_norm = true}};
        const auto expected = one_step<Network, T>(world, Backend{}), result = one_step<Network, T>(world, distributed);
        REQUIRE(result.size() == expected.size());
        for (std::size_t i = 0; i < result.size(); ++i)
            CHECK(result[i] == doctest::Approx(expected[i]).epsilon(tolerance).scale(1));
        // Batch norm of each part gives other gradients.
        const auto local = one_step<Network, T>(world, Distributed<Backend>{world, {.images_per_part = 2}});
        CHECK(std::fabs(local[1] - expected[1]) > 100 * tolerance * (1 + std::fabs(expected[1])));
    };
    // Sums of a few hundred terms, each rounded once in the type's precision.
    using Norms =
        Sequential<Conv<1, 4>, BatchNorm<4>, ReLU, MaxPool<2>, Conv<4, 3>, BatchNorm<3>, Conv<3, 4>, PixelShuffle<2>>;
    check.template operator()<Norms, float, Cpu>(1e-5);
    check.template operator()<Norms, double, Reference>(1e-13);
}

TEST_CASE("the same bits with a loss of whole pictures") {
    check_same_bits<tiny::Scale, Cpu, float>({.images_per_part = 2}, MeanDifference{});
}

TEST_CASE("the gradient is that of one process, within rounding, in every mode") {
    const Batch<float> batch = draw<float>(13, 0);
    Model<tiny::Scale> model(5);
    Trainer alone{model, MeanSquaredError{}, Adam{}, Cpu{}, 1};
    const double loss = alone.gradient(batch.input, batch.target);
    const std::vector<float> expected(alone.gradients().begin(), alone.gradients().end());
    for (const Reduction reduction : {Reduction::SameBits, Reduction::Fast, Reduction::FastBFloat16}) {
        const Communicator world;
        const Distributed distributed{world, {.images_per_part = 2, .reduction = reduction, .bucket_bytes = 8}};
        Trainer trainer{model, MeanSquaredError{}, Adam{}, distributed, 1};
        const BatchShare::Range own = distributed.share().images(13);
        CHECK(trainer.gradient(batch.input.view().images(own.first, own.size()),
                               batch.target.view().images(own.first, own.size())) ==
              doctest::Approx(loss).epsilon(1e-6));
        // A bfloat16 has 8 bits: partial sums and the sum are each off by up to 2^-9.
        const double tolerance = reduction == Reduction::FastBFloat16 ? 1.0 / 128 : 1e-6;
        for (std::size_t i = 0; i < expected.size(); ++i)
            CHECK(static_cast<double>(trainer.gradients()[i]) ==
                  doctest::Approx(static_cast<double>(expected[i])).epsilon(tolerance));
    }
}

TEST_CASE("a loss that is not finite stops all ranks, and changes nothing") {
    const Communicator world;
    const Distributed distributed{world, {.images_per_part = 2}};
    Model<tiny::Network> model(5);
    Trainer trainer{model, MeanSquaredError{}, Adam{}, distributed, 1};
    const std::vector<float> before = tiny::values(model);
    Batch<float> batch = draw<float>(16, 0);
    batch.target.data[5] = std::numeric_limits<float>::quiet_NaN();  // of rank 0
    const BatchShare::Range own = distributed.share().images(16);
    const auto step = [&] {
        return trainer.step(batch.input.view().images(own.first, own.size()),
                            batch.target.view().images(own.first, own.size()));
    };
    CHECK_THROWS_WITH_AS(step(), doctest::Contains(world.rank() == 0 ? "look at the target" : "of another rank"),
                         DivergenceError);
    CHECK(tiny::values(model) == before);
    batch.target.data[5] = 0;
    CHECK(step() > 0);
}

TEST_CASE("a part goes through the network in as many pieces as one process would cut it into") {
    const Communicator world;
    Model<tiny::Scale> model;
    const Trainer trainer{model, MeanSquaredError{}, Adam{}, Distributed{world, {.images_per_part = 4}}, 1};
    const Shape large{1, 600, 1000};
    REQUIRE(detail::images_at_once<tiny::Scale>(4, large) == 2);
    for (const int images : {0, 4, 13}) CHECK(trainer.engine().images_at_once<tiny::Scale>(images, large) == 2);
}

TEST_CASE("ranks that differ are named") {
    const Communicator world;
    Model<tiny::Scale> model;
    const auto make = [&](const DistributedOptions& options) {
        Trainer trainer{model, MeanSquaredError{}, Adam{}, Distributed{world, options}, 1};
    };
    CHECK_THROWS_WITH_AS(make({.images_per_part = world.rank() == 2 ? 3 : 4}),
                         doctest::Contains("rank 2 has another network or other options"), CollectiveError);
    CHECK_THROWS_AS(make({.images_per_part = 0}), Error);

    Trainer trainer{model, MeanSquaredError{}, Adam{}, Distributed{world, {.images_per_part = 2}}, 1};
    const Batch<float> batch = draw<float>(world.rank() == 1 ? 1 : 2, 0);
    CHECK_THROWS_WITH_AS(trainer.step(batch.input, batch.target),
                         doctest::Contains("rank 1 brings 1 of a batch's 7 pictures, but its share is 2"),
                         CollectiveError);
    const Batch<float> whole = draw<float>(2, 0);
    if (world.rank() == 3) trainer.random()();
    CHECK_THROWS_WITH_AS(trainer.step(whole.input, whole.target), doctest::Contains("rank 3 is at step 1"),
                         CollectiveError);
}

TEST_CASE("a wait for a rank that does not come ends with a message") {
    const Communicator world(MPI_COMM_WORLD, 0.05);
    const std::string expected =
        "depix: rank " + std::to_string(world.rank()) + " of 4 has waited 0 s for the others to add the gradients";
    CHECK_THROWS_WITH_AS(world.wait_until([] { return false; }, "add the gradients"), expected.c_str(), Error);
}
