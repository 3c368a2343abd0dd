// restore_flips: a restoration that does not depend on a picture's orientation stays as it is, any other is averaged.
#include "depix/restore/flips.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <utility>

#include "../io/error_message.hpp"
#include "depix/random.hpp"

using namespace depix;

namespace {

// Seven sums of eighths, each rounded to 2^-24 of values up to 3.
constexpr float rounding = 2e-6f;

Image noise(int channels, int height, int width) {
    Image image({channels, height, width});
    Random random(7);
    for (float& value : image.pixels) value = static_cast<float>(random.uniform());
    return image;
}

float largest_difference(const Image& a, const Image& b) {
    REQUIRE(a.shape == b.shape);
    float largest = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i)
        largest = std::fmax(largest, std::fabs(a.pixels[i] - b.pixels[i]));
    return largest;
}

/// Doubles the picture. Each pixel is the sum of the old one there and half of its four neighbours, in any orientation.
Image spread_and_double(const Image& image) {
    const auto [channels, height, width] = image.shape;
    Image result({channels, 2 * height, 2 * width});
    const auto at = [&](int c, int y, int x) {
        return y < 0 || x < 0 || y >= image.shape.height || x >= image.shape.width ? 0.0f : image(c, y, x);
    };
    for (int c = 0; c < channels; ++c)
        for (int y = 0; y < result.shape.height; ++y)
            for (int x = 0; x < result.shape.width; ++x) {
                const int i = y / 2, j = x / 2;
                const float around = (at(c, i - 1, j) + at(c, i + 1, j)) + (at(c, i, j - 1) + at(c, i, j + 1));
                result(c, y, x) = at(c, i, j) + around / 2;
            }
    return result;
}

}  // namespace

TEST_CASE("every symmetry has its inverse") {
    const Image image = noise(2, 3, 5);
    for (int s = 0; s < 8; ++s) {
        const auto symmetry = static_cast<Symmetry>(s);
        CHECK(transformed(transformed(image, symmetry), inverse(symmetry)) == image);
        CHECK(inverse(inverse(symmetry)) == symmetry);
    }
}

TEST_CASE("a restoration that does not mind how a picture lies stays what it is") {
    for (const auto& [height, width] : {std::pair{4, 4}, {3, 7}, {1, 5}, {1, 1}}) {
        const Image image = noise(3, height, width);
        CHECK(largest_difference(restore_flips([](const Image& x) { return x; }, image), image) <= rounding);
        CHECK(largest_difference(restore_flips(spread_and_double, image), spread_and_double(image)) <= rounding);
    }
}

TEST_CASE("one that minds is averaged over all eight") {
    // The result is only a 1 in the upper left. Two of the eight symmetries move each corner there.
    const auto upper_left = [](const Image& image) {
        Image result({1, 2 * image.shape.height, 2 * image.shape.width});
        result(0, 0, 0) = 1;
        return result;
    };
    Image corners({1, 6, 10});
    corners(0, 0, 0) = corners(0, 0, 9) = corners(0, 5, 0) = corners(0, 5, 9) = 0.25f;
    CHECK(restore_flips(upper_left, Image({1, 3, 5})) == corners);

    // A shift to the right becomes a shift to all four sides, twice each.
    const auto shift = [](const Image& image) {
        Image result(image.shape);
        for (int y = 0; y < image.shape.height; ++y)
            for (int x = 1; x < image.shape.width; ++x) result(0, y, x) = image(0, y, x - 1);
        return result;
    };
    Image point({1, 5, 7}), cross({1, 5, 7});
    point(0, 2, 3) = 1;
    cross(0, 1, 3) = cross(0, 3, 3) = cross(0, 2, 2) = cross(0, 2, 4) = 0.25f;
    CHECK(restore_flips(shift, point) == cross);
}

TEST_CASE("results that do not fit together are refused") {
    const auto widen = [](const Image& image) { return Image({1, image.shape.height, 2 * image.shape.width}); };
    CHECK(contains(message([&] { restore_flips(widen, Image({1, 3, 5})); }), "became 1x3x10, and turned 1x6x5"));
    CHECK_THROWS_AS(restore_flips(widen, Image({1, 3, 5})), ShapeError);
}
