// Winograd's convolution against the plain sum, in double.
#include "depix/kernels/cpu/conv/winograd.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "depix/kernels/cpu/conv/winograd_gradient.hpp"
#include "depix/random.hpp"
#include "maps.hpp"

using namespace depix;
using depix_test::Maps;

namespace {

struct Case {
    int batch, in, out, height, width;
};

/// The plain sum: y[n][o][i][j] = rectify(bias[o] + sum of weight * x).
std::vector<double> plain(const Case& c, const std::vector<float>& x, const std::vector<float>& weight,
                          const std::vector<float>& bias, bool flipped, double slope) {
    std::vector<double> y;
    for (int n = 0; n < c.batch; ++n)
        for (int o = 0; o < c.out; ++o)
            for (int i = 0; i < c.height; ++i)
                for (int j = 0; j < c.width; ++j) {
                    double sum = static_cast<double>(bias[static_cast<std::size_t>(o)]);
                    for (int k = 0; k < c.in; ++k)
                        for (int a = 0; a < 3; ++a)
                            for (int b = 0; b < 3; ++b) {
                                const int row = i + a - 1, column = j + b - 1;
                                if (row < 0 || column < 0 || row >= c.height || column >= c.width) continue;
                                const int at = ((n * c.in + k) * c.height + row) * c.width + column;
                                const int w =
                                    flipped ? (k * c.out + o) * 9 + 8 - (3 * a + b) : (o * c.in + k) * 9 + 3 * a + b;
                                sum += static_cast<double>(x[static_cast<std::size_t>(at)]) *
                                       static_cast<double>(weight[static_cast<std::size_t>(w)]);
                            }
                    y.push_back(sum > 0 ? sum : sum * slope);
                }
    return y;
}

void check(const Case& c, cpu::WinogradStore store, bool flipped = false, bool accumulate = false) {
    CAPTURE(c.batch);
    CAPTURE(c.in);
    CAPTURE(c.out);
    CAPTURE(c.height);
    CAPTURE(c.width);
    Random random(7);
    const auto draw = [&](std::size_t count, double scale) {
        std::vector<float> values(count);
        for (float& value : values) value = static_cast<float>((random.uniform() * 2 - 1) * scale);
        return values;
    };
    const auto in = static_cast<std::size_t>(c.in), out = static_cast<std::size_t>(c.out);
    const std::size_t area = static_cast<std::size_t>(c.height) * static_cast<std::size_t>(c.width);
    const std::vector<float> x = draw(static_cast<std::size_t>(c.batch) * in * area, 1);
    const std::vector<float> weight = draw(in * out * 9, 1 / std::sqrt(9. * c.in)), bias = draw(out, 1);
    const double slope = 0.25;
    const std::vector<double> sums = plain(c, x, weight, bias, flipped, slope);

    Maps from(c.batch, {c.in, c.height, c.width}, 1);
    std::size_t next = 0;
    for (int n = 0; n < c.batch; ++n)
        for (int k = 0; k < c.in; ++k)
            for (int i = 0; i < c.height; ++i)
                for (int j = 0; j < c.width; ++j) from.view(n, k, i, j) = x[next++];
    const bool pooled = store == cpu::WinogradStore::Pooled, shuffled = store == cpu::WinogradStore::Shuffled;
    const Shape shape = pooled     ? Shape{c.out, c.height / 2, c.width / 2}
                        : shuffled ? Shape{c.out / 4, c.height * 2, c.width * 2}
                                   : Shape{c.out, c.height, c.width};
    const cpu::WinogradSizes sizes{c.in, c.out};
    std::vector<float> packed(sizes.packed());
    for (int thread = 0; thread < 3; ++thread)
        cpu::pack_winograd(weight.data(), sizes, 3, flipped, nullptr, packed.data(), cpu::Team{thread, 3});

    for (const int threads : {1, 2, 3}) {
        CAPTURE(threads);
        Maps to(c.batch, shape, 1);
        if (accumulate)
            for (int n = 0; n < c.batch; ++n)
                for (int o = 0; o < shape.channels; ++o)
                    for (int i = 0; i < shape.height; ++i)
                        for (int j = 0; j < shape.width; ++j) to.view(n, o, i, j) = 3;
        std::vector<float> scratch(sizes.scratch() * static_cast<std::size_t>(threads));
        const cpu::Epilogue epilogue{bias.data(), {static_cast<float>(slope)}, accumulate, true};
        const auto run = pooled     ? &cpu::winograd_tiles<cpu::WinogradStore::Pooled>
                         : shuffled ? &cpu::winograd_tiles<cpu::WinogradStore::Shuffled>
                                    : &cpu::winograd_tiles<cpu::WinogradStore::Plain>;
        cpu::run_team(threads, [&](cpu::Team team) {
            run(from.view, packed.data(), sizes, epilogue, to.view, team, scratch.data());
        });

        double worst = 0;
        const auto sum_at = [&](int n, int o, int i, int j) {
            return sums[static_cast<std::size_t>(((n * c.out + o) * c.height + i) * c.width + j)];
        };
        for (int n = 0; n < c.batch; ++n)
            for (int o = 0; o < shape.channels; ++o)
                for (int i = 0; i < shape.height; ++i)
                    for (int j = 0; j < shape.width; ++j) {
                        double expected = accumulate ? 3 : 0;
                        if (pooled)
                            expected += std::max({sum_at(n, o, 2 * i, 2 * j), sum_at(n, o, 2 * i, 2 * j + 1),
                                                  sum_at(n, o, 2 * i + 1, 2 * j), sum_at(n, o, 2 * i + 1, 2 * j + 1)});
                        else if (shuffled)
                            expected += sum_at(n, 4 * o + i % 2 * 2 + j % 2, i / 2, j / 2);
                        else
                            expected += sum_at(n, o, i, j);
                        worst = std::max(worst, std::abs(static_cast<double>(to.view(n, o, i, j)) - expected));
                    }
        // Outputs are within about +-2. Rounding errors of 6e-8 add up like the steps of a random walk, and the
        // transforms make them some ten times as large.
        CHECK(worst < 6e-7 * std::sqrt(9. * c.in) + 2e-6);
        // Nothing is written outside the map, so whatever is not a pixel is still zero.
        double outside = 0;
        for (const float value : to.memory) outside += std::abs(static_cast<double>(value));
        for (int n = 0; n < c.batch; ++n)
            for (int o = 0; o < shape.channels; ++o)
                for (int i = 0; i < shape.height; ++i)
                    for (int j = 0; j < shape.width; ++j) outside -= std::abs(static_cast<double>(to.view(n, o, i, j)));
        CHECK(std::abs(outside) < 1e-6);
    }
}

}  // namespace

