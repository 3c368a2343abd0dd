// The table's layers that are not convolutions, on Reference and Cpu, and what the table cannot test of some.
#include "layer_check.hpp"

using namespace depix_test;

TEST_CASE("every layer but convolutions") { LayerTable(check_layer_of).layers(); }

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
    reference::max_pool_forward<MaxPool<2>>(in, out);
    CHECK(y[0] == 1);
    CHECK(std::isnan(y[1]));
    reference::max_pool_backward<MaxPool<2>>(in, View<const float>(out), slope, back);
    CHECK(dx[0] == 5);
    CHECK(dx[1] == 0);
    CHECK(dx[4] == 0);
}

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
            // The error must be a few units in the last place, relative, so exp(x) - 1 must not cancel near 0.
            CHECK(std::fabs(exact[i] - expected) <= 2 * 0x1p-24 * std::fabs(expected));
            CHECK(std::fabs(y[i] - expected) <= 8 * 0x1p-24 * std::fabs(expected));
        }
    }
}
