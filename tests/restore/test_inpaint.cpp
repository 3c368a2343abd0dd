// fill_holes and inpaint: what is missing is filled, and everything else stays.
#include <doctest/doctest.h>

#include <algorithm>

#include "depix/image/fill_holes.hpp"
#include "depix/models/inpainter.hpp"
#include "depix/restore/inpaint.hpp"

using namespace depix;

namespace {

Image ramp(Shape shape) {
    Image image(shape);
    for (int c = 0; c < shape.channels; ++c)
        for (int y = 0; y < shape.height; ++y)
            for (int x = 0; x < shape.width; ++x)
                image(c, y, x) = 0.2f + 0.002f * static_cast<float>(x) + 0.003f * static_cast<float>(y + 10 * c);
    return image;
}

/// A rectangle of holes, and one thin line.
Image holes(int height, int width) {
    Image mask({1, height, width});
    for (int y = height / 4; y < height / 2; ++y) std::fill_n(&mask(0, y, width / 3), width / 4, 1.0f);
    for (int y = 0; y < height; ++y) mask(0, y, width - 3) = 0.3f;  // above 0 is missing
    return mask;
}

/// What the picture holds at missing pixels must not matter.
void spoil(Image& image, const Image& mask) {
    const std::size_t area = mask.shape.area();
    for (std::size_t i = 0; i < image.pixels.size(); ++i)
        if (mask.pixels[i % area] > 0) image.pixels[i] = i % 2 == 0 ? 1e9f : -7.f;
}

}  // namespace

TEST_CASE("holes in a smooth picture are filled smoothly, and all other pixels stay") {
    const Image clean = ramp({3, 61, 47}), mask = holes(61, 47);
    Image damaged = clean;
    spoil(damaged, mask);
    const Image filled = fill_holes(damaged, mask);
    for (std::size_t i = 0; i < clean.pixels.size(); ++i) {
        if (mask.pixels[i % mask.shape.area()] > 0)
            // A ramp solves Laplace's equation. Eight sweeps at each size end a few hundredths off: the ramp rises by
            // 0.05 within the hole.
            CHECK(filled.pixels[i] == doctest::Approx(clean.pixels[i]).epsilon(0.05));
        else
            CHECK(filled.pixels[i] == clean.pixels[i]);
    }
}

TEST_CASE("without holes a picture stays, and where everything is missing there is black") {
    const Image clean = ramp({1, 5, 8});
    CHECK(fill_holes(clean, Image({1, 5, 8})).pixels == clean.pixels);
    const Image black = fill_holes(clean, Image({1, 5, 8}, 1.0f));
    CHECK(std::all_of(black.pixels.begin(), black.pixels.end(), [](float value) { return value == 0; }));
    Image only_one({1, 5, 8}, 1.0f);
    only_one(0, 2, 3) = 0;
    const Image flat = fill_holes(clean, only_one);
    for (const float value : flat.pixels) CHECK(value == doctest::Approx(clean(0, 2, 3)));
}

TEST_CASE("a mask that does not fit is refused") {
    CHECK_THROWS_WITH_AS(fill_holes(ramp({3, 5, 8}), Image({1, 5, 7})),
                         "fill_holes: a mask of 1x5x7 for a picture of 3x5x8", ShapeError);
    CHECK_THROWS_AS(fill_holes(ramp({3, 5, 8}), Image({3, 5, 8})), ShapeError);
}

TEST_CASE("an inpainting network changes nothing outside the holes, and tiles change nothing at all") {
    const Model<Inpainter> model(3);
    const Inference network{model};
    const Image clean = ramp({3, 70, 93}), mask = holes(70, 93);
    Image damaged = clean;
    spoil(damaged, mask);
    const Image whole = inpaint(network, damaged, mask);
    const Image filled = fill_holes(damaged, mask);
    bool changed = false;
    for (std::size_t i = 0; i < clean.pixels.size(); ++i) {
        if (mask.pixels[i % mask.shape.area()] > 0)
            changed = changed || whole.pixels[i] != filled.pixels[i];
        else
            CHECK(whole.pixels[i] == damaged.pixels[i]);
    }
    CHECK(changed);
    CHECK(inpaint(network, damaged, mask, Tiles{.size = 32}).pixels == whole.pixels);
    CHECK_THROWS_AS(inpaint(network, ramp({1, 70, 93}), mask), ShapeError);
}
