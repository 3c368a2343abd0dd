// Activations on Reference and Cpu: the table's rows, and numbers large and small against the definition.
#include <functional>
#include <limits>

#include "layer_check.hpp"

using namespace depix_test;

namespace {

// Numbers in [-12, 12], and some beyond.
std::vector<float> arguments() {
    std::vector<float> x;
    for (int i = -12000; i <= 12000; ++i) x.push_back(static_cast<float>(i) * 1e-3f);
    for (const float size : {1e-30f, 1e-8f, 1e-4f, 20.f, 88.f, 1e3f, 1e6f}) x.insert(x.end(), {size, -size});
    return x;
}

/// value and gradient of L on Cpu, for each x; the gradient of y is 1.
template <class L>
void run_on_cpu(std::vector<float> x, std::vector<float>& y, std::vector<float>& dx) {
    const int count = static_cast<int>(x.size());
    const std::size_t padded = x.size() + 2 * cpu::vector_width;
    x.resize(padded);
    y.resize(padded);
    dx.resize(padded);
    const std::vector<float> ones(padded, 1.f);
    kernels::Forward<float> forward;
    forward.input = View<const float>(x.data(), 1, {1, 1, count});
    forward.output = View<float>(y.data(), 1, {1, 1, count});
    kernels::Kernel<Cpu, L>::forward(forward, cpu::Team{});
    kernels::Backward<float> backward;
    backward.input = forward.input;
    backward.output = forward.output;
    backward.output_gradient = View<const float>(ones.data(), 1, {1, 1, count});
    backward.input_gradient = View<float>(dx.data(), 1, {1, 1, count});
    kernels::Kernel<Cpu, L>::backward(backward, cpu::Team{});
}

/// L agrees with its definition, in double and on Cpu, and its gradient with the difference quotient. `kinks` are where
/// there is none. Every value here is at most |x| + least, and float's rounding error is a few 2^-24 of that. The
/// gradients are sums and products of numbers of the order of 1.
template <class L>
void check_formula(const std::function<double(double)>& definition, const std::vector<double>& kinks = {},
                   double least = 1e-3) {
    const std::string name = L::name;
    CAPTURE(name);
    const std::vector<float> x = arguments();
    std::vector<float> y, dx;
    run_on_cpu<L>(x, y, dx);
    double worst_value = 0, worst_gradient = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double z = x[i], exact = definition(z);
        CAPTURE(z);
        const double value = L::value(z);
        CHECK(std::fabs(value - exact) <= 1e-14 * std::max(1.0, std::fabs(z)));
        worst_value =
            std::max(worst_value, std::fabs(static_cast<double>(y[i]) - exact) / std::max(least, std::fabs(z)));
        const double gradient = L::gradient(1.0, z, value);
        worst_gradient = std::max(worst_gradient, std::fabs(static_cast<double>(dx[i]) - gradient));
        const bool smooth =
            std::none_of(kinks.begin(), kinks.end(), [&](double kink) { return std::fabs(z - kink) < 1e-4; });
        // The quotient's error: h^2 of the third derivative, and double's rounding of y divided by h.
        const double h = 1e-5 * std::max(1.0, std::fabs(z));
        const double quotient = (definition(z + h) - definition(z - h)) / (2 * h);
        if (smooth) CHECK(std::fabs(gradient - quotient) <= 2e-8);
    }
    // The worst are 2.0 units of 2^-24 (Mish) and 12 (SiLU, near 12, where 1 - sigmoid cancels).
    CHECK(worst_value <= 6 * 0x1p-24);
    CHECK(worst_gradient <= 16 * 0x1p-24);

    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(std::isnan(L::value(nan)));
    run_on_cpu<L>({std::numeric_limits<float>::quiet_NaN()}, y, dx);
    CHECK(std::isnan(y[0]));
}

double cumulative(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

}  // namespace

TEST_CASE("every activation of the table") { LayerTable(check_layer_of).activations(); }

