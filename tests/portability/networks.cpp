// Whole networks on the processor at hand, to test what the Cpu engine fuses, packs and lays out by the width of a
// vector. This is a selection from tests/kernels/test_fused.cpp, which takes a minute to compile and more than a minute
// under QEMU.
#include "../network/agree.hpp"

using namespace depix_test;

namespace {

/// Checks a width below any vector's, and one above that leaves a remainder.
template <class... Layers>
void check() {
    using Network = Sequential<Layers...>;
    constexpr int m = Network::size_multiple;
    check_images<Network>({Network::in_channels, 3 * m, 1 * m}, 2);
    check_images<Network>({Network::in_channels, 5 * m, 19 * m}, 1);
}

}  // namespace

TEST_CASE("tap by tap and by Winograd, pooled, upsampled, shuffled, dense") {
    check<Conv<3, 16>, BatchNorm<16>, ReLU,
          SkipConcat<Conv<16, 16>, LeakyReLU<>, MaxPool<2>, Upsample<2>, Conv<16, 20, 2, Padding<0, 1>>>, Conv<36, 4>,
          PixelShuffle<2>>();
    check<Conv<3, 18, 3, Stride<2>>, PReLU<>, PixelShuffle<3>, Conv<2, 16>, Residual<Conv<16, 16>>, Conv<16, 20>,
          PixelShuffle<2>, Sigmoid>();
    check_images<Sequential<Conv<3, 8>, GlobalAveragePool, Dense<8, 5>, Upsample<3>>>({3, 6, 5}, 3);
}

TEST_CASE("a training step") {
    using Network = Sequential<Conv<3, 16>, BatchNorm<16>, ReLU, MaxPool<2>, Conv<16, 16>, LeakyReLU<>,
                               ConvTranspose<16, 3, 2, Stride<2>>>;
    check_gradients<Network>({3, 10, 38}, 2);
}
