// Trainer<..., Cuda>, emulated, against the textbook: losses, gradients, weights after some steps.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "depix/cuda.cuh"

using namespace depix;

namespace {

/// A network with all that a step must handle: batch norm, dropout, a skip, a strided and a transposed convolution.
using Network = Sequential<
    Conv<2, 4>, BatchNorm<4>, ReLU,
    SkipConcat<MaxPool<2>, Dropout<std::ratio<1, 4>>, Conv<4, 4>, PReLU<4>, ConvTranspose<4, 3, 2, Stride<2>>>,
    Conv<7, 4, 3, Stride<2>>, LeakyReLU<>, Residual<Conv<4, 4>, Scale<std::ratio<1, 5>>>, PixelShuffle<2>, Sigmoid>;

struct Batch {
    Tensor<float> input, target;
};
Batch draw_batch(std::uint64_t seed, int batch = 2, int side = 8) {
    Random random(seed);
    Batch result{Tensor<float>(batch, {2, side, side}), Tensor<float>(batch, {1, side, side})};
    for (float& value : result.input.data) value = static_cast<float>(random.uniform());
    for (float& value : result.target.data) value = static_cast<float>(random.uniform());
    return result;
}

template <class Values, class Others>
double largest_difference(const Values& a, const Others& b) {
    REQUIRE(a.size() == b.size());
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference = std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
        largest = std::isnan(difference) ? INFINITY : std::max(largest, difference);
    }
    return largest;
}

/// Runs steps of both trainers, the textbook's in double.
template <class Loss, class Optimizer>
void compare_with_textbook(Loss loss, Optimizer settings) {
    Model<Network> model(5);
    Model<Network, double> exact_model(model);
    Trainer trainer{model, loss, settings, Cuda{}};
    Trainer exact{exact_model, loss, settings, Reference{}};
    for (std::uint64_t step = 0; step < 3; ++step) {
        CAPTURE(step);
        const auto [input, target] = draw_batch(step, step == 2 ? 3 : 2);
        Tensor<double> exact_input(input.batch, input.shape), exact_target(target.batch, target.shape);
        std::ranges::copy(input.data, exact_input.data.begin());
        std::ranges::copy(target.data, exact_target.data.begin());
        const double value = trainer.step(input, target), exact_value = exact.step(exact_input, exact_target);
        // These are sums of some 100 roundings of 2^-24. Later losses come from weights that differ by as much.
        CHECK(value == doctest::Approx(exact_value).epsilon(1e-5));
        if (step == 0) CHECK(largest_difference(trainer.gradients(), exact.gradients()) < 1e-5);
    }
    // Adam's steps have the size of the learning rate, whatever the gradient's size. Where the gradient is noise, so is
    // the step. The only bias before a batch norm here is the first convolution's.
    const auto parameters = trainer.model().parameters();
    const auto exact_parameters = exact_model.parameters();
    const std::size_t bias = Conv<2, 4>::geometry.weight_count();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        CAPTURE(i);
        const bool noise = i >= bias && i < bias + 4;
        CHECK(std::fabs(static_cast<double>(parameters[i]) - exact_parameters[i]) <
              (noise ? 7 : 0.02) * settings.learning_rate);
    }
    CHECK(largest_difference(trainer.model().statistics(), exact_model.statistics()) < 1e-4);
    CHECK(trainer.model().batches_tracked()[0] == 3);
}

}  // namespace

TEST_CASE("steps are the textbook's") {
    compare_with_textbook(MeanSquaredError{}, Adam{.learning_rate = 1e-3});
    compare_with_textbook(MeanAbsoluteError{}, SGD{.learning_rate = 0.1, .momentum = 0.9});
    compare_with_textbook(BinaryCrossEntropy{}, Adam{.learning_rate = 1e-3});
}

TEST_CASE("the same seed gives the same bits, and enqueued steps are steps") {
    Model<Network> first(5), second(5);
    {
        Trainer trainer{first, MeanSquaredError{}, Adam{}, Cuda{}};
        Trainer other{second, MeanSquaredError{}, Adam{}, Cuda{}};
        double loss = 0;
        for (std::uint64_t step = 0; step < 4; ++step) {
            const auto [input, target] = draw_batch(step);
            loss = trainer.step(input, target);
            other.enqueue(input, target);
        }
        CHECK(other.last_loss() == loss);
#ifdef DEPIX_CUDA_EMULATED
        const std::size_t allocations = emulator::allocations;
        trainer.step(draw_batch(9).input, draw_batch(9).target);
        CHECK(emulator::allocations == allocations);
#else
        trainer.step(draw_batch(9).input, draw_batch(9).target);
#endif
        other.step(draw_batch(9).input, draw_batch(9).target);
    }  // the trainers give the models back
    CHECK(std::ranges::equal(first.parameters(), second.parameters()));
    CHECK(std::ranges::equal(first.statistics(), second.statistics()));
    CHECK_FALSE(std::ranges::equal(first.parameters(), Model<Network>(5).parameters()));
}