TEST_CASE("activations of numbers large and small, against the definition") {
    check_formula<SiLU>([](double x) { return x / (1 + std::exp(-x)); });
    check_formula<GELU>([](double x) { return x * cumulative(x); });
    check_formula<GELUTanh>([](double x) {
        return 0.5 * x * (1 + std::tanh(std::sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
    });
    check_formula<Mish>([](double x) { return x * std::tanh(x > 30 ? x : std::log1p(std::exp(x))); });
    const auto hardsigmoid = [](double x) { return std::min(std::max(x + 3, 0.0), 6.0) / 6; };
    check_formula<Hardsigmoid>(hardsigmoid, {-3, 3}, 1);
    check_formula<Hardswish>([=](double x) { return x * hardsigmoid(x); }, {-3, 3});
    check_formula<Clamp<std::ratio<-3, 2>, std::ratio<5, 2>>>([](double x) { return std::min(std::max(x, -1.5), 2.5); },
                                                              {-1.5, 2.5});
    check_formula<ReLU6>([](double x) { return std::min(std::max(x, 0.0), 6.0); }, {0, 6});
}

TEST_CASE("GELU by tanh is within 5e-4 of the exact one") {
    double worst = 0;
    for (double x = -10; x <= 10; x += 1e-3) worst = std::max(worst, std::fabs(GELU::value(x) - GELUTanh::value(x)));
    CHECK(worst < 5e-4);
    CHECK(worst > 4e-4);
}

TEST_CASE("erf on Cpu is as accurate as it says") {
    double absolute = 0, relative = 0;
    for (int i = -60000; i <= 60000; i += cpu::vector_width) {
        float x[cpu::vector_width], y[cpu::vector_width];
        for (int k = 0; k < cpu::vector_width; ++k) x[k] = static_cast<float>(i + k) * 1e-4f;
        cpu::store(y, cpu::error_function(cpu::load(x)));
        for (int k = 0; k < cpu::vector_width; ++k) {
            const double z = x[k], exact = std::erf(z), error = std::fabs(static_cast<double>(y[k]) - exact);
            absolute = std::max(absolute, error);
            if (std::fabs(z) < 1 && z != 0) relative = std::max(relative, error / std::fabs(exact));
        }
    }
    CHECK(absolute <= 3 * 0x1p-24);
    CHECK(relative <= 4 * 0x1p-24);
    const float extreme[] = {-INFINITY, INFINITY, -1e30f, 1e30f, 0.f, -0.f};
    const double expected[] = {-1, 1, -1, 1, 0, 0};
    for (int i = 0; i < 6; ++i) CHECK(cpu::error_function(cpu::broadcast(extreme[i]))[0] == expected[i]);
    CHECK(std::isnan(cpu::error_function(cpu::broadcast(NAN))[0]));
}

TEST_CASE("exp without the C library is as accurate as it says") {
    double relative = 0, of_sigmoid = 0;
    for (float x = -87; x <= 88; x += 0x1p-12f) {
        relative = std::max(relative, std::fabs(static_cast<double>(math::own_exp(x)) / std::exp(double{x}) - 1));
        const double exact = 1 / (1 + std::exp(-double{x}));
        of_sigmoid = std::max(of_sigmoid, std::fabs(static_cast<double>(1 / (1 + math::own_exp(-x))) - exact));
    }
    CHECK(relative < 9e-8);
    CHECK(of_sigmoid < 9e-8);
    CHECK(math::own_exp(INFINITY) == math::own_exp(88.f));
    CHECK(math::own_exp(-INFINITY) == math::own_exp(-87.f));
    CHECK(math::own_exp(-87.f) > 0);
    CHECK(std::isnan(math::own_exp(NAN)));
    static_assert(math::own_exp(0.f) == 1);
}

TEST_CASE("what holds at compile time") {
    static_assert(SiLU::output({3, 5, 7}) == Shape{3, 5, 7});
    static_assert(GELU::traits.needs_input && !GELU::traits.needs_output);
    static_assert(!ReLU6::traits.needs_input && ReLU6::traits.needs_output);
    static_assert(ElementwiseLayer<Clamp<std::ratio<0>, std::ratio<1>>>);
    static_assert(Sequential<Conv<3, 8>, GELU, Conv<8, 3>, Hardswish>::parameter_count == 443);
}
