// What the tool sees in a picture, and which model it chooses: on pictures drawn here, clean and damaged.
#include "../../examples/depix/choose.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "../data/roboto.hpp"
#include "depix/data/damage.hpp"
#include "depix/data/masks.hpp"
#include "depix/image/pixelate.hpp"

using namespace depix;

namespace {

/// A picture with colours, edges and shades, as photographs have.
Image scene() {
    Image image({3, 192, 256});
    for (int y = 0; y < 192; ++y)
        for (int x = 0; x < 256; ++x) {
            const bool ball = std::hypot(y - 100, x - 128)<56, ground = y> 140;
            const double shade = 0.5 + 0.4 * std::sin(0.02 * x) * std::cos(0.025 * y);
            image(0, y, x) = static_cast<float>(ball ? 0.8 * shade : ground ? 0.35 : 0.45);
            image(1, y, x) = static_cast<float>(ball ? 0.3 * shade : ground ? 0.40 : 0.60);
            image(2, y, x) = static_cast<float>(ball ? 0.2 : ground ? 0.25 : 0.80 - 0.2 * y / 192.0);
        }
    return quantized(image);
}

/// A page of text, black on white.
Image written_page() {
    Image ink({1, 240, 320});
    Random random(5);
    TextMask{.fonts = {*roboto()}, .min_lines = 24, .max_lines = 24, .min_size = 0.06, .max_size = 0.06}(ink, random);
    for (float& value : ink.pixels) value = 1 - value;
    return quantized(ink);
}

Image damaged(Image image, const Damage& damage) {
    Random random(3);
    damage(image, random);
    return quantized(image);
}

std::string chosen(const Image& image) { return tool::choose(tool::examine(image), 0).model; }

}  // namespace

TEST_CASE("the noise of a picture is measured, and a clean picture has none") {
    CHECK(tool::examine(scene()).noise < 1);
    for (const double sigma : {8.0, 15.0, 25.0}) {
        CAPTURE(sigma);
        const double measured = tool::examine(damaged(scene(), GaussianNoise{sigma / 255, sigma / 255})).noise;
        CHECK(measured > 0.8 * sigma);  // black and white cut the noise off
        CHECK(measured < 1.2 * sigma);
        CHECK(chosen(damaged(scene(), GaussianNoise{sigma / 255, sigma / 255})) == "denoise");
    }
    CHECK(chosen(scene()).empty());
}

TEST_CASE("specks are counted") {
    const Image spoilt = damaged(scene(), SaltAndPepper{0.02, 0.02});
    const tool::Findings found = tool::examine(spoilt);
    CHECK(found.specks == doctest::Approx(0.02).epsilon(0.3));
    CHECK(tool::choose(found, 0).model == "denoise");
    CHECK(tool::choose(found, 0).why.find("specks") != std::string::npos);
    CHECK(tool::examine(scene()).specks == 0);
}

TEST_CASE("the quality of a JPEG file is that of its encoder") {
    for (const int quality : {5, 20, 50, 75, 90, 95}) {
        CAPTURE(quality);
        std::vector<std::byte> file = encode_image(scene(), ImageFormat::JPEG, quality);
        CHECK(tool::jpeg_quality(file) == doctest::Approx(quality).epsilon(0.021));
        for (std::size_t length = 0; length < 200; ++length)  // a file that is cut off is read no further
            CHECK(tool::jpeg_quality(std::span(file).first(length)) >= 0);
    }
    CHECK(tool::jpeg_quality(encode_image(scene(), ImageFormat::PNG)) == 0);
    tool::Findings found = tool::examine(scene());
    found.jpeg_quality = 30;
    CHECK(tool::choose(found, 0).model == "dejpeg");
    found.jpeg_quality = 95;
    CHECK(tool::choose(found, 0).model.empty());
}

TEST_CASE("pages and photographs, pixelated and not") {
    DEPIX_NEEDS_ROBOTO();
    const Image page = written_page();
    CHECK(tool::examine(page).is_page);
    CHECK(!tool::examine(scene()).is_page);
    CHECK(chosen(page).empty());
    Image stained = page;
    for (int y = 0; y < 240; ++y)
        for (int x = 0; x < 320; ++x) {
            const double ring = std::hypot(y - 120, x - 140) - 80;
            stained(0, y, x) *= static_cast<float>(0.9 - 0.25 * std::exp(-ring * ring / 200));
        }
    CHECK(chosen(stained) == "page_cleaner");
    for (const int window : {2, 3, 4}) {
        CAPTURE(window);
        CHECK(tool::examine(pixelate(page, window)).block == window);
        CHECK(tool::examine(pixelate(scene(), window)).block == window);
        CHECK(chosen(pixelate(scene(), window)).empty());
    }
    CHECK(chosen(pixelate(page, 2)) == "text_restorer");
    CHECK(tool::examine(page).block == 1);
    CHECK(tool::examine(scene()).block == 1);
}

TEST_CASE("an enlargement is chosen by what the picture is; tiny pictures are left alone") {
    DEPIX_NEEDS_ROBOTO();
    CHECK(tool::choose(tool::examine(written_page()), 2).model == "enlarge_pages");
    CHECK(tool::choose(tool::examine(scene()), 2).model == "enlarge_photos");
    for (const Shape shape : {Shape{3, 1, 1}, Shape{1, 23, 500}, Shape{3, 500, 2}})
        CHECK(chosen(Image(shape, 0.5f)).empty());
    for (const float level : {0.0f, 0.5f, 1.0f})
        for (const Shape shape : {Shape{3, 24, 24}, Shape{1, 100, 25}}) CHECK(chosen(Image(shape, level)).empty());
}
