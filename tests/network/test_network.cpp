// How layers compose: channels, sizes, names, and the code that DESIGN.md promises.
#include <doctest/doctest.h>

#include <sstream>

#include "../io/temporary_folder.hpp"
#include "depix/depix.hpp"
#include "depix/io/image.hpp"

using namespace depix;

// ---- what a user writes ---------------------------------------------------------------------------------------------

// clang-format off
using Written = Sequential<
    Named<"encoder",
        Conv<3, 6>,   BatchNorm<6>,  ReLU, MaxPool<2>,
        Conv<6, 12>,  BatchNorm<12>, ReLU, MaxPool<2>,
        Conv<12, 24>, BatchNorm<24>, ReLU, MaxPool<2>>,
    Named<"decoder",
        ConvTranspose<24, 12, 2, Stride<2>>, BatchNorm<12>, ReLU,
        ConvTranspose<12, 6, 2, Stride<2>>,  BatchNorm<6>,  ReLU,
        ConvTranspose<6, 3, 2, Stride<2>>,   BatchNorm<3>>>;
// clang-format on

static_assert(Written::parameter_count == 5103);
static_assert(Written::output({3, 64, 256}) == Shape{3, 64, 256});
static_assert(Written::size_multiple == 8);
static_assert(workspace_bytes<Written>({3, 64, 256}) < 512 * 1024);
static_assert(std::is_same_v<Written, Depixelizer>);

template <int In, int Out>
using DoubleConv = Sequential<Conv<In, Out>, ReLU, Conv<Out, Out>, ReLU>;
template <int C, class Inner>
using Level = SkipConcat<MaxPool<2>, Dropout<std::ratio<1, 10>>, Inner, Conv<2 * C, 4 * C>, PixelShuffle<2>>;

using Tiny = Sequential<Conv<1, 2>, ReLU, MaxPool<2>, ConvTranspose<2, 1, 2, Stride<2>>>;
static StaticInference<Tiny, Shape{1, 32, 32}> firmware;

TEST_CASE("the public interface reads as designed") {
    Model<Depixelizer> model;
    const TemporaryFolder folder;
    save(model, folder / "depixelizer.safetensors");
    load(model, folder / "depixelizer.safetensors");
    write_image(folder / "pixeled.png", Image({3, 64, 256}, 0.5f));
    Inference<Depixelizer, Cpu> restore{model};
    Image clean = restore(read_image(folder / "pixeled.png"));
    CHECK(clean.shape == Shape{3, 64, 256});

    struct Batch {
        Tensor<float> noisy{2, {3, 16, 16}, 0.5f}, target{2, {3, 16, 16}, 0.25f};
    };
    const std::vector<Batch> batches(3);
    double loss = 0;
    Trainer trainer{model, MeanSquaredError{}, Adam{.learning_rate = 1e-3f}};
    for (const auto& [noisy, target] : batches) loss = trainer.step(noisy, target);
    CHECK(loss > 0);

    const Model<Tiny> tiny;
    const std::vector<float> image(32 * 32, 0.5f);
    std::vector<float> restored(32 * 32);
    firmware.run(tiny.parameters().data(), tiny.statistics().data(), image.data(), restored.data());
    const Image same = Inference<Tiny, Reference>{tiny}(Image({1, 32, 32}, 0.5f));
    CHECK(restored == same.pixels);
}

// ---- shapes, channels, scales ---------------------------------------------------------------------------------------

