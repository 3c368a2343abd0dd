// Training with rounded weights and maps: what the loss is of, which gradients pass, what is gained, and resuming.
#include <doctest/doctest.h>

#include "../io/temporary_folder.hpp"
#include "../train/tiny.hpp"
#include "depix/depix.hpp"
#include "depix/quantize/file.hpp"
#include "depix/train/quantization_aware.hpp"

using namespace depix;

namespace {

Tensor<float> random_batch(int images, Shape shape, std::uint64_t seed) {
    Random random(seed);
    Tensor<float> batch(images, shape);
    for (float& value : batch.data) value = static_cast<float>(random.uniform());
    return batch;
}

std::vector<Image> pictures_of(const Tensor<float>& batch) {
    std::vector<Image> pictures;
    const auto size = static_cast<std::ptrdiff_t>(batch.shape.size());
    for (auto first = batch.data.begin(); first != batch.data.end(); first += size) {
        pictures.emplace_back(batch.shape);
        std::copy(first, first + size, pictures.back().pixels.begin());
    }
    return pictures;
}

template <class Network>
Quantized<Network> quantized(const Model<Network>& model, const Tensor<float>& batch) {
    const std::vector<Image> pictures = pictures_of(batch);
    return quantize<Reference>(model, std::span<const Image>(pictures), {.min_decibels = 0});
}

using Small = Sequential<Conv<1, 4>, ReLU, Conv<4, 1>>;

template <class Network>
double loss_in_integers(const Quantized<Network>& network, const Tensor<float>& input, const Tensor<float>& target) {
    const Tensor<float> output = Inference<Network, Int8<Cpu>>{network}(input);
    double sum = 0;
    for (std::size_t i = 0; i < output.data.size(); ++i)
        sum += std::pow(static_cast<double>(output.data[i] - target.data[i]), 2);
    return sum / static_cast<double>(output.data.size());
}

}  // namespace

TEST_CASE("the loss is that of the integers, on both backends") {
    // A skip, pooling, a leaky rectifier, activations by a table, and layers that stay float.
    using Network = Sequential<Conv<2, 8>, LeakyReLU<>, SkipConcat<MaxPool<2>, Conv<8, 6>, SiLU, Upsample<2>>,
                               Residual<Conv<14, 14>, ReLU>, Gate<GlobalAveragePool, Sigmoid>, Conv<14, 2>, Sigmoid>;
    Model<Network> model(3, Initialisation::HeNormal);
    const Tensor<float> input = random_batch(2, {2, 8, 16}, 1), target = random_batch(2, {2, 8, 16}, 2);
    const Quantized<Network> ranges = quantized(model, input);
    CHECK(ranges.float_steps() == 2);
    Trainer trainer{model, MeanSquaredError{}, Adam{}, QuantizationAware{ranges}, 2};
    Trainer textbook{model, MeanSquaredError{}, Adam{}, QuantizationAware<Network, Reference>{ranges}};
    Trainer floats{model, MeanSquaredError{}, Adam{}, Reference{}};
    const double exact = loss_in_integers(ranges, input, target), loss = trainer.gradient(input, target);
    // Biases and factors are rounded in integers alone, so here and there a number becomes its neighbour.
    CHECK(loss == doctest::Approx(exact).epsilon(1e-4));
    CHECK(textbook.gradient(input, target) == doctest::Approx(loss).epsilon(1e-4));
    CHECK(std::abs(floats.gradient(input, target) - exact) > 1e-4 * exact);
    double signal = 0, error = 0, rounding = 0;
    for (std::size_t i = 0; i < trainer.gradients().size(); ++i) {
        const double one = static_cast<double>(trainer.gradients()[i]);
        signal += one * one;
        error += std::pow(one - static_cast<double>(textbook.gradients()[i]), 2);
        rounding += std::pow(one - static_cast<double>(floats.gradients()[i]), 2);
    }
    CHECK(error < 1e-4 * signal);     // the backends add in another order, which may move a number to its neighbour
    CHECK(rounding < 1e-2 * signal);  // straight through: nearly the gradient of the floats
}

