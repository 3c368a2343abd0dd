// restore_by_tiles leaves no seam and loses no pixel, whatever the size.
#include "depix/restore/blended_tiles.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "../io/error_message.hpp"
#include "depix/layers/conv.hpp"
#include "depix/layers/max_pool.hpp"
#include "depix/layers/relu.hpp"
#include "depix/layers/upsample.hpp"
#include "depix/random.hpp"
#include "depix/restore/restore.hpp"

using namespace depix;

namespace {

/// Returns every pixel unchanged.
using Unchanging = Sequential<Conv<2, 2, 1>>;
Model<Unchanging> identity() {
    Model<Unchanging> model;
    const std::vector<float> values{1, 0, 0, 1, 0, 0};  // the weights, output by input, and the biases
    std::copy(values.begin(), values.end(), model.parameters().begin());
    return model;
}

/// A pixel depends on pixels at most 3 away.
using Local = Sequential<Conv<2, 6>, ReLU, Conv<6, 5>, ReLU, Conv<5, 1>>;
/// Here it depends on pixels up to 9 away: one for the last convolution, three to the border of a block of 4, the block
/// beside it for the inner convolution, and one for the first.
using Pooled = Sequential<Conv<2, 6>, ReLU, MaxPool<4>, Conv<6, 6>, Upsample<4>, Conv<6, 1>>;
static_assert(Pooled::size_multiple == 4);

Image test_image(int height, int width) {
    Image image({2, height, width});
    Random random(3);
    for (float& value : image.pixels) value = static_cast<float>(random.uniform());
    return image;
}

double largest_difference(const Image& a, const Image& b) {
    REQUIRE(a.shape == b.shape);
    double largest = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i) {
        const double difference = std::fabs(static_cast<double>(a.pixels[i]) - static_cast<double>(b.pixels[i]));
        if (!(difference <= largest)) largest = difference;  // true for NaN as well
    }
    return largest;
}

// The results are a few sums of a few values below 1, with each weight rounded to 2^-24. So the error is some units in
// the last place of 1.
constexpr double rounding = 1e-6;

}  // namespace

TEST_CASE("tiles cover an axis, at multiples, and their weights sum to one") {
    for (const int multiple : {1, 4, 16}) {
        for (const int size : {16, 32, 48}) {
            for (const int overlap : {0, 1, 2, 5, 8, 15, 24, 40, size - 1}) {
                if (overlap >= size) continue;
                for (int length = size; length < 4 * size; length += multiple == 1 ? 7 : multiple) {
                    const auto spans = detail::tile_spans(length, size, overlap, multiple);
                    std::vector<double> sums(static_cast<std::size_t>(length));
                    int before = -1;
                    for (const auto& [start, weights] : spans) {
                        REQUIRE(weights.size() == static_cast<std::size_t>(size));
                        CHECK((start > before && start % multiple == 0));
                        CHECK((before < 0 || start <= before + size));
                        before = start;
                        for (int i = 0; i < size; ++i) {
                            const float weight = weights[static_cast<std::size_t>(i)];
                            CHECK((weight >= 0 && weight <= 1));
                            sums[static_cast<std::size_t>(start + i)] += static_cast<double>(weight);
                        }
                    }
                    CHECK(spans.front().start == 0);
                    CHECK(spans.back().start == length - size);
                    for (const double sum : sums) CHECK(sum == doctest::Approx(1).epsilon(rounding));
                }
            }
        }
    }
}

TEST_CASE("the weights are smooth: outer quarter 0, a raised cosine, outer quarter 1") {
    const auto spans = detail::tile_spans(112, 64, 16);
    REQUIRE(spans.size() == 2);
    const std::vector<float>&first = spans[0].weights, &second = spans[1].weights;
    for (std::size_t i = 0; i < 16; ++i) {
        const double phase = std::clamp((static_cast<double>(i) - 4 + 0.5) / 8, 0.0, 1.0);
        CHECK(second[i] == doctest::Approx((1 - std::cos(3.14159265358979 * phase)) / 2).epsilon(rounding));
        CHECK(first[48 + i] == doctest::Approx((1 + std::cos(3.14159265358979 * phase)) / 2).epsilon(rounding));
    }
    CHECK(first[0] == 1);
    CHECK(first[47] == 1);
    CHECK(second[3] == 0);
    CHECK(second[63] == 1);
    CHECK(detail::tile_spans(64, 64, 16).size() == 1);
    CHECK(detail::tile_spans(65, 64, 16).size() == 2);
}

