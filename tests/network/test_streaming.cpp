// What firmware runs: StreamingInference and RegionInference give the bits of StaticInference, in the bytes that are
// promised.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <memory>
#include <type_traits>
#include <vector>

#include "depix/layers/average_pool.hpp"
#include "depix/layers/crop.hpp"
#include "depix/layers/edge_padding.hpp"
#include "depix/layers/layer_norm.hpp"
#include "depix/layers/leaky_relu.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/layers/pixel_unshuffle.hpp"
#include "depix/layers/prelu.hpp"
#include "depix/layers/simple_gate.hpp"
#include "depix/layers/tanh.hpp"
#include "depix/layers/upsample.hpp"
#include "depix/models/depixelizer.hpp"
#include "depix/models/documents_autoencoder.hpp"
#include "depix/models/page_cleaner.hpp"
#include "depix/models/text_restorer.hpp"
#include "depix/random.hpp"
#include "depix/region_inference.hpp"
#include "depix/streaming_inference.hpp"

using namespace depix;

namespace {

// What issue 24 asks for.
static_assert(sizeof(StreamingInference<DocumentsAutoencoder, 540>) <= 160 * 1024);
static_assert(sizeof(StreamingInference<Depixelizer, 256>) <= 48 * 1024);
static_assert(StreamingInference<Depixelizer, 256>::workspace_bytes == 46080);  // the lower bound
// So that several may lie in a union, and a static one needs no code before main().
static_assert(std::is_trivial_v<StreamingInference<Depixelizer, 256>>);
// The skips of the page cleaner hold rows until their levels come back: 32 at full size, 12 at half of it.
static_assert(StreamingInference<PageCleaner, 16>::kept_rows(4) == 32);
static_assert(StreamingInference<PageCleaner, 16>::kept_rows(9) == 12);
static_assert(StreamingInference<PageCleaner, 16>::lead == 30);

std::vector<float> noise(std::size_t count, double low, double high, std::uint64_t seed) {
    Random random(seed);
    std::vector<float> values(count + 1);  // never empty
    for (float& value : values) value = static_cast<float>(random.uniform(low, high));
    return values;
}

/// Streams a picture, and a second one that must not see what the first one left. Every row must come once, in order,
/// and not later than it can; the values must be those of the whole picture.
template <Module Network, int Height, int Width>
void check_stream() {
    using Whole = StaticInference<Network, Shape{Network::in_channels, Height, Width}>;
    using Rows = StreamingInference<Network, Width>;
    const auto whole = std::make_unique<Whole>();
    const auto rows = std::make_unique<Rows>();
    const auto weights = noise(Rows::parameter_count, -0.5, 0.5, 1);
    const auto statistics = noise(Rows::statistic_count, 0.5, 1.5, 2);
    constexpr Shape shape = Whole::output_shape;
    static_assert(Rows::output_width == shape.width && Rows::out_channels == shape.channels);
    std::vector<float> expected(shape.size());
    for (const std::uint64_t picture : {3u, 4u}) {
        const auto input = noise(Whole::input_shape.size(), -1, 1, picture);
        whole->run(weights.data(), statistics.data(), input.data(), expected.data());
        REQUIRE(rows->begin(weights.data(), statistics.data(), Height));
        int next = 0, first_given_at = -1, wrong = 0;
        for (int y = 0; y < Height; ++y) {
            const auto compare = [&](int row, const float* values) {
                CHECK(row == next++);
                if (first_given_at < 0) first_given_at = y;
                for (int c = 0; c < shape.channels; ++c)
                    for (int x = 0; x < shape.width; ++x)
                        wrong += std::bit_cast<std::uint32_t>(*values++) !=
                                 std::bit_cast<std::uint32_t>(
                                     expected[static_cast<std::size_t>((c * shape.height + row) * shape.width + x)]);
            };
            rows->push(input.data() + y * Width, compare, Height * Width);
        }
        CHECK(next == shape.height);
        CHECK(wrong == 0);
        CHECK(first_given_at + 1 == (Rows::lead < Height ? Rows::lead : Height));
        rows->push(input.data(), [&](int, const float*) { ++wrong; });  // a row too many is ignored
        CHECK(wrong == 0);
    }
}

/// Runs a network with so much fast memory. What the arrays held before must not matter.
template <Module Network, Shape Input, std::size_t FastBytes, std::size_t Fast, std::size_t Large>
void check_regions(float (&fast)[Fast], float (&large)[Large]) {
    using Regions = RegionInference<Network, Input, FastBytes>;
    using Whole = StaticInference<Network, Input>;
    const auto weights = noise(Regions::parameter_count, -0.5, 0.5, 1);
    const auto statistics = noise(Regions::statistic_count, 0.5, 1.5, 2);
    const auto input = noise(Input.size(), -1, 1, 3);
    std::vector<float> expected(Whole::output_shape.size()), result(expected.size());
    const auto whole = std::make_unique<Whole>();
    whole->run(weights.data(), statistics.data(), input.data(), expected.data());
    for (float& value : fast) value = std::numeric_limits<float>::quiet_NaN();
    for (float& value : large) value = std::numeric_limits<float>::quiet_NaN();
    if constexpr (FastBytes == 0)
        Regions::run(weights.data(), statistics.data(), input.data(), result.data(), large);
    else
        Regions::run(weights.data(), statistics.data(), input.data(), result.data(), fast, large);
    CHECK(result == expected);
}

}  // namespace