static_assert(Conv<3, 8>::output({3, 7, 9}) == Shape{8, 7, 9});
static_assert(Conv<3, 8, 3, Stride<2>>::output({3, 8, 10}) == Shape{8, 4, 5});
static_assert(Conv<3, 8, 3, Padding<0>>::output({3, 8, 10}) == Shape{8, 6, 8});
static_assert(Conv<3, 8, 2, Padding<0, 1>>::output({3, 8, 10}) == Shape{8, 8, 10});
static_assert(Conv<3, 8, 5>::geometry.padding_before == 2);
static_assert(ConvTranspose<8, 3, 3, Stride<2>, Padding<1>, OutputPadding<1>>::output({8, 5, 6}) == Shape{3, 10, 12});
static_assert(ConvTranspose<8, 3, 3, Stride<2>>::output({8, 5, 6}) == Shape{3, 11, 13});
static_assert(MaxPool<2>::output({3, 7, 8}) == Shape{3, 3, 4});
static_assert(MaxPool<3, Stride<2>>::output({3, 2, 8}) == Shape{3, 0, 3});
static_assert(AveragePool<2>::output({3, 7, 8}) == Shape{3, 3, 4});
static_assert(AveragePool<3, Stride<1>>::output({3, 7, 2}) == Shape{3, 5, 0});
static_assert(GlobalAveragePool::output({3, 7, 8}) == Shape{3, 1, 1});
static_assert(PixelShuffle<2>::output({8, 3, 4}) == Shape{2, 6, 8});
static_assert(Upsample<3>::output({2, 3, 4}) == Shape{2, 9, 12});
static_assert(Upsample<3>::needs({-1, 5}) == RowRange{-1, 1});
static_assert(LeakyReLU<std::ratio<1, 5>>::output({2, 3, 4}) == Shape{2, 3, 4});
static_assert(Scale<std::ratio<1, 5>>::output({2, 3, 4}) == Shape{2, 3, 4});
static_assert(Dense<512, 10>::output({512, 1, 1}) == Shape{10, 1, 1});
static_assert(Dense<512, 10, Size<6, 5>>::output({512, 6, 5}) == Shape{10, 1, 1});
static_assert(Dense<512, 10, Size<6, 5>>::output({512, 5, 6}) == Shape{});
static_assert(Sequential<Dense<512, 10, Size<6, 5>>>::parameter_count == 512 * 30 * 10 + 10);
static_assert(Sequential<Dense<512, 10, NoBias>>::parameter_count == 512 * 10);

using UNet =
    Sequential<DoubleConv<3, 4>, Level<4, Sequential<DoubleConv<4, 8>, Level<8, DoubleConv<8, 16>>, DoubleConv<16, 8>>>,
               DoubleConv<8, 4>, Conv<4, 3, 1>>;
static_assert(UNet::in_channels == 3);
static_assert(UNet::size_multiple == 4);
static_assert(UNet::output({3, 12, 20}) == Shape{3, 12, 20});

using DenseBlock = Residual<SkipConcat<Conv<4, 2>, ReLU>, SkipConcat<Conv<6, 2>, ReLU>, Conv<8, 4>>;
using Deep = Sequential<Conv<1, 4>, Repeat<5, DenseBlock>, Conv<4, 1>>;
static_assert(Deep::parameter_count == 40 + 5 * (74 + 110 + 292) + 37);
static_assert(Deep::size_multiple == 1);
static_assert(layers_of<Deep>::size == 8);  // the same dense block five times is compiled once

static_assert(Sequential<ReLU, MaxPool<2>, Conv<3, 6>>::in_channels == 3);
static_assert(Sequential<ReLU>::in_channels == 0);
static_assert(Sequential<Conv<3, 6, 3, Stride<2>>, ConvTranspose<6, 3, 2, Stride<2>>>::size_multiple == 2);
static_assert(Sequential<MaxPool<2>, MaxPool<3>, Conv<1, 9>, PixelShuffle<3>>::size_multiple == 6);

// ---- names ----------------------------------------------------------------------------------------------------------

template <class Network>
std::vector<std::string> names() {
    std::vector<std::string> result;
    const Model<Network> model;
    for (const auto& tensor : model.tensors()) result.push_back(tensor.name);
    return result;
}

