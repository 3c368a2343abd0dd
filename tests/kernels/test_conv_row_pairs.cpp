// Convolution in pairs of rows against the plain sum in double, also on a processor that would not choose it.
#include "depix/kernels/cpu/conv/row_pairs.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "depix/random.hpp"
#include "maps.hpp"

using namespace depix;
using depix_test::Maps;

namespace {

template <int Kernel, int Block>
void check(int in, int out, int height, int width, bool accumulate = false) {
    CAPTURE(Kernel);
    CAPTURE(Block);
    CAPTURE(out);
    CAPTURE(height);
    CAPTURE(width);
    constexpr int padding = (Kernel - 1) / 2;
    Random random(7);
    const auto draw = [&](int, int, int, int) { return static_cast<float>(random.uniform() * 2 - 1); };
    Maps x(2, {in, height, width}, Kernel / 2);
    x.fill(draw);
    std::vector<float> weight(static_cast<std::size_t>(out * in * Kernel * Kernel));
    for (float& w : weight) w = draw(0, 0, 0, 0) / static_cast<float>(Kernel);
    std::vector<float> bias(static_cast<std::size_t>(out)), scale(bias);
    for (float& b : bias) b = draw(0, 0, 0, 0);
    for (float& s : scale) s = 2 * draw(0, 0, 0, 0);

    std::vector<float> packed(cpu::row_pair_packed_size(in, out, Kernel, Block));
    for (int thread = 0; thread < 3; ++thread)
        cpu::pack_row_pairs(weight.data(), in, out, Kernel, Block, scale.data(), packed.data(), cpu::Team{thread, 3});

    const float slope = 0.25f;
    const auto expected = [&](int o, int i, int j) {  // of the second picture
        double sum = static_cast<double>(bias[static_cast<std::size_t>(o)]);
        for (int c = 0; c < in; ++c)
            for (int k = 0; k < Kernel; ++k)
                for (int l = 0; l < Kernel; ++l) {
                    const int row = i + k - padding, column = j + l - padding;
                    if (row < 0 || row >= height || column < 0 || column >= width) continue;
                    const auto at = static_cast<std::size_t>(((o * in + c) * Kernel + k) * Kernel + l);
                    sum += static_cast<double>(x.view(1, c, row, column)) * static_cast<double>(weight[at]) *
                           static_cast<double>(scale[static_cast<std::size_t>(o)]);
                }
        return sum > 0 ? sum : sum * static_cast<double>(slope);
    };
    // Sums of in * Kernel^2 terms of about 1 / Kernel each, which round by 6e-8 like the steps of a random walk.
    const double tolerance = 1e-6 * std::sqrt(static_cast<double>(in)) + 1e-6;
    const cpu::Epilogue epilogue{bias.data(), {slope}, accumulate, true};

    Maps whole(2, {out, height, width}, 1);
    if (accumulate) whole.fill([](int, int, int, int) { return 3.f; });
    cpu::conv_row_pairs<Kernel, Block>(x.view, 1, packed.data(), padding, epilogue, whole.view, 0, height);
    double worst = 0;
    for (int o = 0; o < out; ++o)
        for (int i = 0; i < height; ++i)
            for (int j = 0; j < width; ++j) {
                const double wanted = expected(o, i, j) + (accumulate ? 3 : 0);
                worst = std::max(worst, std::abs(static_cast<double>(whole.view(1, o, i, j)) - wanted));
            }
    CHECK(worst < tolerance);

    // Computed in parts the result is the same, bit for bit, borders included.
    Maps parts(2, {out, height, width}, 1);
    if (accumulate) parts.fill([](int, int, int, int) { return 3.f; });
    for (int thread = 0; thread < 3; ++thread) {
        const cpu::Part rows = cpu::Team{thread, 3}.share(height);
        cpu::conv_row_pairs<Kernel, Block>(x.view, 1, packed.data(), padding, epilogue, parts.view, rows.first,
                                           rows.last);
    }
    CHECK(parts.memory == whole.memory);

    if (accumulate || height < 2 || width < 2) return;
    Maps pooled(2, {out, height / 2, width / 2}, 1);
    std::vector<float> scratch(static_cast<std::size_t>(Block * round_up(width, 2 * cpu::vector_width)));
    cpu::conv_row_pairs_pooled<Kernel, Block>(x.view, 1, packed.data(), padding, epilogue, width, pooled.view, 0,
                                              height / 2, scratch.data());
    Maps largest(2, {out, height / 2, width / 2}, 1);
    largest.fill([&](int n, int o, int i, int j) {
        if (n == 0) return 0.f;
        return std::max(std::max(whole.view(1, o, 2 * i, 2 * j), whole.view(1, o, 2 * i, 2 * j + 1)),
                        std::max(whole.view(1, o, 2 * i + 1, 2 * j), whole.view(1, o, 2 * i + 1, 2 * j + 1)));
    });
    CHECK(pooled.memory == largest.memory);
}

}  // namespace

TEST_CASE("in pairs of rows it is the plain convolution") {
    check<3, 6>(3, 6, 8, 32);
    check<3, 6>(2, 13, 7, 33);
    check<3, 5>(1, 4, 1, 1);
    check<3, 4>(5, 9, 2, 100);
    check<3, 1>(4, 2, 5, 16);
    check<3, 6>(3, 8, 9, 17, true);
    check<6, 3>(2, 3, 11, 20);
    check<9, 4>(3, 5, 13, 40);
    check<9, 6>(2, 6, 3, 5, true);
}

TEST_CASE("a picture that exceeds the second-level cache") { check<3, 6>(3, 6, 130, 400); }

TEST_CASE("blocks fill up as few channels as they can") {
    static_assert(cpu::row_pair_packed_size(3, 6, 3, 6) == 6 * 3 * 12);
    static_assert(cpu::row_pair_packed_size(1, 7, 9, 4) == 8 * 108);
    static_assert(cpu::choose_row_pair_block(6, 32) == 6 && cpu::choose_row_pair_block(64, 32) == 6);
    static_assert(cpu::choose_row_pair_block(8, 32) == 4 && cpu::choose_row_pair_block(7, 32) == 4);
}
