// Thresholds against scikit-image's, and what they do with pages that have nothing to separate.
#include "depix/image/binarize.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "../io/error_message.hpp"
#include "depix/image/local_contrast.hpp"

using namespace depix;

namespace {

/// ((3 x^2 + 3 y^2 + x y) mod 256) / 255
Image pattern(int height, int width) {
    Image image({1, height, width});
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            image(0, y, x) = from_byte(static_cast<std::uint8_t>((3 * x * x + 3 * y * y + x * y) % 256));
    return image;
}

/// How many pixels are paper, and the sum of their numbers in reading order.
struct Paper {
    long count = 0, places = 0;
    friend bool operator==(const Paper&, const Paper&) = default;
};
Paper paper(const Image& page) {
    Paper result;
    for (std::size_t i = 0; i < page.pixels.size(); ++i) {
        CHECK((page.pixels[i] == 0 || page.pixels[i] == 1));
        if (page.pixels[i] == 0) continue;
        ++result.count;
        result.places += static_cast<long>(i);
    }
    return result;
}

}  // namespace

TEST_CASE("Otsu's threshold is scikit-image's") {
    // Debian 12's scikit-image 0.19.3, threshold_otsu() of the pattern as bytes, and the pixels above it.
    struct {
        int height, width, level;
        long paper;
    } const rows[] = {{40, 50, 127, 1002}, {9, 20, 121, 81}, {1, 30, 108, 13}};
    for (const auto& [height, width, level, count] : rows) {
        const Image image = pattern(height, width);
        CAPTURE(to_string(image.shape));
        CHECK(otsu_threshold(image) == doctest::Approx((level + 0.5) / 255).epsilon(1e-12));
        CHECK(paper(binarize(image, otsu_threshold(image))).count == count);
    }
}

TEST_CASE("Otsu: two levels are parted, wherever they lie; of one level the sheet keeps its side") {
    for (int dark = 0; dark < 255; dark += 17) {
        Image image({1, 3, 4}, from_byte(static_cast<std::uint8_t>(dark)));
        image(0, 1, 2) = from_byte(static_cast<std::uint8_t>(dark + 1));
        const Image result = binarize(image, otsu_threshold(image));
        CHECK(paper(result) == Paper{1, 6});
    }
    CHECK(paper(binarize(Image({1, 5, 5}, 1), otsu_threshold(Image({1, 5, 5}, 1)))).count == 25);
    CHECK(paper(binarize(Image({1, 5, 5}, 0), otsu_threshold(Image({1, 5, 5}, 0)))).count == 0);
    CHECK(paper(binarize(Image({1, 5, 5}, 0.9f), otsu_threshold(Image({1, 5, 5}, 0.9f)))).count == 25);
}

TEST_CASE("binarize: above the threshold is paper; NaN is ink") {
    Image image({1, 1, 4});
    image.pixels = {0.25f, 0.5f, 0.75f, std::numeric_limits<float>::quiet_NaN()};
    CHECK(binarize(image, 0.5).pixels == std::vector<float>{0, 0, 1, 0});
    CHECK(binarize(image, 0.25).pixels == std::vector<float>{0, 1, 1, 0});
    CHECK(binarize(image, -1).pixels == std::vector<float>{1, 1, 1, 0});
}

TEST_CASE("Sauvola's thresholds are scikit-image's, also on pages smaller than the window") {
    // image > threshold_sauvola(image, window, k, r) of the pattern in float64. No pixel is nearer to its threshold
    // than 2.4e-5, and the sums' rounding is some 1e-12, so the same pixels must come out.
    struct {
        int height, width;
        SauvolaOptions options;
        Paper paper;
    } const rows[] = {
        {40, 50, {25, 0.2, 0.5}, {1085, 1106622}}, {40, 50, {15, 0.34, 0.25}, {952, 958950}},
        {40, 50, {3, 0.2, 0.5}, {1235, 1260851}},  {9, 20, {25, 0.2, 0.5}, {92, 8926}},
        {9, 20, {15, 0.34, 0.25}, {83, 8111}},     {9, 20, {3, 0.2, 0.5}, {119, 10767}},
        {1, 30, {25, 0.2, 0.5}, {15, 247}},        {1, 30, {15, 0.34, 0.25}, {13, 209}},
        {1, 30, {3, 0.2, 0.5}, {20, 278}},
    };
    for (const auto& [height, width, options, expected] : rows) {
        const Image image = pattern(height, width);
        CAPTURE(to_string(image.shape));
        CHECK(paper(binarize_sauvola(image, options)) == expected);
    }
    const Image image = pattern(40, 50);
    CHECK(binarize_sauvola(image) == binarize_sauvola(image, {.window = 25, .k = 0.2, .dynamic_range = 0.5}));
}