TEST_CASE("depix's own networks") {
    check_stream<DocumentsAutoencoder, 12, 20>();
    check_stream<Depixelizer, 32, 24>();
    check_stream<TextRestorer, 24, 12>();
    check_stream<PageCleaner, 48, 16>();
}

TEST_CASE("a picture that is smaller than what a row depends on") {
    check_stream<PageCleaner, 8, 16>();
    check_stream<TextRestorer, 4, 12>();
}

TEST_CASE("skips in skips, and two skips of one map") {
    using Inner = SkipConcat<MaxPool<2>, Conv<4, 8>, ReLU, PixelShuffle<2>>;
    check_stream<
        Sequential<Conv<3, 4>, ReLU, SkipConcat<Residual<Inner, Conv<6, 4>, LeakyReLU<>>, Conv<4, 3>>, Conv<7, 2>>, 10,
        22>();
    using Short = SkipConcat<Conv<3, 2>, ReLU>;
    check_stream<Sequential<Conv<1, 3>, SkipConcat<Short, MaxPool<2>, Conv<5, 8>, PixelShuffle<2>>, Conv<5, 1>>, 6,
                 18>();
    check_stream<Sequential<SkipConcat<SkipConcat<Conv<3, 1>>>, Conv<7, 2>>, 5, 9>();
}

TEST_CASE("branches of unequal depth, taps, gates and splits") {
    using Body = Sequential<Conv<3, 8>, PReLU<8>, Conv<8, 8, 5>, PReLU<8>, Conv<8, 12>, PixelShuffle<2>>;
    check_stream<Sum<Body, Upsample<2>>, 7, 5>();
    check_stream<Sequential<Conv<1, 4>, Tap<"a">, Conv<4, 4, 5>, Gate<Conv<4, 1, 3>, Sigmoid>,
                            Concat<Identity, Use<"a", 4>>, Split<Pass<3>, Conv<5, 2>>, Conv<5, 1>>,
                 9, 6>();
}

TEST_CASE("strides, dilations and paddings of every kind") {
    check_stream<
        Sequential<ReflectPadding<2>, Conv<2, 3, 5, Padding<0>>, ReplicationPadding<1, 2>, Conv<3, 4, 4, Padding<0>>,
                   SimpleGate, Upsample<2, Bilinear>, Crop<1>, Upsample<3, Divisor<2>, Bicubic>>,
        14, 12>();
    check_stream<Sequential<Conv<1, 4, 3, Dilation<2>>, AveragePool<3, Stride<1>, Padding<1>>,
                            MaxPool<3, Stride<2>, Padding<1>>, ConvTranspose<4, 2, 4, Stride<2>, Padding<1>>, Tanh>,
                 12, 10>();
    check_stream<Sequential<PixelUnshuffle<2, 2>, LayerNorm2d<8>, Conv<8, 6, 3, Groups<2>>,
                            ConvTranspose<6, 2, 3, Stride<2>, Padding<1>, OutputPadding<1>>>,
                 6, 8>();
    // A convolution that passes over two rows of three, which also come last.
    check_stream<Sequential<Conv<1, 2, 1, Stride<3>>, Upsample<3>>, 9, 6>();
}

TEST_CASE("a height that the network cannot take") {
    static StreamingInference<TextRestorer, 12> rows;
    const auto weights = noise(TextRestorer::parameter_count, -0.5, 0.5, 1);
    for (const int height : {-4, 0, 2, 6}) {
        CHECK_FALSE(rows.begin(weights.data(), nullptr, height));
        rows.push(weights.data(), [](int, const float*) { FAIL("a row of no picture"); });
    }
    CHECK(rows.begin(weights.data(), nullptr, 4));
}

TEST_CASE("maps in two regions, which two networks share") {
    constexpr Shape small{3, 16, 24}, page{1, 8, 16};
    using Depixelize = RegionInference<Depixelizer, small, 7 * 1024>;
    using Clean = RegionInference<PageCleaner, page, 7 * 1024>;
    static_assert(Depixelize::fast_bytes <= 7 * 1024 && Depixelize::fast_bytes > 6 * 1024);
    // The large region holds the map at full size between the first convolution and its pooling, which is read once.
    static_assert(Depixelize::large_bytes == Shape{6, 16, 24}.size() * sizeof(float));
    static_assert(Clean::fast_bytes <= 7 * 1024 && Clean::large_bytes > 0);
    static float fast[std::max(Depixelize::fast_size, Clean::fast_size)];
    static float large[std::max(Depixelize::large_size, Clean::large_size) + 2000];
    check_regions<Depixelizer, small, 7 * 1024>(fast, large);
    check_regions<PageCleaner, page, 7 * 1024>(fast, large);
    // With no fast memory it is StaticInference's workspace.
    static_assert(RegionInference<Depixelizer, small, 0>::large_size ==
                  StaticInference<Depixelizer, small>::workspace_size);
    check_regions<Depixelizer, small, 0>(fast, large);
    // With enough of it no other is needed.
    static_assert(RegionInference<Depixelizer, small, 1 << 20>::large_size == 0);
}
