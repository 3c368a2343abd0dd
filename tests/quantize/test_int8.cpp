// Integer inference: the arithmetic, every integer operation on both backends (which agree bit for bit), the layers
// that stay float, and errors.
#include <doctest/doctest.h>

#include <limits>

#include "../io/error_message.hpp"
#include "depix/depix.hpp"
#include "depix/quantize/faster.hpp"

using namespace depix;

namespace {

std::vector<Image> random_pictures(Shape shape, std::size_t count) {
    Random random(7);
    std::vector<Image> pictures(count, Image(shape));
    for (Image& picture : pictures)
        for (float& value : picture.pixels) value = static_cast<float>(random.uniform(0, 1));
    return pictures;
}

template <class Network>
Quantized<Network> quantized(const Model<Network>& model, const std::vector<Image>& pictures,
                             QuantizeOptions options = {}) {
    return quantize<Reference>(model, std::span<const Image>(pictures), options);
}

/// Both integer backends, with one thread and with three, for odd sizes and for sizes around a vector's. `floats` steps
/// stay float. 8 bits in each of a few layers leave some 30 dB of signal to error; a wrong kernel leaves less
/// than 10.
template <class... Layers>
void check(int floats = 0) {
    using Network = Sequential<Layers...>;
    constexpr int m = Network::size_multiple;
    const Model<Network> model(3, Initialisation::HeNormal);
    const Quantized<Network> small =
        quantized(model, random_pictures({Network::in_channels, 16 * m, 16 * m}, 2), {.min_decibels = 0});
    INFO(small.report());
    CHECK(small.float_steps() == floats);
    const Inference<Network, Reference> exact{model};
    const Inference<Network, Int8<Reference>> plain{small};
    const Inference<Network, Int8<Cpu>> fast{small, 1}, team{small, 3};
    for (const Shape shape : {Shape{Network::in_channels, 7 * m, 5 * m}, Shape{Network::in_channels, 2 * m, 16 * m},
                              Shape{Network::in_channels, 9 * m, 33 * m}, Shape{Network::in_channels, m, m}}) {
        CAPTURE(to_string(shape));
        const std::vector<Image> pictures = random_pictures(shape, 2);
        const Image& picture = pictures[1];
        const Image expected = plain(picture), wanted = exact(picture);
        CHECK(fast(picture).pixels == expected.pixels);
        CHECK(team(picture).pixels == expected.pixels);
        double signal = 0, error = 0;
        for (std::size_t i = 0; i < wanted.pixels.size(); ++i) {
            const double one = static_cast<double>(wanted.pixels[i]), two = static_cast<double>(expected.pixels[i]);
            signal += one * one;
            error += (one - two) * (one - two);
        }
        CHECK(error < 0.01 * signal);
        CHECK(fast(picture).pixels == expected.pixels);  // the workspace was used before
    }
}

}  // namespace

TEST_CASE("a sum is scaled exactly, halves upwards") {
    static_assert(integers::scale(3, 1 << 30, 1) == 0);
    static_assert(integers::scale(4, 1 << 30, 1) == 1);    // 4 / 8 = 0.5
    static_assert(integers::scale(-4, 1 << 30, 1) == 0);   // -0.5
    static_assert(integers::scale(-5, 1 << 30, 1) == -1);  // -0.625
    static_assert(integers::scale(-2147483647 - 1, 2147483647, 1) == -536870912);
    Random random(1);
    for (int i = 0; i < 20000; ++i) {
        const auto sum = static_cast<std::int32_t>(random.uniform(-2147483648.0, 2147483647.0));
        const double factor = std::exp(random.uniform(-12, -1.39));
        const integers::Factor made = integers::make_factor(factor);
        const std::int64_t product = std::int64_t{sum} * made.multiplier, one = std::int64_t{1} << (32 + made.shift);
        CHECK(integers::scale(sum, made.multiplier, made.shift) == (product + one / 2) >> (32 + made.shift));
        CHECK(static_cast<double>(made.multiplier) / static_cast<double>(one) == doctest::Approx(factor).epsilon(1e-8));
    }
}