TEST_CASE("a loss that is not finite changes nothing") {
    Model<Network> model(5);
    Trainer trainer{model, MeanSquaredError{}, Adam{}, Cuda{}};
    trainer.step(draw_batch(1).input, draw_batch(1).target);
    const Model<Network> before = trainer.model();
    Batch bad = draw_batch(2);
    bad.target.data[3] = NAN;
    CHECK_THROWS_WITH_AS(trainer.step(bad.input, bad.target),
                         doctest::Contains("nan at step 2; all layers' outputs are finite, so look at the target"),
                         DivergenceError);
    bad = draw_batch(2);
    bad.input.data[3] = NAN;
    CHECK_THROWS_WITH_AS(trainer.step(bad.input, bad.target),
                         doctest::Contains("nan at step 2; the first layer with such an output is number 1, Conv2d"),
                         DivergenceError);
    CHECK(std::ranges::equal(trainer.model().parameters(), before.parameters()));
    CHECK(std::ranges::equal(trainer.model().statistics(), before.statistics()));
    CHECK(std::ranges::equal(trainer.model().batches_tracked(), before.batches_tracked()));
    CHECK(trainer.state().step == 1);
    CHECK(std::isfinite(trainer.step(draw_batch(2).input, draw_batch(2).target)));
}

#ifdef DEPIX_CUDA_EMULATED
TEST_CASE("wrong shapes, no device, no memory") {
    Model<Network> model(5);
    const Model<Network> before = model;
    {
        Trainer trainer{model, MeanSquaredError{}, Adam{}, Cuda{}};
        CHECK_THROWS_AS(trainer.step(draw_batch(1).input, draw_batch(1, 3).target), ShapeError);
        const std::size_t capacity = std::exchange(emulator::capacity, emulator::used() + 1000);
        CHECK_THROWS_AS(trainer.step(draw_batch(1).input, draw_batch(1).target), DeviceError);
        emulator::capacity = capacity;
        CHECK(std::ranges::equal(trainer.model().parameters(), before.parameters()));
        CHECK(std::isfinite(trainer.step(draw_batch(1).input, draw_batch(1).target)));

        // If any of its allocations fails, the preparation starts from the beginning.
        Model<Network> other_model(5);
        Trainer other{other_model, MeanSquaredError{}, Adam{}, Cuda{}};
        const std::size_t used = emulator::used();
        double loss = 0;
        int failures = 0;
        for (std::size_t room = 1000; loss == 0; room += 2000, ++failures) {
            emulator::capacity = used + room;
            try {
                loss = other.step(draw_batch(1).input, draw_batch(1).target);
            } catch (const DeviceError&) {
            }
        }
        emulator::capacity = capacity;
        CHECK(failures > 2);
        Model<Network> undisturbed(5);
        CHECK(loss == (Trainer{undisturbed, MeanSquaredError{}, Adam{}, Cuda{}}.gradient(draw_batch(1).input,
                                                                                         draw_batch(1).target)));
    }
    emulator::device_count = 0;
    CHECK_THROWS_WITH_AS((Trainer{model, MeanSquaredError{}, Adam{}, Cuda{}}),
                         "depix: the backend Cuda needs a GPU: no CUDA-capable device is detected", DeviceError);
    emulator::device_count = 1;
}
#endif

TEST_CASE("a checkpoint is the Cpu's: a run begun on one goes on on the other") {
    const std::string path =
        (std::filesystem::temp_directory_path() / "depix_test_cuda_checkpoint.safetensors").string();
    Model<Network> model(5), resumed(6);
    Trainer trainer{model, MeanSquaredError{}, Adam{.learning_rate = 1e-3}, Cuda{}};
    trainer.step(draw_batch(1).input, draw_batch(1).target);
    save_checkpoint(path, trainer, Progress<Network>{});

    Trainer other{resumed, MeanSquaredError{}, Adam{}, Cuda{}};
    other.step(draw_batch(7).input, draw_batch(7).target);  // load_checkpoint must discard this step
    load_checkpoint(path, other, 0);
    Model<Network> on_cpu(7);
    Trainer cpu{on_cpu, MeanSquaredError{}, Adam{}, Reference{}};
    load_checkpoint(path, cpu, 0);
    std::filesystem::remove(path);

    const auto [input, target] = draw_batch(2);
    const double loss = trainer.step(input, target);
    CHECK(other.step(input, target) == loss);
    CHECK(cpu.step(input, target) == doctest::Approx(loss).epsilon(1e-5));
    CHECK(std::ranges::equal(trainer.model().parameters(), other.model().parameters()));
}

TEST_CASE("16 bits: float16 scales its loss, leaves out steps that overflow, and learns") {
    const auto learn = []<class Precision>(CudaWith<Precision> backend) {
        Model<Network> model(5);
        Trainer trainer{model, MeanSquaredError{}, Adam{.learning_rate = 1e-2}, backend};
        const auto [input, target] = draw_batch(1);
        const double first = trainer.step(input, target);
        double last = first;
        for (int step = 0; step < 12; ++step) last = trainer.step(input, target);
        CHECK(last < 0.9 * first);
        return trainer.skipped_steps();
    };
    learn(CudaWith<precision::TF32>{});
    CHECK(learn(CudaWith<precision::BFloat16>{}) == 0);
    learn(CudaWith<precision::Float16>{});
}
