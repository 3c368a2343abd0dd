// Winograd's convolutions of stride 2, and the transposed ones, against the plain sums, in double.
#include "depix/kernels/cpu/conv/strided_winograd.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "depix/random.hpp"
#include "maps.hpp"

using namespace depix;
using depix_test::Maps;

namespace {

struct Case {
    int batch, in, out;
    Shape from, to;  ///< the maps' heights and widths
    bool up;
};

/// The plain sum over taps k, l, for which i * 2 + k - 1 and j * 2 + l - 1 are the place in the larger map.
double plain_sum(const Case& c, const View<float>& x, const std::vector<float>& weight, int n, int o, int i, int j) {
    double sum = 0;
    for (int k = 0; k < 3; ++k)
        for (int l = 0; l < 3; ++l) {
            int row = i * 2 + k - 1, column = j * 2 + l - 1;
            if (c.up) {
                if ((i + 1 - k) % 2 != 0 || (j + 1 - l) % 2 != 0) continue;
                row = (i + 1 - k) / 2;
                column = (j + 1 - l) / 2;
            }
            if (row < 0 || column < 0 || row >= x.height || column >= x.width) continue;
            for (int p = 0; p < c.in; ++p) {
                const int pair = c.up ? p * c.out + o : o * c.in + p;
                sum += static_cast<double>(x(n, p, row, column)) *
                       static_cast<double>(weight[static_cast<std::size_t>(pair * 9 + 3 * k + l)]);
            }
        }
    return sum;
}

struct Variant {
    bool accumulate = false, bias = true, scale = false, padded = true;
    double slope = 0.25;
};

void check(const Case& c, Variant variant = {}) {
    CAPTURE(c.batch);
    CAPTURE(c.in);
    CAPTURE(c.out);
    CAPTURE(c.from.height);
    CAPTURE(c.from.width);
    CAPTURE(c.to.height);
    CAPTURE(c.to.width);
    CAPTURE(c.up);
    Random random(7);
    const auto draw = [&](int count, double size) {
        std::vector<float> values(static_cast<std::size_t>(count));
        for (float& value : values) value = static_cast<float>((random.uniform() * 2 - 1) * size);
        return values;
    };
    const std::vector<float> weight = draw(c.in * c.out * 9, 1 / std::sqrt(9. * c.in)), bias = draw(c.out, 1);
    std::vector<float> scale(static_cast<std::size_t>(c.out), 1.f);
    if (variant.scale) scale = draw(c.out, 2);
    Maps x(c.batch, {c.in, c.from.height, c.from.width}, 1), expected(c.batch, {c.out, c.to.height, c.to.width}, 1);
    x.for_each([&](float& value, int, int, int, int) { value = static_cast<float>(random.uniform() * 2 - 1); });
    std::vector<double> sums;
    expected.for_each([&](float&, int n, int o, int i, int j) {
        double sum = plain_sum(c, x.view, weight, n, o, i, j) * static_cast<double>(scale[static_cast<std::size_t>(o)]);
        if (variant.bias) sum += static_cast<double>(bias[static_cast<std::size_t>(o)]);
        sums.push_back((sum > 0 ? sum : sum * variant.slope) + (variant.accumulate ? 3 : 0));
    });

    const cpu::StridedSizes sizes{c.in, c.out, c.up};
    std::vector<float> packed(sizes.packed(), std::nanf(""));
    for (int thread = 0; thread < 3; ++thread)
        cpu::pack_strided_winograd(weight.data(), sizes, variant.scale ? scale.data() : nullptr, packed.data(),
                                   cpu::Team{thread, 3});
    for (const int threads : {1, 2, 3}) {
        CAPTURE(threads);
        const Shape shape{c.out, c.to.height, c.to.width};
        Maps y = variant.padded ? Maps(c.batch, shape, 1) : Maps(c.batch, shape);
        if (variant.accumulate) y.for_each([](float& value, int, int, int, int) { value = 3; });
        // Scratch that is not written must not be read.
        std::vector<float> scratch(sizes.scratch() * static_cast<std::size_t>(threads), std::nanf(""));
        const cpu::Epilogue epilogue{variant.bias ? bias.data() : nullptr,
                                     {static_cast<float>(variant.slope)},
                                     variant.accumulate,
                                     variant.padded};
        cpu::run_team(threads, [&](cpu::Team team) {
            cpu::strided_winograd(x.view, packed.data(), sizes, epilogue, y.view, team, scratch.data());
        });
        double worst = 0, outside = 0;
        for (const float value : y.memory) outside += std::abs(static_cast<double>(value));
        std::size_t next = 0;
        y.for_each([&](float value, int, int, int, int) {
            worst = std::max(worst, std::abs(static_cast<double>(value) - sums[next++]));
            outside -= std::abs(static_cast<double>(value));
        });
        // Outputs are within about +-4. Rounding errors of 6e-8 add up like the steps of a random walk.
        CHECK(worst < 6e-8 * std::sqrt(9. * c.in) + 1e-6);
        // Nothing is written outside the map, so whatever is not a pixel is still zero.
        CHECK(std::abs(outside) < 1e-6);
    }
}

/// Checks a convolution of a map of this size, and the transposed ones that have it as output, or as input.
void check_sizes(int batch, int in, int out, int height, int width, Variant variant = {}) {
    const Shape large{1, height, width}, small{1, (height + 1) / 2, (width + 1) / 2};
    check({batch, in, out, large, small, false}, variant);
    check({batch, out, in, small, large, true}, variant);
    if (height > 1 && width > 1) {  // without padding after, fewer taps reach a last odd row and column
        check({batch, in, out, large, {1, height / 2, width / 2}, false}, variant);
        check({batch, out, in, {1, height / 2, width / 2}, large, true}, variant);
    }
}

}  // namespace

TEST_CASE("a convolution of stride 2 by Winograd, and its transposed one, are the plain ones") {
    check_sizes(1, 1, 1, 1, 1);
    check_sizes(1, 3, 5, 2, 2);
    check_sizes(3, 4, 2, 3, 5);
    check_sizes(2, 12, 17, 7, 13);
    check_sizes(1, 16, 20, 33, 70);
    check_sizes(1, 8, 9, 16, 64);
    check_sizes(3, 17, 9, 32, 31);
    check_sizes(1, 40, 24, 5, 100);
    check_sizes(1, 13, 40, 105, 135);
}

TEST_CASE("of all sizes about a vector") {
    for (int width = 1; width <= 3 * cpu::vector_width + 2; ++width) check_sizes(1, 2, 3, width % 5 + 1, width);
}

TEST_CASE("several turns of output channels") { check_sizes(1, 9, 300, 9, 21); }

TEST_CASE("they add, scale, rectify, and keep within rows that have no padding") {
    for (const int width : {6, 15, 35, 64}) {
        check_sizes(2, 12, 16, 10, width, {.accumulate = true, .bias = false, .slope = 1});
        check_sizes(2, 9, 8, 7, width, {.accumulate = true});
        check_sizes(1, 8, 18, 9, width, {.scale = true, .slope = 0});
        check_sizes(1, 8, 18, 9, width, {.padded = false});
    }
}