TEST_CASE("Sauvola: a blank sheet is paper, and a shadow over the page does not matter") {
    CHECK(paper(binarize_sauvola(Image({1, 30, 30}, 1))).count == 900);
    CHECK(paper(binarize_sauvola(Image({1, 30, 30}, 0.3f))).count == 900);
    Image page({1, 60, 90});
    for (int y = 0; y < 60; ++y)
        for (int x = 0; x < 90; ++x) {
            const float light = 1 - static_cast<float>(x) / 120;  // falls to a quarter; the ink on the left is lighter
            page(0, y, x) = x % 10 < 2 && y % 20 < 12 ? light * 0.35f : light;
        }
    const Image result = binarize_sauvola(page);
    for (int y = 0; y < 60; ++y)
        for (int x = 0; x < 90; ++x) CHECK(result(0, y, x) == (x % 10 < 2 && y % 20 < 12 ? 0 : 1));
}

TEST_CASE("what is no grey page, and impossible options, are named") {
    for (const Shape& shape : {Shape{3, 4, 5}, Shape{1, 0, 5}, Shape{}}) {
        const Image image(shape);
        CHECK_THROWS_AS(otsu_threshold(image), ShapeError);
        CHECK_THROWS_AS(binarize(image, 0.5), ShapeError);
        CHECK_THROWS_AS(binarize_sauvola(image), ShapeError);
    }
    CHECK(contains(message([] { binarize(Image({3, 4, 5}), 0.5); }), "binarize: a picture of 3x4x5"));
    const Image image({1, 4, 5});
    for (const int window : {24, 1, -3})
        CHECK(contains(message([&] { binarize_sauvola(image, {.window = window}); }), std::to_string(window)));
    CHECK(contains(message([&] { binarize_sauvola(image, {.dynamic_range = 0}); }), "dynamic range"));
}

TEST_CASE("local_contrast: mean and deviation of what lies in each window") {
    const Image page = pattern(50, 70), contrast = local_contrast(page);
    REQUIRE(contrast.shape == Shape{9, 50, 70});
    CHECK(std::equal(page.pixels.begin(), page.pixels.end(), contrast.pixels.begin()));
    for (const auto& [y, x] : {std::pair{0, 0}, {49, 69}, {3, 40}, {25, 35}, {49, 1}})
        for (int window = 0; window < 4; ++window) {
            CAPTURE(y);
            CAPTURE(x);
            CAPTURE(window);
            const int reach = contrast_windows[static_cast<std::size_t>(window)] / 2;
            double sum = 0, squares = 0, count = 0;
            for (int i = std::max(y - reach, 0); i <= std::min(y + reach, 49); ++i)
                for (int j = std::max(x - reach, 0); j <= std::min(x + reach, 69); ++j) {
                    const auto value = static_cast<double>(page(0, i, j));
                    sum += value;
                    squares += value * value;
                    ++count;
                }
            const double mean = sum / count, deviation = std::sqrt(squares / count - mean * mean);
            const double difference = (static_cast<double>(page(0, y, x)) - mean) / (deviation + 0.02);
            CHECK(static_cast<double>(contrast(1 + 2 * window, y, x)) == doctest::Approx(difference / 2));
            CHECK(static_cast<double>(contrast(2 + 2 * window, y, x)) == doctest::Approx(4 * deviation));
        }
}

TEST_CASE("local_contrast: flat paper has none, faint ink as much as dark ink, and colour pages are refused") {
    const Image flat = local_contrast(Image({1, 30, 20}, 0.7f));
    CHECK(
        std::all_of(flat.pixels.begin() + 600, flat.pixels.end(), [](float value) { return std::abs(value) < 1e-5f; }));
    Image dark({1, 64, 64}, 0.9f), faint = dark;
    for (int y = 20; y < 40; ++y)
        for (int x = 30; x < 34; ++x) {
            dark(0, y, x) = 0;
            faint(0, y, x) = 0.6f;
        }
    const float dark_contrast = local_contrast(dark)(3, 30, 32), faint_contrast = local_contrast(faint)(3, 30, 32);
    CHECK(dark_contrast == -2);
    CHECK(faint_contrast < 0.7f * dark_contrast);
    CHECK(message([] {
              (void)local_contrast(Image({3, 4, 4}));
          }) == "local_contrast: a picture of 3x4x4; it takes grey ones, 1 x height x width, with pixels");
}