TEST_CASE("parameters are named as PyTorch names them") {
    using Strings = std::vector<std::string>;
    CHECK(names<Sequential<Conv<1, 1, 1>, ReLU, Conv<1, 1, 1, NoBias>>>() == Strings{"0.weight", "0.bias", "2.weight"});
    CHECK(names<Sequential<Named<"head", Conv<1, 1, 1>>, Named<"tail", ReLU, Conv<1, 1, 1>>>>() ==
          Strings{"head.weight", "head.bias", "tail.1.weight", "tail.1.bias"});
    CHECK(names<Named<"blocks", Repeat<2, Residual<Named<"conv", Conv<1, 1, 1, NoBias>>>>>>() ==
          Strings{"0.conv.weight", "1.conv.weight"});
    CHECK(names<Sequential<Named<"blocks", Repeat<2, Residual<Named<"conv", Conv<1, 1, 1, NoBias>>>>>>>() ==
          Strings{"blocks.0.conv.weight", "blocks.1.conv.weight"});
    CHECK(names<Sequential<Sequential<Conv<1, 1, 1, NoBias>>, Residual<Conv<1, 1, 1, NoBias>>>>() ==
          Strings{"0.0.weight", "1.0.weight"});
    CHECK(names<Sequential<Named<"in", Conv<1, 1, 1, NoBias>>,
                           Named<"", SkipConcat<Named<"up", Conv<1, 1, 1, NoBias>>>>>>() ==
          Strings{"in.weight", "up.weight"});
    CHECK(names<Sequential<Named<"a", Named<"b", Conv<1, 1, 1, NoBias>>>>>() == Strings{"a.b.weight"});
    CHECK(names<Sequential<Named<"a", Named<"b", Named<"c", Conv<1, 1, 1, NoBias>>>>>>() == Strings{"a.b.c.weight"});
    CHECK(names<Sequential<Named<"", Named<"b", Conv<1, 1, 1, NoBias>>>>>() == Strings{"b.weight"});
    CHECK(names<Sequential<Named<"a", Named<"", Conv<1, 1, 1, NoBias>>>>>() == Strings{"a.weight"});
    CHECK(names<Named<"a", Named<"b", Conv<1, 1, 1, NoBias>>>>() == Strings{"b.weight"});  // a root has no name
    CHECK(names<Sequential<Dense<2, 3>, LeakyReLU<>, Dense<3, 1, NoBias>>>() ==
          Strings{"0.weight", "0.bias", "2.weight"});
    CHECK(Model<Sequential<Dense<2, 3, Size<4, 5>>>>().tensors()[0].shape == std::vector<std::size_t>{3, 40});
    CHECK(names<Sequential<BatchNorm<2>>>() == Strings{"0.weight", "0.bias", "0.running_mean", "0.running_var"});
}

// ---- models ---------------------------------------------------------------------------------------------------------

