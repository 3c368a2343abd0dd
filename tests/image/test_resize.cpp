// Resizing against MATLAB's formula, written again in Python; crops and the symmetries of the square.
#include "depix/image/resize.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <set>

using namespace depix;

namespace {

/// ((3 x^2 + 3 y^2 + x y) mod 256) / 255
Image test_image(Shape shape) {
    Image image(shape);
    for (int c = 0; c < shape.channels; ++c) {
        for (int y = 0; y < shape.height; ++y) {
            for (int x = 0; x < shape.width; ++x) {
                image(c, y, x) = static_cast<float>((3 * x * x + 3 * y * y + x * y) % 256) / 255.0f;
            }
        }
    }
    return image;
}

struct Expected {
    Shape from;
    int height, width;
    Resampling resampling;
    std::vector<double> pixels;
};

// These come from contributions() of MATLAB's imresize.m, transcribed into Python in double. The picture above is
// shrunk; shrunk across and enlarged down; and shrunk to a single pixel, where the kernel is wider than the picture and
// its mirror image.
const Expected expected[] = {
    {{1, 5, 7},
     3,
     4,
     Resampling::Bilinear,
     {0.0114583, 0.0639412, 0.1965294, 0.3777574, 0.0622549, 0.1250719, 0.2693856, 0.4609477, 0.1702410, 0.2433922,
      0.3994314, 0.6013276}},
    {{1, 5, 7},
     3,
     4,
     Resampling::Bicubic,
     {0.0036668, 0.0563135, 0.1850129, 0.3866903, 0.0530238, 0.1175605, 0.2582935, 0.4718609, 0.1690467, 0.2454734,
      0.3982401, 0.6236974}},
    {{1, 3, 8},
     6,
     3,
     Resampling::Bilinear,
     {0.0213406, 0.1582633, 0.4369357, 0.0252394, 0.1646359, 0.4457820, 0.0330369, 0.1773810, 0.4634747, 0.0467168,
      0.1960084, 0.4870497, 0.0662791, 0.2205182, 0.5165071, 0.0760602, 0.2327731, 0.5312358}},
    {{1, 3, 8},
     6,
     3,
     Resampling::Bicubic,
     {0.0080104, 0.1437400, 0.4584517, 0.0114832, 0.1501585, 0.4678160, 0.0184288, 0.1629955, 0.4865444, 0.0329111,
      0.1833692, 0.5128096, 0.0549302, 0.2112798, 0.5466116, 0.0659398, 0.2252351, 0.5635125}},
    {{1, 2, 3}, 1, 1, Resampling::Bilinear, {0.0274510}},
    {{1, 2, 3}, 1, 1, Resampling::Bicubic, {0.0274510}},
};

}  // namespace

TEST_CASE("resize: equals MATLAB's imresize") {
    for (const Expected& e : expected) {
        const Image resized = resize(test_image(e.from), e.height, e.width, e.resampling);
        REQUIRE(resized.shape == Shape{1, e.height, e.width});
        REQUIRE(resized.pixels.size() == e.pixels.size());
        for (std::size_t i = 0; i < e.pixels.size(); ++i) {
            CAPTURE(i);
            // The values have seven decimals, and some ten float operations work on values up to 1.
            CHECK(static_cast<double>(resized.pixels[i]) == doctest::Approx(e.pixels[i]).epsilon(1e-6));
        }
    }
}

TEST_CASE("resize: nearest takes whole pixels") {
    Image row({1, 1, 4});
    row.pixels = {0.0f, 0.1f, 0.2f, 0.3f};
    // The centres of 6 pixels on 4 are 0.33, 1, 1.67, 2.33, 3 and 3.67. The old picture's pixels begin at 0, 1, 2, 3.
    CHECK(resize(row, 1, 6, Resampling::Nearest).pixels == std::vector{0.0f, 0.1f, 0.1f, 0.2f, 0.3f, 0.3f});
    CHECK(resize(row, 1, 2, Resampling::Nearest).pixels == std::vector{0.1f, 0.3f});
    const Image whole = test_image({3, 5, 4}), twice = resize(whole, 10, 8, Resampling::Nearest);
    for (int c = 0; c < 3; ++c) {
        for (int y = 0; y < 10; ++y) {
            for (int x = 0; x < 8; ++x) CHECK(twice(c, y, x) == whole(c, y / 2, x / 2));
        }
    }
}