TEST_CASE("numbers become integers and back") {
    constexpr integers::Encoding picture{1.f / 255, -128};
    for (int i = 0; i < 256; ++i) CHECK(integers::encode(static_cast<float>(i) / 255, picture) == i - 128);
    CHECK(integers::encode(-3, picture) == -128);
    CHECK(integers::encode(1e30f, picture) == 127);
    CHECK(integers::encode(std::numeric_limits<float>::quiet_NaN(), picture) == -128);
    CHECK(integers::decode(-128, picture) == 0);
    CHECK(detail::encoding_of({-1, 1}).zero_point == 0);
    CHECK(detail::encoding_of({0, 1}).zero_point == -128);
    CHECK(detail::encoding_of({0.5, 1}) == detail::encoding_of({0, 1}));  // 0 is always exact
}

TEST_CASE("autoencoders: batch norm, rectifiers, pooling, transposed convolutions") {
    check<Conv<3, 6>, BatchNorm<6>, ReLU, MaxPool<2>, Conv<6, 12>, LeakyReLU<>, MaxPool<2>,
          ConvTranspose<12, 5, 2, Stride<2>>, PReLU<5>, ConvTranspose<5, 3, 2, Stride<2>>, Sigmoid>();
    check<Conv<1, 9, 3, Stride<2>>, ReLU, Conv<9, 10, 4, Stride<2>, Padding<1>>, Tanh,
          ConvTranspose<10, 17, 3, Stride<2>, Padding<1>, OutputPadding<1>>, ReLU,
          ConvTranspose<17, 1, 4, Stride<2>, Padding<1>>, Sigmoid>();
}

TEST_CASE("skips, sums, what only moves, and tables") {
    check<Conv<3, 8>, ReLU,
          SkipConcat<MaxPool<2>, Conv<8, 6>, Residual<Conv<6, 6>, ReLU, Conv<6, 6>>, ReLU, Upsample<2>>, Conv<14, 12>,
          PixelShuffle<2>, SiLU>();
    check<Conv<3, 6>, SkipConcat<Conv<6, 7>, GELU>, Split<Pass<5>, Conv<8, 8, 3, Stride<1>>>,
          MaxPool<3, Stride<2>, Padding<1>>, Dropout<std::ratio<1, 10>>,
          Sum<Conv<13, 4, 1>, Conv<13, 4, 5>, Slice<13, 2, 4>>>();
}

TEST_CASE("groups, dilation, oblong kernels and other strides") {
    check<Conv<4, 8, 3, Groups<2>>, ReLU, Conv<8, 8, 3, Dilation<2>>, ReLU, Conv<8, 6, 5, KernelSize<1, 5>>,
          ConvTranspose<6, 4, 3, Stride<3>>, ReLU, Conv<4, 2, 3, Stride<3>>>();
}

TEST_CASE("a Dense of one pixel is a convolution") {
    check<Conv<3, 8>, ReLU, GlobalAveragePool, Dense<8, 6>, BatchNorm<6>, ReLU, Dense<6, 5, NoBias>>(1);
}

TEST_CASE("layers without integer kernels stay float") {
    check<Conv<3, 8>, ReLU, Gate<GlobalAveragePool, Conv<8, 8, 1>, Sigmoid>, AveragePool<2>, Conv<8, 3>>(3);
}

TEST_CASE("what is badly quantized stays float, and the report says so") {
    using Network = Sequential<Conv<1, 4>, ReLU, Conv<4, 4>, ReLU, Conv<4, 1>>;
    Model<Network> model(3);
    const std::vector<Image> pictures = random_pictures({1, 16, 16}, 1);
    CHECK(quantized(model, pictures, {.min_decibels = 10}).float_steps() == 0);
    // One channel of the first map is a million times as large as the others, and then nothing reads it.
    for (const NamedTensor<float>& tensor : model.tensors()) {
        if (tensor.name == "0.bias") tensor.values[0] = 1e6f;
        if (tensor.name == "2.weight")
            for (std::size_t i = 0; i < 36; ++i) tensor.values[i / 9 * 36 + i % 9] = 0;
    }
    for (const Calibration how : {Calibration::MinMax, Calibration::Percentile, Calibration::MeanSquaredError}) {
        const Quantized<Network> kept = quantized(model, pictures, {.calibration = how, .keep_float = {"4"}});
        CHECK(contains(kept.report(), "float: as asked for"));
        const Inference<Network, Int8<Reference>> plain{kept};
        const Inference<Network, Int8<Cpu>> fast{kept};
        CHECK(fast(pictures[0]).pixels == plain(pictures[0]).pixels);
    }
}

