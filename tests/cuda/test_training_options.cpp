// Trainer<..., Cuda>, emulated, with AdamW, options and losses of whole pictures, against the textbook in double.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <utility>

#include "depix/cuda.cuh"

using namespace depix;

namespace {

using Network = Sequential<Conv<1, 4>, PReLU<4>, Conv<4, 4, 3, Stride<2>>, PixelShuffle<2>>;

struct Batch {
    Tensor<float> input, target;
};
Batch draw_batch(std::uint64_t seed, int batch = 2) {
    Random random(seed);
    Batch result{Tensor<float>(batch, {1, 14, 16}), Tensor<float>(batch, {1, 14, 16})};
    for (float& value : result.input.data) value = static_cast<float>(random.uniform());
    for (float& value : result.target.data) value = static_cast<float>(random.uniform());
    return result;
}
Tensor<double> in_double(const Tensor<float>& tensor) {
    Tensor<double> result(tensor.batch, tensor.shape);
    std::ranges::copy(tensor.data, result.data.begin());
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

const TrainerOptions every_option{.max_gradient_norm = 0.05, .accumulate_batches = 2, .average_decay = 0.75};

/// Seven steps of both trainers. The tolerances are those of tests/cuda/test_trainer.cpp.
template <class Loss, class Optimizer>
void compare_with_textbook(Loss loss, Optimizer settings, const TrainerOptions& options) {
    Model<Network> model(5);
    Model<Network, double> exact_model(model);
    Trainer trainer{model, loss, settings, options, Cuda{}};
    Trainer exact{exact_model, loss, settings, options, Reference{}};
    for (std::uint64_t step = 0; step < 7; ++step) {
        CAPTURE(step);
        const auto [input, target] = draw_batch(step, step == 2 ? 3 : 2);
        const double value = trainer.step(input, target);
        CHECK(value == doctest::Approx(exact.step(in_double(input), in_double(target))).epsilon(1e-5));
        if (step == 0) CHECK(largest_difference(trainer.gradients(), exact.gradients()) < 1e-5);
    }
    CHECK(trainer.state().step == exact.state().step);
    CHECK(largest_difference(trainer.model().parameters(), exact_model.parameters()) < 0.02 * settings.learning_rate);
    CHECK(trainer.accumulated().batches == exact.accumulated().batches);
    CHECK(largest_difference(trainer.accumulated().gradients, exact.accumulated().gradients) < 1e-5);
    if (options.average_decay > 0)
        CHECK(largest_difference(trainer.average()->parameters(), exact.average()->parameters()) <
              0.02 * settings.learning_rate);
}

}  // namespace

TEST_CASE("steps with options are the textbook's") {
    compare_with_textbook(MeanSquaredError{}, AdamW{.weight_decay = 0.5}, every_option);
    compare_with_textbook(Charbonnier{.epsilon = 0.1}, SGD{.learning_rate = 0.1, .momentum = 0.9},
                          {.max_gradient_norm = 0.1});
    compare_with_textbook(MeanSquaredError{}, AdamW{}, {.average_decay = 0.5});
}

TEST_CASE("steps with losses of whole pictures are the textbook's") {
    compare_with_textbook(SSIM{.data_range = 1.5}, AdamW{}, {});
    compare_with_textbook(SumOfLosses{Weighted{SSIM{}, 0.8}, Weighted{Charbonnier{.epsilon = 0.1}, 0.2}}, AdamW{},
                          every_option);
    Model<Network> model;
    Trainer trainer{model, SSIM{}, AdamW{}, Cuda{}};
    const Tensor<float> small(1, {1, 10, 12});
    CHECK_THROWS_AS(trainer.step(small, small), ShapeError);
    CHECK(std::isfinite(trainer.step(draw_batch(1).input, draw_batch(1).target)));
}

TEST_CASE("a loss that is not finite changes neither weights nor average nor accumulated gradients") {
    Model<Network> model(5), undisturbed_model(5);
    Trainer trainer{model, MeanSquaredError{}, AdamW{}, every_option, Cuda{}};
    Trainer undisturbed{undisturbed_model, MeanSquaredError{}, AdamW{}, every_option, Cuda{}};
    for (std::uint64_t step = 0; step < 5; ++step) {
        const auto [input, target] = draw_batch(step);
        Tensor<float> bad = target;
        bad.data[3] = NAN;
        CHECK_THROWS_AS(trainer.step(input, bad), DivergenceError);
        CHECK_THROWS_AS(trainer.last_loss(), DivergenceError);
        CHECK(trainer.step(input, target) == undisturbed.step(input, target));
    }
    CHECK(std::ranges::equal(trainer.model().parameters(), undisturbed.model().parameters()));
    CHECK(std::ranges::equal(trainer.average()->parameters(), undisturbed.average()->parameters()));
    CHECK(trainer.accumulated().gradients == undisturbed.accumulated().gradients);
    CHECK(trainer.state().step == 2);
}

TEST_CASE("a run goes on from its checkpoint with the same bits, and a step allocates nothing") {
    const std::string path = (std::filesystem::temp_directory_path() / "depix_test_cuda_options.safetensors").string();
    Model<Network> model(5);
    Trainer trainer{model, SSIM{}, AdamW{}, every_option, Cuda{}};
    for (std::uint64_t step = 0; step < 4; ++step) {
        trainer.step(draw_batch(step).input, draw_batch(step).target);
        save_checkpoint(path, trainer, Progress<Network>{});
        Model<Network> resumed(6), continued_model(model);
        Trainer other{resumed, SSIM{}, AdamW{}, every_option, Cuda{}};
        other.step(draw_batch(9).input, draw_batch(9).target);  // load_checkpoint must discard this step
        load_checkpoint(path, other, 0);
        Trainer again{continued_model, SSIM{}, AdamW{}, every_option, Cuda{}};
        load_checkpoint(path, again, 0);
        for (std::uint64_t more = 10; more < 13; ++more) {
            const auto [input, target] = draw_batch(more);
#ifdef DEPIX_CUDA_EMULATED
            const std::size_t allocations = emulator::allocations;
#endif
            const double loss = other.step(input, target);
#ifdef DEPIX_CUDA_EMULATED
            CHECK((more == 10 || emulator::allocations == allocations));
#endif
            CHECK(loss == again.step(input, target));
        }
        CHECK(std::ranges::equal(other.model().parameters(), again.model().parameters()));
        CHECK(std::ranges::equal(other.average()->parameters(), again.average()->parameters()));
        CHECK(other.accumulated().gradients == again.accumulated().gradients);
    }
    // The run itself, without an interruption, ends where a resumed one does.
    Model<Network> resumed(6);
    Trainer other{resumed, SSIM{}, AdamW{}, every_option, Cuda{}};
    load_checkpoint(path, other, 0);
    std::filesystem::remove(path);
    for (std::uint64_t more = 20; more < 23; ++more)
        CHECK(trainer.step(draw_batch(more).input, draw_batch(more).target) ==
              other.step(draw_batch(more).input, draw_batch(more).target));
    CHECK(std::ranges::equal(trainer.model().parameters(), other.model().parameters()));
    CHECK(std::ranges::equal(trainer.average()->parameters(), other.average()->parameters()));
}

TEST_CASE("float16 with options learns") {
    Model<Network> model(5);
    Trainer trainer{model, SSIM{}, AdamW{.learning_rate = 1e-2},
                    TrainerOptions{.max_gradient_norm = 1, .accumulate_batches = 2}, CudaWith<precision::Float16>{}};
    const auto [input, target] = draw_batch(1);
    const double first = trainer.step(input, target);
    double last = first;
    for (int step = 0; step < 40; ++step) last = trainer.step(input, target);
    CHECK(last < 0.98 * first);
}