TEST_CASE("resize: the same size changes nothing, and a constant stays one") {
    for (const Resampling resampling : {Resampling::Nearest, Resampling::Bilinear, Resampling::Bicubic}) {
        CHECK(resize(test_image({3, 6, 9}), 6, 9, resampling) == test_image({3, 6, 9}));
        for (const int size : {1, 3, 8, 29}) {
            for (const float value : resize(Image({1, 10, 7}, 0.6f), size, 2 * size, resampling).pixels) {
                CHECK(value == doctest::Approx(0.6).epsilon(1e-6));  // some 40 float operations
            }
        }
    }
}

TEST_CASE("resize: bicubic overshoots, and quantized() clamps and rounds") {
    Image edge({1, 1, 6});
    edge.pixels = {0, 0, 0, 1, 1, 1};
    const Image wide = resize(edge, 1, 24);
    CHECK(*std::min_element(wide.pixels.begin(), wide.pixels.end()) < -0.05f);
    CHECK(*std::max_element(wide.pixels.begin(), wide.pixels.end()) > 1.05f);
    Image values({1, 1, 5});
    values.pixels = {-0.1f, 1.1f, 0.5f, 100.4f / 255, std::numeric_limits<float>::quiet_NaN()};
    CHECK(quantized(values).pixels == std::vector{0.0f, 1.0f, 128.0f / 255.0f, 100.0f / 255.0f, 0.0f});
}

TEST_CASE("resize: sizes must have pixels") {
    CHECK_THROWS_WITH_AS(resize(Image({3, 4, 5}), 0, 7), "resize: a picture of 3x4x5 to 3x0x7", ShapeError);
    CHECK_THROWS_AS(resize(Image({3, 4, 5}), 2, -1), ShapeError);
    CHECK_THROWS_AS(resize(Image(), 2, 2), ShapeError);
}

TEST_CASE("crop: a window, and what does not lie inside") {
    const Image whole = test_image({3, 6, 9}), part = crop(whole, 2, 5, 3, 4);
    REQUIRE(part.shape == Shape{3, 3, 4});
    for (int c = 0; c < 3; ++c) {
        for (int y = 0; y < 3; ++y) {
            for (int x = 0; x < 4; ++x) CHECK(part(c, y, x) == whole(c, y + 2, x + 5));
        }
    }
    CHECK(crop(whole, 0, 0, 6, 9) == whole);
    CHECK_THROWS_WITH_AS(crop(whole, 2, 6, 3, 4), "crop: 3x4 pixels at row 2, column 6 of a picture of 3x6x9",
                         ShapeError);
    CHECK_THROWS_AS(crop(whole, -1, 0, 2, 2), ShapeError);
    CHECK_THROWS_AS(crop(whole, 0, 0, 0, 2), ShapeError);
    CHECK_THROWS_AS(crop(whole, 0, 0, 7, 2), ShapeError);
    CHECK_THROWS_AS(crop(whole, std::numeric_limits<int>::max(), 0, 2, 2), ShapeError);
}

TEST_CASE("transformed: the eight symmetries of the square") {
    // 1 2 3
    // 4 5 6
    Image small({1, 2, 3});
    small.pixels = {1, 2, 3, 4, 5, 6};
    const auto pixels = [&](Symmetry symmetry) { return transformed(small, symmetry).pixels; };
    CHECK(transformed(small, Symmetry::Same) == small);
    CHECK(pixels(Symmetry::FlipSideways) == std::vector<float>{3, 2, 1, 6, 5, 4});
    CHECK(pixels(Symmetry::FlipUpsideDown) == std::vector<float>{4, 5, 6, 1, 2, 3});
    CHECK(pixels(Symmetry::HalfTurn) == std::vector<float>{6, 5, 4, 3, 2, 1});
    CHECK(transformed(small, Symmetry::Transpose).shape == Shape{1, 3, 2});
    CHECK(pixels(Symmetry::Transpose) == std::vector<float>{1, 4, 2, 5, 3, 6});
    CHECK(pixels(Symmetry::TurnLeft) == std::vector<float>{3, 6, 2, 5, 1, 4});
    CHECK(pixels(Symmetry::TurnRight) == std::vector<float>{4, 1, 5, 2, 6, 3});
    CHECK(pixels(Symmetry::AntiTranspose) == std::vector<float>{6, 3, 5, 2, 4, 1});

    Image square({2, 2, 2});
    for (std::size_t i = 0; i < 8; ++i) square.pixels[i] = static_cast<float>(i);
    std::set<std::vector<float>> seen;
    for (int i = 0; i < 8; ++i) seen.insert(transformed(square, static_cast<Symmetry>(i)).pixels);
    CHECK(seen.size() == 8);
}