TEST_CASE("the initial weights are PyTorch's, He's or Glorot's") {
    const Model<Sequential<Conv<16, 64>>> uniform(3), again(3), other(4);
    CHECK(std::ranges::equal(uniform.parameters(), again.parameters()));
    CHECK_FALSE(std::ranges::equal(uniform.parameters(), other.parameters()));
    const auto variance = [](std::span<const float> values) {
        double squares = 0;
        for (const float value : values) squares += static_cast<double>(value) * static_cast<double>(value);
        return squares / static_cast<double>(values.size());
    };
    // 9,216 draws: the standard deviation of an estimated variance is sqrt(2 / 9216) = 1.5 % of it.
    CHECK(variance(uniform.tensors()[0].values) == doctest::Approx(1.0 / 3 / 144).epsilon(0.06));
    const Model<Sequential<Dense<16, 64, Size<3, 3>>>> dense(3);
    CHECK(variance(dense.tensors()[0].values) == doctest::Approx(1.0 / 3 / 144).epsilon(0.06));
    const Model<Sequential<Conv<16, 64>>> normal(3, Initialisation::HeNormal);
    CHECK(variance(normal.tensors()[0].values) == doctest::Approx(2.0 / 144).epsilon(0.06));
    CHECK(variance(normal.tensors()[1].values) == 0);

    // Uniform in +-limit: the variance is limit^2 / 3. Keras and PyTorch count 16 and 64 channels times the kernel's
    // area.
    const Model<Sequential<Conv<16, 64>>> glorot(3, Initialisation::GlorotUniform);
    const double limit = std::sqrt(6.0 / (9 * 16 + 9 * 64));
    const auto weights = glorot.tensors()[0].values;
    CHECK(variance(weights) == doctest::Approx(limit * limit / 3).epsilon(0.06));
    CHECK(std::ranges::all_of(weights, [&](float weight) { return std::abs(weight) <= limit; }));
    CHECK(variance(glorot.tensors()[1].values) == 0);
    const Model<Sequential<ConvTranspose<64, 16, 3>>> turned(3, Initialisation::GlorotUniform);
    CHECK(variance(turned.tensors()[0].values) == doctest::Approx(limit * limit / 3).epsilon(0.06));
    const Model<Sequential<Dense<16, 64, Size<3, 3>>>> glorot_dense(3, Initialisation::GlorotUniform);
    CHECK(variance(glorot_dense.tensors()[0].values) == doctest::Approx(2.0 / (144 + 64)).epsilon(0.06));
}

TEST_CASE("a part of a model is initialised by the names of its tensors") {
    using Network = Sequential<Named<"in", Conv<1, 4>>, Named<"inner", Conv<4, 4>>, Named<"out", Conv<4, 1>>>;
    Model<Network> model(5, Initialisation::HeNormal);
    const Model<Network> before = model;
    Random random(6);
    model.initialise_part("inner.", random, Initialisation::GlorotUniform);
    const auto is_as_before = [&](std::size_t i) {
        return std::ranges::equal(model.tensors()[i].values, before.tensors()[i].values);
    };
    REQUIRE(model.tensors()[2].name == "inner.weight");
    CHECK_FALSE(is_as_before(2));
    for (const std::size_t i : {0u, 1u, 4u, 5u}) CHECK(is_as_before(i));
    CHECK(std::ranges::all_of(model.tensors()[2].values,
                              [](float weight) { return std::abs(weight) <= std::sqrt(6.0f / 72); }));
    CHECK_THROWS_WITH_AS(model.initialise_part("up.", random, Initialisation::HeNormal),
                         "depix: the model has no tensor whose name begins with 'up.'", Error);
}

TEST_CASE("a network may be a single layer") {
    using One = Sequential<Conv<1, 1, 1>>;
    Model<One> model;
    const Image image({1, 3, 5}, 0.5f);
    const float expected = model.parameters()[0] * 0.5f + model.parameters()[1];
    CHECK(Inference<One>{model}(image)(0, 2, 4) == doctest::Approx(expected));
    CHECK(Inference<One, Reference>{model}(image)(0, 2, 4) == doctest::Approx(expected));
    Trainer trainer{model, MeanSquaredError{}, Adam{}};
    CHECK(trainer.step(image, image) == doctest::Approx((expected - 0.5) * (expected - 0.5)));
}