TEST_CASE("where integers are slower, floats are taken") {
    using Network = Sequential<Conv<1, 4>, ReLU, MaxPool<2>>;
    const Model<Network> model(3);
    const std::vector<Image> pictures = random_pictures({1, 16, 16}, 1);
    const Quantized<Network> small = quantized(model, pictures);
    const auto fast = faster_inference(model, small);
    const Image restored = fast(pictures[0]);
    CHECK(restored.pixels == (integers_are_faster<Network> ? Inference<Network, Int8<Cpu>>{small}(pictures[0])
                                                           : Inference<Network>{model}(pictures[0]))
                                 .pixels);
    CHECK(contains(speed_report<Network>(), integers_are_faster<Network> ? "all                       integers"
                                                                         : "all                       floats"));
    // Without dot products of bytes, products of bytes take longer than floats in Winograd's tiles, but not than
    // others.
    constexpr bool dot_products = cpu::words_per_quad == 1;
    constexpr auto ratio = [](const cpu::Times& times) { return times.floats / times.integers; };
    constexpr double winograd = ratio(cpu::conv_times(Conv<32, 32>::geometry, false, 64, 64));
    constexpr double plain = ratio(cpu::conv_times(Conv<32, 32, 5>::geometry, false, 64, 64));
    constexpr double transposed = ratio(cpu::conv_times(ConvTranspose<32, 16, 2, Stride<2>>::geometry, true, 64, 256));
    constexpr double depthwise = ratio(cpu::conv_times(Conv<64, 64, 3, Groups<64>>::geometry, false, 64, 64));
    CHECK((winograd > 1) == dot_products);
    CHECK(plain > (cpu::words_per_quad <= 2 ? 1.4 : 0));
    CHECK(transposed > (cpu::words_per_quad <= 2 ? 1 : 0));
    CHECK(depthwise < 1);
    CHECK(integers_are_faster<Sequential<Conv<32, 32>, ReLU, Conv<32, 32>, ReLU, Conv<32, 32>>> == dot_products);
}

TEST_CASE("bad calibration sets are refused") {
    using Network = Sequential<Conv<1, 4>, ReLU, MaxPool<2>>;
    Model<Network> model(3);
    CHECK(message([&] { quantized(model, {}); }) ==
          "depix: quantize needs at least one picture, to see which values the maps hold");
    std::vector<Image> pictures = random_pictures({1, 8, 8}, 3);
    pictures[2] = Image({1, 7, 8});
    CHECK(contains(message([&] { quantized(model, pictures); }), "height and width must be positive multiples of 2"));
    pictures[2] = Image({3, 8, 8});
    CHECK(contains(message([&] { quantized(model, pictures); }), "it takes 1 channels, not 3"));
    pictures.pop_back();
    CHECK(message([&] { quantized(model, pictures, {.keep_float = {"9"}}); }) ==
          "depix: quantize: keep_float names '9', but the network has no such layer");
    pictures[1](0, 3, 3) = std::numeric_limits<float>::quiet_NaN();
    CHECK(message([&] { quantized(model, pictures); }) ==
          "depix: quantize: picture number 2: the picture holds NaN or infinity");
    pictures.pop_back();
    model.parameters()[0] = std::numeric_limits<float>::infinity();
    CHECK(message([&] { quantized(model, pictures); }) ==
          "depix: quantize: picture number 1: the output of 0 holds NaN or infinity");
}