TEST_CASE("Winograd's convolution is the plain one") {
    for (const Case& c : {Case{1, 1, 1, 4, 8}, Case{1, 3, 5, 1, 1}, Case{2, 12, 12, 7, 13}, Case{1, 16, 20, 33, 70},
                          Case{3, 17, 9, 16, 16}, Case{1, 64, 64, 24, 24}, Case{1, 40, 24, 5, 100}})
        check(c, cpu::WinogradStore::Plain);
}

TEST_CASE("few tiles: threads share the output channels, many tiles: these") {
    constexpr cpu::WinogradSizes deep{512, 512}, shallow{64, 64};
    constexpr cpu::WinogradPart few(deep, 2, cpu::Team{1, 2}), many(shallow, 500, cpu::Team{1, 2}),
        alone(deep, 2, cpu::Team{});
    static_assert(few.meets && few.vectors == cpu::Part{0, 2} && few.inputs == cpu::Part{256, 512} &&
                  few.outputs == cpu::Part{256, 512});
    static_assert(!many.meets && many.vectors == cpu::Part{250, 500} && many.outputs == cpu::Part{0, 64});
    static_assert(!alone.meets && alone.vectors == cpu::Part{0, 2});
}

TEST_CASE("deep layers keep their taps and transform them on the way") {
    static_assert(cpu::WinogradSizes{256, 256}.keeps_taps());
    check({1, 256, 136, 16, 16}, cpu::WinogradStore::Plain);
    check({1, 600, 96, 9, 9}, cpu::WinogradStore::Plain);
}

TEST_CASE("Winograd adds to what is there, and turns its taps for the gradient") {
    check({2, 12, 16, 10, 9}, cpu::WinogradStore::Plain, false, true);
    check({2, 12, 16, 10, 9}, cpu::WinogradStore::Plain, true, false);
    check({1, 14, 13, 12, 21}, cpu::WinogradStore::Plain, true, true);
}

