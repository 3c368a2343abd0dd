// Fused steps of the Cpu engine against the textbook, which fuses nothing.
#include "../network/agree.hpp"

using namespace depix_test;

namespace {

/// Widths below, at and above a vector's, and odd sizes. For a network that needs even sizes each of them is doubled.
template <class... Layers>
void check() {
    using Network = Sequential<Layers...>;
    constexpr int m = Network::size_multiple;
    check_images<Network>({Network::in_channels, 7 * m, 5 * m}, 2);
    check_images<Network>({Network::in_channels, 2 * m, 16 * m}, 1);
    check_images<Network>({Network::in_channels, 9 * m, 33 * m}, 1);
    check_images<Network>({Network::in_channels, 1 * m, 1 * m}, 1);
}

}  // namespace

TEST_CASE("a convolution with batch norm and rectifier") {
    check<Conv<3, 5>, ReLU>();
    check<Conv<3, 5>, LeakyReLU<std::ratio<1, 5>>, Conv<5, 2>>();
    check<Conv<3, 5>, BatchNorm<5>, LeakyReLU<>, Conv<5, 2>>();
    check<Conv<3, 5, 3, NoBias>, BatchNorm<5>, LeakyReLU<>>();
    check<ConvTranspose<3, 5, 2, Stride<2>>, BatchNorm<5>, LeakyReLU<>, Conv<5, 2>>();
}

TEST_CASE("a convolution with pooling") {
    check<Conv<3, 5>, LeakyReLU<>, MaxPool<2>>();
    check<Conv<3, 5>, BatchNorm<5>, ReLU, MaxPool<2>, Conv<5, 2>>();
}

TEST_CASE("a convolution with another activation's formula") {
    check<Conv<3, 5>, BatchNorm<5>, ELU<>, Conv<5, 2>, Sigmoid>();
    check<Conv<3, 5>, ELU<>, MaxPool<2>, ConvTranspose<5, 2, 2, Stride<2>>, Tanh>();
    check<Conv<3, 18>, ELU<>, PixelShuffle<3>>();
    check<Upsample<2>, Conv<3, 5, 2, Padding<0, 1>>, Sigmoid>();
    check<Conv<3, 16>, Conv<16, 20>, ELU<>, PixelShuffle<2>, Tanh>();  // uses Winograd
    check<Conv<3, 32>, Conv<32, 34, 3, Stride<2>>, ELU<>, MaxPool<2>>();
    check_images<Sequential<Conv<3, 40, 5>, ELU<>, Conv<40, 3, 5>, Sigmoid>>({3, 70, 130}, 1);  // several bands
    check<Conv<3, 16>, SiLU, Conv<16, 20>, GELU, PixelShuffle<2>, Conv<5, 3>, Mish>();
    check<Conv<3, 5>, Hardswish, Conv<5, 4>, Hardsigmoid, Conv<4, 3>, Clamp<std::ratio<0>, std::ratio<1>>>();
}

TEST_CASE("a convolution with pixel shuffle, straight to the caller") {
    check<Conv<3, 4>, PixelShuffle<2>>();
    check<Conv<3, 20>, ReLU, PixelShuffle<2>>();
    check<Conv<2, 28>, BatchNorm<28>, ReLU, PixelShuffle<2>>();
    check<Conv<3, 12, 1>, PixelShuffle<2>, LeakyReLU<>>();
    check<Conv<3, 18>, PixelShuffle<3>>();
    check<Conv<1, 9, 5>, BatchNorm<9>, PixelShuffle<3>, ReLU>();
    check<Conv<3, 32, 3, Stride<2>>, PixelShuffle<4>>();
}

TEST_CASE("a convolution with pixel shuffle, and something after it") {
    check<Conv<3, 8>, PixelShuffle<2>, Conv<2, 3>>();
    check<Conv<3, 20>, ReLU, PixelShuffle<2>, Conv<5, 3, 5>>();
    check<Conv<3, 18>, PixelShuffle<3>, LeakyReLU<>, Conv<2, 3>>();
    check<Conv<3, 8>, PixelShuffle<2>, BatchNorm<2>>();
    check<Conv<3, 8>, PixelShuffle<2>, Sigmoid>();
    // These are deep enough that maps reuse the memory of others, so their borders must be cleared.
    check<Conv<3, 8>, Conv<8, 8>, PixelShuffle<2>, Conv<2, 8>, Conv<8, 8>, PixelShuffle<2>, Conv<2, 3>>();
}