TEST_CASE("inference refuses pictures that the network cannot take, and says why") {
    const Model<Depixelizer> model;
    const Inference<Depixelizer> restore{model};
    CHECK_THROWS_WITH_AS(restore(Image({1, 64, 64})),
                         "depix: the network cannot take a picture of 1x64x64: it takes 3 channels, not 1", ShapeError);
    CHECK_THROWS_WITH_AS(restore(Image({3, 64, 60})),
                         "depix: the network cannot take a picture of 3x64x60: height and width must be positive "
                         "multiples of 8",
                         ShapeError);
    CHECK_THROWS_AS(restore(Image()), ShapeError);
    const Model<Sequential<Conv<3, 4>, ReLU, Dense<4, 1, Size<6, 6>>>> judge;
    CHECK_THROWS_WITH_AS((Inference<decltype(judge)::Network>{judge}(Image({3, 6, 7}))),
                         "depix: the network cannot take a picture of 3x6x7: its layer number 3, Linear, takes 4x6x6, "
                         "not 4x6x7",
                         ShapeError);
    const Model<Sequential<Conv<3, 4>, Residual<Conv<4, 4, 3, Padding<0>>>>> shrinking;
    CHECK_THROWS_WITH_AS(
        (Inference<decltype(shrinking)::Network>{shrinking}(Image({3, 6, 7}))),
        "depix: the network cannot take a picture of 3x6x7: its layer number 3, Add, cannot join 4x6x7 "
        "and 4x4x5",
        ShapeError);
    const Model<Sequential<Conv<3, 4>, MaxPool<3, Stride<2>>>> shrunk;
    CHECK_THROWS_WITH_AS((Inference<decltype(shrunk)::Network>{shrunk}(Image({3, 2, 8}))),
                         "depix: the network cannot take a picture of 3x2x8: it is too small: its layer number 2, "
                         "MaxPool2d, gives no output for 4x2x8",
                         ShapeError);
    Trainer trainer{const_cast<Model<Depixelizer>&>(model), MeanSquaredError{}, Adam{}};
    const Tensor<float> input(2, {3, 8, 8}), target(2, {3, 8, 16});
    CHECK_THROWS_WITH_AS(
        trainer.step(input, target),
        "depix: training on 2 pictures of 3x8x8 needs as many targets of 3x8x8, but there are 2 of 3x8x16", ShapeError);
}

TEST_CASE("a loss that is not finite stops the step, names the layer and leaves the model as it was") {
    Model<Depixelizer> model;
    model.tensors()[6].values[0] = std::nanf("");
    const Model<Depixelizer> before = model;
    Trainer trainer{model, MeanSquaredError{}, Adam{}};
    Tensor<float> input(1, {3, 8, 8}, 0.5f), target(1, {3, 8, 8}, 0.5f);
    CHECK_THROWS_WITH_AS(trainer.step(input, target),
                         doctest::Contains("step 1; the first layer with such an output is number 5, Conv2d"),
                         DivergenceError);
    CHECK(std::memcmp(model.parameters().data(), before.parameters().data(), model.parameters().size_bytes()) == 0);
    CHECK(std::memcmp(model.statistics().data(), before.statistics().data(), model.statistics().size_bytes()) == 0);
}

TEST_CASE("the summary prints the table") {
    std::ostringstream text;
    text << summary<Depixelizer>({3, 64, 256});
    const auto has = [&](const char* line) { return text.str().find(line) != std::string::npos; };
    CHECK(has("\nencoder                     [24, 8, 32]                       --                --\n"));
    CHECK(has("\n  0: Conv2d                 [6, 64, 256]                     168         2,654,208\n"));
    CHECK(has("\n  7: BatchNorm2d            [3, 64, 256]"));
    CHECK(has("\nTotal params: 5,103\nTrainable params: 5,103\nNon-trainable params: 0\n"));

    // Parts within parts, and joins, which have no name.
    using Network = Sequential<Conv<1, 2>, Residual<Named<"body", Conv<2, 4>, ReLU>, Conv<4, 2>>, SkipConcat<ReLU>>;
    constexpr auto table = summary<Network>({1, 8, 8});
    std::string rows;
    for (const SummaryRow& row : table.rows)
        rows += std::to_string(row.depth) + (row.is_part ? "part " : row.layer) + std::string(row.name) + "\n";
    CHECK(rows == "0Conv2d\n0part \n1part body\n2Conv2d\n2ReLU\n1Conv2d\n1Add\n0part \n1ReLU\n1Concatenate\n");
    static_assert(table.rows[1].output == Shape{2, 8, 8} && table.rows.back().output == Shape{4, 8, 8});
}
