// Masks: where they draw, how much, and what Inpainting does with them.
#include "depix/data/masks.hpp"

#include <doctest/doctest.h>

#include <numeric>
#include <set>
#include <string>

#include "../io/error_message.hpp"
#include "../io/temporary_folder.hpp"
#include "roboto.hpp"

using namespace depix;

namespace {

Image drawn(const Damage& mask, std::uint64_t seed = 1, int height = 96, int width = 128) {
    Image result({1, height, width});
    Random random(seed);
    mask(result, random);
    return result;
}

/// The share that is missing.
double share(const Image& mask) {
    return std::accumulate(mask.pixels.begin(), mask.pixels.end(), 0.0) / static_cast<double>(mask.pixels.size());
}

}  // namespace

TEST_CASE("masks: the same Random, the same mask; 0 or 1; they add to what is there") {
    for (const Damage& mask : {Damage(RectangleMask{}), Damage(StrokeMask{})}) {
        std::set<std::vector<float>> seen;
        double sum = 0;
        for (std::uint64_t seed = 0; seed < 50; ++seed) {
            const Image one = drawn(mask, seed);
            CHECK(one == drawn(mask, seed));
            for (const float value : one.pixels) REQUIRE((value == 0 || value == 1));
            CHECK(share(one) > 0);
            CHECK(share(one) < 0.8);
            sum += share(one) / 50;
            seen.insert(one.pixels);
        }
        CHECK(seen.size() == 50);
        CHECK(sum > 0.05);  // some 14 % with the default options, rectangles and strokes alike
        CHECK(sum < 0.25);
        Image full({1, 30, 20}, 1.0f);
        Random random;
        mask(full, random);
        CHECK(full == Image({1, 30, 20}, 1.0f));
        CHECK(drawn(mask, 0, 1, 1).shape == Shape{1, 1, 1});  // no picture is too small
    }
}

TEST_CASE("rectangles: as many and as large as asked for") {
    const RectangleMask one{.min_count = 1, .max_count = 1, .min_side = 0.25, .max_side = 0.5};
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const Image mask = drawn(one, seed, 80, 40);
        int top = 80, left = 40, bottom = -1, right = -1;
        for (int y = 0; y < 80; ++y) {
            for (int x = 0; x < 40; ++x) {
                if (mask(0, y, x) == 0) continue;
                top = std::min(top, y), bottom = std::max(bottom, y);
                left = std::min(left, x), right = std::max(right, x);
            }
        }
        const int height = bottom - top + 1, width = right - left + 1;
        CHECK((height >= 20 && height <= 40));
        CHECK((width >= 10 && width <= 20));
        CHECK(share(mask) * 3200 == doctest::Approx(height * width));  // nothing but the rectangle is marked
    }
    CHECK(drawn(RectangleMask{.min_count = 0, .max_count = 0}) == Image({1, 96, 128}));
    CHECK(drawn(RectangleMask{.min_side = 1, .max_side = 1}) == Image({1, 96, 128}, 1.0f));
}

TEST_CASE("strokes: width and round ends") {
    Image mask({1, 41, 61});
    detail::mark_stroke(mask, 15.5, 20.5, 45.5, 20.5, 6);
    for (int y = 0; y < 41; ++y) {
        for (int x = 0; x < 61; ++x) {
            // Pixel centres are half a pixel in, so in pixels the line goes from (15, 20) to (45, 20).
            const int beyond = std::max({0, 15 - x, x - 45});
            const bool inside = beyond * beyond + (y - 20) * (y - 20) <= 36;
            CHECK(mask(0, y, x) == (inside ? 1.0f : 0.0f));
        }
    }
    // A line without length is a disc, and parts outside the picture do no harm.
    Image disc({1, 9, 9});
    detail::mark_stroke(disc, 0.5, 0.5, 0.5, 0.5, 2);
    CHECK(share(disc) * 81 == doctest::Approx(6));
    detail::mark_stroke(disc, -1e9, 40, -50, 1e9, 3);
    CHECK(share(disc) * 81 == doctest::Approx(6));
    // A wider brush marks more.
    CHECK(share(drawn(StrokeMask{.min_width = 0.3, .max_width = 0.3})) >
          share(drawn(StrokeMask{.min_width = 0.05, .max_width = 0.05})));
}