TEST_CASE("pixel shuffle into a concatenation") {
    check<Conv<3, 4>, ReLU, SkipConcat<MaxPool<2>, Conv<4, 16>, PixelShuffle<2>>, Conv<8, 3>>();
    check<Conv<3, 4>, ReLU, SkipConcat<MaxPool<3>, Conv<4, 18>, PixelShuffle<3>, ReLU>>();
    check<Conv<3, 4>, SkipConcat<Conv<4, 8, 3, Stride<2>>, BatchNorm<8>, ReLU, PixelShuffle<2>>, Conv<6, 1, 7>>();
    check<SkipConcat<Conv<3, 8, 4, Stride<2>, Padding<1>>, PixelShuffle<2>>, Conv<5, 2>>();
}

TEST_CASE("pixel shuffle in a sum") {
    check<Conv<3, 4>, Residual<MaxPool<2>, Conv<4, 16>, PixelShuffle<2>>, Conv<4, 3>>();
    check<Residual<Conv<3, 12, 2, Stride<2>, Padding<0>>, PixelShuffle<2>>>();
}

TEST_CASE("by Winograd, with all that may stand after") {
    check<Conv<3, 16>, Conv<16, 17>, BatchNorm<17>, ReLU, Conv<17, 2>>();
    check<Conv<3, 16>, Conv<16, 16>, LeakyReLU<>, MaxPool<2>, Conv<16, 16>, MaxPool<2>>();
    check<Conv<3, 16>, Conv<16, 20>, ReLU, PixelShuffle<2>, Conv<5, 2>>();
    check<Conv<3, 16>, Conv<16, 16>, PixelShuffle<2>>();
    check<Conv<3, 16>, Conv<16, 18>, ReLU, PixelShuffle<3>, Conv<2, 2>>();  // shuffled by 3, so without Winograd
    check<Conv<3, 16>, SkipConcat<MaxPool<2>, Conv<16, 64>, PixelShuffle<2>>, Conv<32, 16>>();
}

TEST_CASE("with strides by Winograd, with all that may stand after") {
    using Down = Conv<32, 34, 3, Stride<2>>;
    using Up = ConvTranspose<34, 32, 3, Stride<2>, Padding<1>, OutputPadding<1>>;
    check<Conv<3, 32>, Down, BatchNorm<34>, ReLU, Up, BatchNorm<32>, LeakyReLU<>, Conv<32, 2>>();
    check<Conv<3, 32>, Down, Up>();  // written straight to the caller's memory
    check<Conv<3, 32>, Residual<Down, ReLU, Up, LeakyReLU<>>>();
    check<Conv<3, 32>, SkipConcat<Down, ReLU, Up, BatchNorm<32>>, Conv<64, 32, 3, Stride<2>>>();
    // With a pooling or a shuffle the convolution is computed tap by tap.
    check<Conv<3, 32>, Down, ReLU, MaxPool<2>, Conv<34, 2>>();
    check<Conv<3, 32>, Conv<32, 36, 3, Stride<2>>, ReLU, PixelShuffle<2>, Conv<9, 2>>();
}

TEST_CASE("upsampling with a 2x2 convolution") {
    check<Upsample<2>, Conv<3, 5, 2, Padding<0, 1>>>();
    check<Conv<3, 16>, Upsample<2>, Conv<16, 18, 2, Padding<0, 1>>, BatchNorm<18>, ReLU, Conv<18, 2>>();
    check<Conv<3, 4>, SkipConcat<MaxPool<2>, Upsample<2>, Conv<4, 3, 2, Padding<0, 1>, NoBias>, ReLU>, Conv<7, 1>>();
    check<Conv<3, 4>, Upsample<2>, Conv<4, 8, 2, Padding<0, 1>>, MaxPool<2>, Upsample<2>, Conv<8, 12, 2, Padding<0, 1>>,
          PixelShuffle<2>>();
    check_images<Sequential<Conv<1, 300>, Upsample<2>, Conv<300, 260, 2, Padding<0, 1>>>>({1, 20, 40}, 1);
    // These are not fused: other padding, another factor, another step that needs the large map.
    check<Conv<3, 4>, Upsample<2>, Conv<4, 3, 2, Padding<1, 0>>>();
    check<Conv<3, 4>, Upsample<3>, Conv<4, 3, 2, Padding<0, 1>>>();
    check<Conv<3, 4>, Upsample<2>, SkipConcat<Conv<4, 3, 2, Padding<0, 1>>>>();
}

TEST_CASE("layers that ask for scratch") {
    check_images<Sequential<Conv<3, 8>, PixelShuffle<2>, MaxPool<2>, Dense<2, 7, Size<6, 5>>>>({3, 6, 5}, 3);
    check_images<Sequential<Dense<3, 64, Size<6, 5>>, LeakyReLU<>, Dense<64, 3>>>({3, 6, 5}, 3);
    check_images<Sequential<Conv<3, 8>, GlobalAveragePool, Dense<8, 4>, Upsample<3>>>({3, 6, 5}, 3);
}