TEST_CASE("a network that changes nothing gives the picture back, of any size") {
    const Inference<Unchanging, Cpu> network{identity(), 1};
    const Inference<Unchanging, Reference> reference{identity()};
    for (const auto& [height, width] : {std::pair{16, 16}, {40, 60}, {17, 33}, {1, 1}, {5, 70}, {31, 3}, {97, 16}}) {
        const Image image = test_image(height, width);
        CAPTURE(to_string(image.shape));
        for (const TileOptions& options : {TileOptions{16, 4}, {16, 0}, {16, 15}, {24, 9}, {256, 64}}) {
            CHECK(largest_difference(restore_by_tiles(network, image, options), image) < rounding);
            CHECK(largest_difference(restore_by_tiles(reference, image, options), image) < rounding);
        }
        CHECK(largest_difference(restore_by_tiles(network, image), image) < rounding);
    }
}

TEST_CASE("where a pixel depends on those at most a quarter of the overlap away, tiles change nothing") {
    const Model<Local> model(5);
    const Inference<Local, Cpu> network{model, 1};
    for (const auto& [height, width] : {std::pair{32, 32}, {70, 45}, {33, 101}, {32, 64}}) {
        const Image image = test_image(height, width);
        const Image whole = restore(network, image);
        CHECK(largest_difference(restore_by_tiles(network, image, {32, 12}), whole) < rounding);
        CHECK(largest_difference(restore_by_tiles(network, image, {32, 20}), whole) < rounding);
        // With less overlap the tiles' borders show, where they have little weight.
        if (height == 70) {
            const double seam = largest_difference(restore_by_tiles(network, image, {32, 6}), whole);
            CHECK(seam > rounding);
            CHECK(seam < largest_difference(restore_by_tiles(network, image, {32, 0}), whole));
        }
    }
}

TEST_CASE("a network that pools sees its blocks where they lie in the whole picture") {
    const Model<Pooled> model(5);
    const Inference<Pooled, Cpu> network{model, 1};
    for (const auto& [height, width] : {std::pair{64, 64}, {90, 121}, {67, 150}}) {
        const Image image = test_image(height, width);
        // A stride of 64 - 38 = 26 is no multiple of 4, so 24 is taken.
        for (const TileOptions& options : {TileOptions{64, 40}, {64, 38}})
            CHECK(largest_difference(restore_by_tiles(network, image, options), restore(network, image)) < rounding);
    }
    // Smaller than a tile.
    const Image small = test_image(13, 70);
    CHECK(largest_difference(restore_by_tiles(network, small, {64, 40}), restore(network, small)) < rounding);
}

TEST_CASE("every tile is reported, and what the caller throws then ends the restoring") {
    const Inference<Unchanging, Cpu> network{identity(), 1};
    std::vector<std::pair<int, int>> reported;
    TileOptions options{32, 0, [&](int done, int count) { reported.emplace_back(done, count); }};
    const Image image = test_image(33, 70);
    restore_by_tiles(network, image, options);
    REQUIRE(reported.size() == 6);
    for (int i = 0; i < 6; ++i) CHECK(reported[static_cast<std::size_t>(i)] == std::pair{i + 1, 6});
    options.progress = [](int done, int) {
        if (done == 2) throw Error("enough");
    };
    CHECK_THROWS_WITH(restore_by_tiles(network, image, options), "enough");
}

TEST_CASE("what does not fit is named") {
    const Model<Pooled> model(1);
    const Inference<Pooled, Cpu> network{model, 1};
    CHECK_THROWS_AS(restore_by_tiles(network, Image({3, 70, 70}), {64, 16}), ShapeError);  // channels
    CHECK_THROWS_AS(restore_by_tiles(network, test_image(70, 70), {62, 16}), ShapeError);  // no multiple of 4
    CHECK_THROWS_AS(restore_by_tiles(network, Image({2, 0, 70}), {64, 16}), ShapeError);   // nothing to restore
    for (const TileOptions& options : {TileOptions{0, 0}, {64, 64}, {64, -1}, {-4, -8}}) {
        const std::string why = message([&] { restore_by_tiles(network, test_image(70, 70), options); });
        CHECK(contains(why, "tiles of " + std::to_string(options.size)));
    }
    using Doubling = Sequential<Conv<2, 1>, Upsample<2>>;
    const Model<Doubling> doubling(1);
    const std::string why = message([&] {
        restore_by_tiles(Inference<Doubling, Cpu>{doubling, 1}, test_image(70, 70), {64, 16});
    });
    CHECK(contains(why, "makes 1x128x128 of a tile of 2x64x64"));
}