TEST_CASE("text masks: letters, between 0 and 1") {
    DEPIX_NEEDS_ROBOTO();
    const TextMask text{.fonts = {*roboto()}};
    double sum = 0;
    bool between = false;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const Image mask = drawn(text, seed);
        CHECK(mask == drawn(text, seed));
        for (const float value : mask.pixels) {
            REQUIRE((value >= 0 && value <= 1));
            between = between || (value > 0.2f && value < 0.8f);
        }
        sum += share(mask) / 20;
    }
    CHECK(between);
    CHECK(sum > 0.02);
    CHECK(sum < 0.4);
    TextMask wrong = text;
    wrong.alphabet = "\xE4";
    CHECK(message([&] { drawn(wrong); }) == "TextMask: the alphabet holds more than printable ASCII");
    wrong.alphabet = "";
    CHECK(message([&] { drawn(wrong); }) == "TextMask: the alphabet is empty");
}

TEST_CASE("given masks: any size, turned and fitted to the picture") {
    Image left({1, 2, 2});
    left.pixels = {1, 0, 1, 0};
    const GivenMask given({left});
    std::set<std::vector<float>> seen;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        const Image mask = drawn(given, seed, 4, 6);
        CHECK(share(mask) == doctest::Approx(0.5));
        seen.insert(mask.pixels);
    }
    CHECK(seen.size() == 4);  // the left half, the right, the upper, the lower

    const TemporaryFolder folder;
    write_image(folder / "all.png", Image({3, 5, 5}, 1.0f));
    write_image(folder / "none.bmp", Image({1, 7, 3}));
    const GivenMask read{ImageFolder(folder.path)};
    std::set<double> shares;
    for (std::uint64_t seed = 0; seed < 20; ++seed) shares.insert(share(drawn(read, seed)));
    CHECK(shares == std::set{0.0, 1.0});

    CHECK(message([] { GivenMask(std::vector<Image>{}); }) == "GivenMask: no mask given");
    CHECK_THROWS_AS(GivenMask({Image({1, 0, 4})}), ShapeError);
}

TEST_CASE("apply_mask: what is missing becomes the fill, in every channel") {
    Image image({3, 1, 3}, 0.25f), mask({1, 1, 3});
    mask.pixels = {0, 1, 0.5f};
    apply_mask(image, mask);
    CHECK(image.pixels == std::vector{0.25f, 1.0f, 0.625f, 0.25f, 1.0f, 0.625f, 0.25f, 1.0f, 0.625f});
    apply_mask(image, Image({1, 1, 3}, 1.0f), 0.5f);
    CHECK(image == Image({3, 1, 3}, 0.5f));
    CHECK_THROWS_WITH_AS(apply_mask(image, Image({1, 3, 1})), "apply_mask: a mask of 1x3x1 on a picture of 3x1x3",
                         ShapeError);
    CHECK_THROWS_AS(apply_mask(image, Image({3, 1, 3})), ShapeError);
}

TEST_CASE("Inpainting: a damage, which paints what the mask says") {
    const Image clean({3, 60, 80}, 0.25f);
    Image spoilt = clean, mask({1, 60, 80});
    const Inpainting inpainting{.mask = StrokeMask{}, .fill = 0};
    Random random(4), again(4);
    inpainting(spoilt, random);
    StrokeMask{}(mask, again);
    Image expected = clean;
    apply_mask(expected, mask, 0);
    CHECK(spoilt == expected);
    CHECK(random.state() == again.state());

    const Damage any = AllOf{{Inpainting{}, GaussianNoise{}}};  // combines with the others
    any(spoilt, random);
    CHECK(spoilt.shape == clean.shape);

    const auto paint = [&](const Inpainting& wrong) { return message([&] { wrong(spoilt, random); }); };
    CHECK(paint({.fill = 2}) == "Inpainting: the fill from 2 to 2 is no range within 0 to 1");
    CHECK(paint({.mask = nullptr}) == "Inpainting: no mask given");
}

TEST_CASE("masks: wrong parameters are named") {
    const auto text = [](const Damage& mask) { return message([&] { drawn(mask); }); };
    CHECK(text(RectangleMask{.min_count = 5}) == "RectangleMask: the count from 5 to 4 is no range within 0 to 1000");
    CHECK(text(RectangleMask{.max_side = 1.5}).starts_with("RectangleMask: the side from 0.1 to 1.5"));
    CHECK(text(StrokeMask{.min_vertices = 0}).starts_with("StrokeMask: the number of vertices from 0 to 12"));
    CHECK(text(StrokeMask{.min_width = -1}).starts_with("StrokeMask: the width from -1"));
    CHECK(text(TextMask{}) == "TextMask: no font given");
    Image colour({3, 8, 8});
    Random random;
    CHECK(message([&] { StrokeMask{}(colour, random); }) == "StrokeMask: a mask of 3x8x8; it has 1 channel");
    CHECK_THROWS_AS(RectangleMask{}(colour, random), ShapeError);
}
