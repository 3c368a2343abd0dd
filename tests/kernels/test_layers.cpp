// The table: every layer without weights to convolve, on every backend.
#include "layer_check.hpp"

using namespace depix_test;

TEST_CASE("BatchNorm") {
    check_layer_on_sizes<BatchNorm<1>>("one channel", 1);
    check_layer_on_sizes<BatchNorm<5>>("five channels", 5);
    check_layer_on_sizes<BatchNorm<3, Epsilon<std::ratio<1, 1000>>, Momentum<std::ratio<1, 5>>>>("Keras's", 3);
}

TEST_CASE("ReLU") { check_layer_on_sizes<ReLU>("ReLU", 3); }

TEST_CASE("LeakyReLU") {
    check_layer_on_sizes<LeakyReLU<>>("a hundredth", 3);
    check_layer_on_sizes<LeakyReLU<std::ratio<1, 5>>>("a fifth", 3);
    check_layer_on_sizes<LeakyReLU<std::ratio<1>>>("the identity", 1);
}

TEST_CASE("ELU") {
    check_layer_on_sizes<ELU<>>("alpha 1", 3);
    check_layer_on_sizes<ELU<std::ratio<1, 2>>>("a half", 3);
}

TEST_CASE("PReLU") {
    check_layer_on_sizes<PReLU<>>("one slope", 3);
    check_layer_on_sizes<PReLU<5>>("a slope for each channel", 5);
}

TEST_CASE("Scale") {
    check_layer_on_sizes<Scale<std::ratio<1, 5>>>("a fifth", 3);
    check_layer_on_sizes<Scale<std::ratio<-3, 2>>>("negative", 1);
}

TEST_CASE("MaxPool") {
    check_layer_on_sizes<MaxPool<2>>("2", 3);
    check_layer_on_sizes<MaxPool<3>>("3", 2);
    check_layer_on_sizes<MaxPool<3, Stride<2>>>("3 by 2", 2);
    check_layer_on_sizes<MaxPool<3, Stride<1>>>("3 by 1", 2);
    check_layer<MaxPool<8>>("8", {1, 8, 136}, 1);
}

TEST_CASE("AveragePool") {
    check_layer_on_sizes<AveragePool<2>>("2", 3);
    check_layer_on_sizes<AveragePool<3>>("3", 2);
    check_layer_on_sizes<AveragePool<3, Stride<2>>>("3 by 2", 2);
    check_layer_on_sizes<AveragePool<3, Stride<1>>>("3 by 1", 2);
    check_layer_on_sizes<AveragePool<2, Stride<3>>>("2 by 3: pixels between the windows", 2);
    check_layer<AveragePool<8>>("8", {1, 8, 136}, 1);
}

TEST_CASE("GlobalAveragePool") {
    check_layer_on_sizes<GlobalAveragePool>("GlobalAveragePool", 3);
    check_layer<GlobalAveragePool>("one pixel", {5, 1, 1}, 2);
}

TEST_CASE("Upsample") {
    check_layer_on_sizes<Upsample<1>>("1", 3);
    check_layer_on_sizes<Upsample<2>>("2", 3);
    check_layer_on_sizes<Upsample<3>>("3", 2);
    check_layer<Upsample<8>>("8", {1, 2, 17}, 1);
}

TEST_CASE("Dense") {
    check_layer<Dense<1, 1>>("one number", {1, 1, 1}, 1);
    check_layer<Dense<37, 10>>("a pixel", {37, 1, 1}, 3);
    check_layer<Dense<64, 7, NoBias>>("a pixel, no bias", {64, 1, 1}, 5);
    check_layer<Dense<3, 5, Size<6, 5>>>("odd sizes", {3, 6, 5}, 4);
    check_layer<Dense<2, 9, Size<3, 33>, NoBias>>("no bias", {2, 3, 33}, 1);
    check_layer<Dense<5, 13, Size<16, 16>>>("more than a chunk", {5, 16, 16}, 7);
}

TEST_CASE("PixelShuffle") {
    check_layer_on_sizes<PixelShuffle<2>>("2", 8);
    check_layer_on_sizes<PixelShuffle<3>>("3", 9);
    check_layer<PixelShuffle<8>>("8", {64, 2, 17}, 1);
}

TEST_CASE("Dropout") {
    check_layer_on_sizes<Dropout<std::ratio<1, 2>>>("half", 3);
    check_layer_on_sizes<Dropout<std::ratio<1, 10>>>("a tenth", 3);
    check_layer_on_sizes<Dropout<std::ratio<0>>>("none", 3);
}

TEST_CASE("Dropout drops as much as it says, and keeps the mean") {
    constexpr double rate = 0.25;
    double sum = 0;
    const int count = 100000;
    for (int i = 0; i < count; ++i) sum += reference::dropout_factor(12345.0, rate, 0, 0, i / 100, i % 100);
    // The mean of factors that are 0 or 4/3 has a standard deviation of sqrt(1/3 / count) = 0.0018.
    CHECK(std::fabs(sum / count - 1) < 5 * 0.0018);
}

TEST_CASE("MaxPool lets NaN through and gives ties to the first") {
    std::vector<float> x{1, 1, 1, 1, 0, std::nanf(""), 2, 3}, y(2), dy{5, 7}, dx(8);
    const View<const float> in(x.data(), 1, {1, 2, 4}), slope(dy.data(), 1, {1, 1, 2});
    const View<float> out(y.data(), 1, {1, 1, 2}), back(dx.data(), 1, {1, 2, 4});
    x = {1, 1, 0, std::nanf(""), 1, 1, 2, 3};
    reference::max_pool_forward(in, 2, 2, out);
    CHECK(y[0] == 1);
    CHECK(std::isnan(y[1]));
    reference::max_pool_backward(in, View<const float>(out), 2, 2, slope, back);
    CHECK(dx[0] == 5);
    CHECK(dx[1] == 0);
    CHECK(dx[4] == 0);
}

TEST_CASE("Sigmoid") { check_layer_on_sizes<Sigmoid>("Sigmoid", 3); }

TEST_CASE("Tanh") { check_layer_on_sizes<Tanh>("Tanh", 3); }

TEST_CASE("ELU of numbers large and small, against the definition") {
    std::vector<float> x{-1e30f, -200.f, -80.f, -3.f, -1.f,  -1e-3f,    -1e-8f,
                         -0.f,   0.f,    1e-8f, 3.f,  1e30f, -INFINITY, INFINITY};
    const int count = static_cast<int>(x.size());
    const std::size_t padded = x.size() + 2 * cpu::vector_width;
    x.resize(padded);
    std::vector<float> y(padded), exact(padded);
    kernels::Forward<float> call;
    call.input = View<const float>(x.data(), 1, {1, 1, count});
    call.output = View<float>(exact.data(), 1, {1, 1, count});
    kernels::Kernel<Reference, ELU<>>::forward(call);
    call.output = View<float>(y.data(), 1, {1, 1, count});
    cpu::run_team(1, [&](cpu::Team team) { kernels::Kernel<Cpu, ELU<>>::forward(call, team); });
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
        CAPTURE(x[i]);
        const double z = x[i], expected = z > 0 ? z : std::expm1(z);
        if (std::isinf(expected)) {
            CHECK(y[i] == x[i]);
            CHECK(exact[i] == x[i]);
        } else {
            // A few units in the last place, relative: exp(x) - 1 must not cancel near 0.
            CHECK(std::fabs(exact[i] - expected) <= 2 * 0x1p-24 * std::fabs(expected));
            CHECK(std::fabs(y[i] - expected) <= 8 * 0x1p-24 * std::fabs(expected));
        }
    }
}