TEST_CASE("pooling and pixel shuffle after Winograd's convolution") {
    for (const Case& c :
         {Case{1, 12, 16, 16, 16}, Case{1, 13, 8, 10, 22}, Case{1, 16, 16, 32, 64}, Case{1, 8, 4, 7, 9}})
        check(c, cpu::WinogradStore::Pooled);
    for (const Case& c :
         {Case{1, 12, 16, 16, 16}, Case{1, 13, 8, 10, 22}, Case{1, 16, 64, 24, 24}, Case{1, 8, 4, 7, 9}})
        check(c, cpu::WinogradStore::Shuffled);
}

namespace {

/// The gradient of the weights, `kernel` wide, against its sum in double.
void check_gradient(const Case& c, int kernel) {
    CAPTURE(c.batch);
    CAPTURE(c.in);
    CAPTURE(c.out);
    CAPTURE(c.height);
    CAPTURE(c.width);
    CAPTURE(kernel);
    Random random(11);
    const auto draw = [&](int, int, int, int) { return static_cast<float>(random.uniform() * 2 - 1); };
    Maps x(c.batch, {c.in, c.height, c.width}, 1), dy(c.batch, {c.out, c.height, c.width}, 1);
    x.fill(draw);
    dy.fill(draw);
    const int before = kernel == 3 ? 1 : 0;  // the padding
    std::vector<double> sums;
    for (int o = 0; o < c.out; ++o)
        for (int k = 0; k < c.in; ++k)
            for (int a = -before; a < kernel - before; ++a)
                for (int b = -before; b < kernel - before; ++b) {
                    double sum = 0;
                    for (int n = 0; n < c.batch; ++n)
                        for (int i = std::max(0, -a); i < std::min(c.height, c.height - a); ++i) {
                            const float* slopes = dy.view.row(n, o, i);
                            const float* pixels = x.view.row(n, k, i + a) + b;
                            for (int j = std::max(0, -b); j < std::min(c.width, c.width - b); ++j)
                                sum += static_cast<double>(slopes[j]) * static_cast<double>(pixels[j]);
                        }
                    sums.push_back(sum);
                }
    const cpu::WinogradGradientSizes sizes{c.in, c.out};
    for (const int threads : {1, 2, 3}) {
        CAPTURE(threads);
        std::vector<float> total(sums.size(), 1.f);  // the gradient is added to this
        // Scratch that is not written must not be read.
        std::vector<float> scratch(sizes.scratch() * static_cast<std::size_t>(threads), std::nanf(""));
        for (int thread = 0; thread < threads; ++thread)
            cpu::winograd_weight_gradient(x.view, dy.view, sizes, kernel, cpu::Team{thread, threads}, scratch.data(),
                                          total.data());
        double worst = 0;
        for (std::size_t i = 0; i < sums.size(); ++i)
            worst = std::max(worst, std::abs(static_cast<double>(total[i]) - 1 - sums[i]));
        // The sums are random walks with as many steps as pixels, each at most 1. The transforms multiply by up to 15
        // and by 10 and undo that at the end. So some hundred times float's rounding is allowed; half of that was
        // observed.
        CHECK(worst < 1e-5 * std::sqrt(static_cast<double>(c.batch * c.height * c.width)) + 2e-6);
    }
}

}  // namespace

TEST_CASE("the gradient of the weights by Winograd is the plain one") {
    for (const int kernel : {3, 2}) {
        check_gradient({1, 1, 1, 1, 1}, kernel);
        check_gradient({1, 8, 8, 4, 16}, kernel);
        check_gradient({2, 17, 9, 7, 13}, kernel);
        check_gradient({3, 5, 33, 6, 35}, kernel);
        check_gradient({1, 40, 24, 70, 75}, kernel);  // tiles for several turns
        check_gradient({1, 20, 200, 9, 9}, kernel);   // threads share the output channels
    }
    check_gradient({1, 500, 260, 21, 18}, 3);  // several turns of tiles and of output channels
    static_assert(cpu::WinogradGradientSizes{500, 260}.outputs_at_once() < 260 / 2);
    constexpr cpu::WinogradGradientPart wide({64, 128}, 100, cpu::Team{1, 2}), narrow({64, 64}, 100, cpu::Team{1, 2});
    static_assert(wide.quarters == cpu::Part{0, 100} && wide.outputs == cpu::Part{64, 128});
    static_assert(narrow.quarters == cpu::Part{50, 100} && narrow.outputs == cpu::Part{0, 64});
}