TEST_CASE("a gradient passes rounding unchanged, and is 0 outside of the range") {
    using Network = Sequential<Conv<1, 1, 1>, ReLU>;
    constexpr float weight = 6.0123f;  // with which no product lies in the middle of two integers
    constexpr auto exact = static_cast<double>(weight);
    Model<Network> model(1);
    model.parameters()[0] = 4;  // y = 4 x
    model.parameters()[1] = 0;
    const Tensor<float> input = random_batch(2, {1, 4, 8}, 1), target = random_batch(2, {1, 4, 8}, 2);
    Tensor<float> whole(1, {1, 1, 1});
    whole.data = {1};
    const Quantized<Network> ranges = quantized(model, whole);  // of 0..4
    model.parameters()[0] = weight;
    const float unit = ranges.program.encodings.back().scale;
    CHECK(unit == doctest::Approx(4.0 / 255));
    Trainer trainer{model, MeanSquaredError{}, Adam{}, QuantizationAware<Network, Reference>{ranges}};
    trainer.gradient(input, target);
    double of_weight = 0, of_bias = 0;
    int outside = 0;
    for (std::size_t i = 0; i < input.data.size(); ++i) {
        const double x = std::round(static_cast<double>(input.data[i]) * 255) / 255;
        const double y = std::min(std::round(exact * x / 4 * 255) / 255 * 4, 4.0);
        if (exact * x > 4 + 2.0 / 255 || x == 0) {
            ++outside;
            continue;
        }
        const double dy = 2 * (y - static_cast<double>(target.data[i])) / static_cast<double>(input.data.size());
        of_weight += dy * x;
        of_bias += dy;
    }
    CHECK_THROWS_AS(QuantizationAware{Quantized<Network>{}}, Error);
    CHECK(outside > 10);
    CHECK(outside < 40);
    CHECK(static_cast<double>(trainer.gradients()[0]) == doctest::Approx(of_weight).epsilon(1e-5));
    CHECK(static_cast<double>(trainer.gradients()[1]) == doctest::Approx(of_bias).epsilon(1e-5));
    CHECK(model.parameters()[0] == weight);
}

TEST_CASE("training with rounding lowers the loss of the integers") {
    // A large weight in each channel leaves few levels for the others, which sum up to what matters.
    Model<Small> model(5, Initialisation::HeNormal);
    for (int o = 0; o < 4; ++o) model.parameters()[static_cast<std::size_t>(9 * o)] = o % 2 ? 40.f : -40.f;
    const Tensor<float> input = random_batch(8, {1, 16, 16}, 1);
    const Tensor<float> target = Inference<Small, Reference>{model}(input);
    const Quantized<Small> ranges = quantized(model, input);
    const double before = loss_in_integers(ranges, input, target);
    Trainer trainer{model, MeanSquaredError{}, Adam{.learning_rate = 2e-3}, QuantizationAware{ranges}, 1};
    double loss = 0;
    for (int step = 0; step < 200; ++step) loss = trainer.step(input, target);
    const double after = loss_in_integers(quantize(model, ranges), input, target);
    CHECK(after < 0.2 * before);
    CHECK(loss == doctest::Approx(after).epsilon(0.1));
}

TEST_CASE("a resumed run has the same bits, with ranges from a file") {
    const TemporaryFolder folder;
    const auto batches = tiny::Batches{.count = 6, .seed = 4}.epoch(0);
    using Network = tiny::Network;
    const Model<Network> start(2);
    const Quantized<Network> ranges = quantized(start, batches[0].input);
    save_quantized(ranges, folder / "ranges.safetensors");
    const auto train = [&](Model<Network>& model, const Quantized<Network>& with, std::size_t first, std::size_t last) {
        Trainer trainer{model, MeanSquaredError{}, Adam{.learning_rate = 1e-2}, QuantizationAware{with}, 1};
        if (first > 0) load_checkpoint(folder / "half.safetensors", trainer);
        for (std::size_t i = first; i < last; ++i) trainer.step(batches[i].input, batches[i].target);
        if (last == 3) save_checkpoint(folder / "half.safetensors", trainer, Progress<Network>{});
    };
    Model<Network> whole = start, half = start, resumed(9);
    train(whole, ranges, 0, 6);
    train(half, ranges, 0, 3);
    train(resumed, load_quantized<Network>(folder / "ranges.safetensors"), 3, 6);
    CHECK(tiny::values(resumed) == tiny::values(whole));
    CHECK(tiny::values(half) != tiny::values(whole));
}

TEST_CASE("fit validates the integers") {
    Model<Small> model(2);
    const tiny::Batches training{.count = 3, .seed = 4};
    const auto batch = training.epoch(0)[0];
    const Quantized<Small> ranges = quantized(model, batch.input);
    const tiny::Batches validation{.count = 1, .seed = 5};
    Trainer trainer{model, MeanSquaredError{}, Adam{}, QuantizationAware{ranges}, 1};
    const FitResult result = fit(trainer, training, validation, {.epochs = 1});
    const auto held_out = validation.epoch(0)[0];
    CHECK(result.best_loss ==
          doctest::Approx(loss_in_integers(quantize(model, ranges), held_out.input, held_out.target)));
}
