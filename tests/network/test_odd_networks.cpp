// Unusual networks that no paper has: skips in skips, one channel, prime widths, every layer somewhere.
#include "agree.hpp"

using namespace depix_test;

TEST_CASE("a skip in a residual in a skip") {
    using Inner = SkipConcat<MaxPool<2>, Conv<4, 8>, ReLU, PixelShuffle<2>>;
    using Network =
        Sequential<Conv<3, 4>, ReLU, SkipConcat<Residual<Inner, Conv<6, 4>, LeakyReLU<>>, Conv<4, 3>>, Conv<7, 2>>;
    check_network<Network>({3, 10, 22}, 2);
}

TEST_CASE("two skips of different depth from one place") {
    using Short = SkipConcat<Conv<3, 2>, ReLU>;
    using Network = Sequential<Conv<1, 3>, SkipConcat<Short, MaxPool<2>, Conv<5, 8>, PixelShuffle<2>>, Conv<5, 1>>;
    check_network<Network>({1, 6, 18}, 3);
}

TEST_CASE("skips around nothing but skips") {
    using Network = Sequential<Conv<2, 3>, SkipConcat<SkipConcat<SkipConcat<Conv<3, 1>>>>, Conv<10, 2>>;
    check_network<Network>({2, 5, 9}, 2);
}

TEST_CASE("a skip of the network's own input") {
    check_network<Sequential<SkipConcat<Conv<3, 5>, ReLU>, Residual<Conv<8, 8>, ReLU>, Conv<8, 1>>>({3, 7, 17}, 2);
    check_network<Sequential<Residual<Conv<2, 2>, LeakyReLU<>>, Residual<Conv<2, 2>>>>({2, 7, 17}, 2);
}

TEST_CASE("one channel, one pixel") {
    using Network = Sequential<Conv<1, 1, 1>, BatchNorm<1>, ReLU, Conv<1, 1>, Residual<Conv<1, 1, 5>>>;
    check_network<Network>({1, 1, 1}, 3);
    check_network<Network>({1, 1, 37}, 3);
    check_network<Network>({1, 37, 1}, 3);
}

TEST_CASE("prime widths") {
    using Network = Sequential<Conv<5, 7>, BatchNorm<7>, ReLU, Conv<7, 11, 5>, LeakyReLU<std::ratio<1, 5>>,
                               Conv<11, 13, 1>, Tanh, Conv<13, 3>>;
    check_network<Network>({5, 13, 31}, 3);
}

TEST_CASE("a residual of concatenations, with residual scaling") {
    // A small version of ESRGAN's dense block.
    using DenseBlock =
        Residual<SkipConcat<Conv<4, 2>, LeakyReLU<std::ratio<1, 5>>>,
                 SkipConcat<Conv<6, 2>, LeakyReLU<std::ratio<1, 5>>>, Conv<8, 4>, Scale<std::ratio<1, 5>>>;
    using Blocks = Residual<Repeat<3, DenseBlock>, Scale<std::ratio<1, 5>>>;
    using Network = Sequential<Conv<3, 4>, Residual<Repeat<2, Blocks>, Conv<4, 4>>, Upsample<2>, Conv<4, 4>,
                               LeakyReLU<std::ratio<1, 5>>, Conv<4, 3>>;
    check_network<Network>({3, 6, 9}, 3);
}

TEST_CASE("the same residual many times") {
    using Network = Sequential<Conv<3, 5>, Repeat<5, Residual<Conv<5, 5>, BatchNorm<5>, ReLU, Conv<5, 5>>>, Conv<5, 3>>;
    check_network<Network>({3, 8, 19}, 2);
}

TEST_CASE("up and down in every way") {
    using Network =
        Sequential<Conv<3, 6>, AveragePool<2>, LeakyReLU<>, SkipConcat<MaxPool<2>, Conv<6, 4>, Upsample<2>>,
                   Conv<10, 9>, PixelShuffle<3>, Conv<1, 4, 3, Stride<3>>, ConvTranspose<4, 2, 2, Stride<2>>, Sigmoid>;
    check_network<Network>({3, 8, 20}, 3);
}

TEST_CASE("a discriminator") {
    using Network =
        Sequential<Conv<3, 4, 3, NoBias>, BatchNorm<4>, LeakyReLU<std::ratio<1, 5>>,
                   Conv<4, 8, 4, Stride<2>, Padding<1>>, Dropout<std::ratio<1, 4>>, LeakyReLU<std::ratio<1, 5>>,
                   Dense<8, 17, Size<6, 5>>, LeakyReLU<std::ratio<1, 5>>, Dense<17, 1>, Sigmoid>;
    check_network<Network>({3, 12, 10}, 3);
}

TEST_CASE("a classifier, and a residual where one pixel is left") {
    using Network =
        Sequential<Conv<3, 8>, ReLU, MaxPool<2>, Conv<8, 16>, ReLU, GlobalAveragePool,
                   Residual<Dense<16, 16>, ReLU, Dense<16, 16, NoBias>>, SkipConcat<Dense<16, 3>>, Dense<19, 5>>;
    check_network<Network>({3, 12, 10}, 3);
}

TEST_CASE("nothing but layers without weights") {
    using Network = Sequential<Conv<2, 2, 1>, Scale<std::ratio<2>>, AveragePool<3, Stride<1>>, LeakyReLU<>, Upsample<3>,
                               Scale<std::ratio<-1, 2>>, MaxPool<2>, GlobalAveragePool, Upsample<4>, Tanh>;
    check_network<Network>({2, 8, 12}, 2);
}

// In the other tests several threads have small maps, which are kept apart.
TEST_CASE("several threads, and maps large enough to share memory") {
    using Network = Sequential<Conv<2, 8>, LeakyReLU<>, SkipConcat<MaxPool<2>, Conv<8, 16, 3, Stride<2>>, Upsample<4>>,
                               Conv<24, 2>>;
    static_assert(cpu::make_layout<Network>({2, 40, 60}, 2).apart);
    static_assert(!cpu::make_layout<Network>({2, 40, 60}, 1).apart);
    static_assert(!cpu::make_layout<Network>({2, 160, 200}, 2).apart);
    check_images<Network>({2, 160, 200}, 2);
    check_images<Network>({2, 40, 60}, 2);
}
