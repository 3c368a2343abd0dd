// Damages of pages: their strengths are measured on a page of bars, they must depend on the Random alone, and wrong
// parameters are errors. All draws are seeded, so a test that passes once always passes.
#include "depix/data/pages/degrade_page.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "../io/error_message.hpp"
#include "roboto.hpp"

using namespace depix;

namespace {

/// Upright bars of ink, 6 wide and 40 high, in the left two thirds of white paper.
Image bars(int height = 96, int width = 120) {
    Image page({1, height, width}, 1.0f);
    for (int y = 20; y < std::min(60, height); ++y) {
        for (int x = 8; x < width * 2 / 3; ++x) {
            if (x % 16 < 6) page(0, y, x) = 0;
        }
    }
    return page;
}

Image blank(int height = 96, int width = 120) { return Image({1, height, width}, 1.0f); }

Image damaged(Image page, const Damage& damage, std::uint64_t seed = 1) {
    Random random(seed);
    damage(page, random);
    return page;
}

double mean(const Image& image) {
    double sum = 0;
    for (const float value : image.pixels) sum += static_cast<double>(value);
    return sum / static_cast<double>(image.pixels.size());
}
float darkest(const Image& image) { return *std::min_element(image.pixels.begin(), image.pixels.end()); }
float lightest(const Image& image) { return *std::max_element(image.pixels.begin(), image.pixels.end()); }

bool nowhere_lighter(const Image& after, const Image& before) {
    return std::equal(after.pixels.begin(), after.pixels.end(), before.pixels.begin(),
                      [](float a, float b) { return a <= b + 1e-6f; });  // allows for the rounding of products
}

std::string refusal(const Damage& damage, Image page = bars()) {
    return message([&] { damaged(page, damage); });
}

}  // namespace

TEST_CASE("page damages: the same Random, the same damage; the shape stays, values are 0..1; grey pages only") {
    const std::vector<std::pair<const char*, Damage>> damages{{"PageBlur", PageBlur{}},
                                                              {"FadedInk", FadedInk{}},
                                                              {"PaperTexture", PaperTexture{}},
                                                              {"UnevenLight", UnevenLight{}},
                                                              {"Stains", Stains{}},
                                                              {"BleedThrough", BleedThrough{}},
                                                              {"Folds", Folds{}}};
    for (const auto& pair : damages) {  // no structured binding: clang's OpenMP cannot capture one
        const char* const name = pair.first;
        const Damage& damage = pair.second;
        CAPTURE(name);
        int changed = 0;
        for (std::uint64_t seed = 0; seed < 12; ++seed) {
            const Image after = damaged(bars(), damage, seed);
            CHECK(after == damaged(bars(), damage, seed));
            CHECK(after.shape == bars().shape);
            CHECK(darkest(after) >= 0);
            CHECK(lightest(after) <= 1);
            if (after != bars()) ++changed;
        }
        CHECK(changed > 8);
        CHECK(damaged(bars(), damage, 1) != damaged(bars(), damage, 2));
        CHECK(damaged(Image({1, 1, 1}, 0.5f), damage).shape == Shape{1, 1, 1});
        CHECK(damaged(Image({1, 3, 70}, 0.5f), damage).shape == Shape{1, 3, 70});
        CHECK(contains(refusal(damage, Image({3, 8, 8})), name));
        CHECK(contains(refusal(damage, Image({3, 8, 8})), "3x8x8"));
        CHECK_THROWS_AS(damaged(Image({1, 0, 8}), damage), ShapeError);
    }
}

TEST_CASE("PageBlur: as wide as its sigma and length, and light is neither lost nor moved") {
    Image point({1, 61, 61});
    point(0, 30, 30) = 1;
    const auto moments = [&](const PageBlur& blur) {
        const Image spread = damaged(point, blur, 5);
        double sum = 0, across = 0, down = 0, variance = 0;
        for (int y = 0; y < 61; ++y) {
            for (int x = 0; x < 61; ++x) {
                const auto value = static_cast<double>(spread(0, y, x));
                sum += value;
                across += value * (x - 30);
                down += value * (y - 30);
                variance += value * ((x - 30) * (x - 30) + (y - 30) * (y - 30));
            }
        }
        CHECK(sum == doctest::Approx(1).epsilon(1e-4));  // rounding of some hundred sums
        CHECK(std::abs(across) < 0.1);
        CHECK(std::abs(down) < 0.1);
        return variance;
    };
    // The sum over both axes is 2 sigma^2, less the 2.7% that a Gaussian loses when it is cut off at 3 sigma. A disc of
    // radius 2 sigma has the same variance, and about 1/12 of a pixel more for its soft edge.
    CHECK(moments({.min_sigma = 2, .max_sigma = 2, .discs = 0, .moved = 0}) == doctest::Approx(8).epsilon(0.03));
    CHECK(moments({.min_sigma = 2, .max_sigma = 2, .discs = 1, .moved = 0}) == doctest::Approx(8).epsilon(0.06));
    // A straight path of 12 pixels has a variance of 12^2 / 12, and bilinear tent functions add at most 1/2. A bent
    // path has less.
    const PageBlur motion{.moved = 1, .focused = 1, .min_length = 12, .max_length = 12};
    const double moved = moments(motion);
    CHECK(moved > 4);
    CHECK(moved < 13);

    const Image even = damaged(Image({1, 30, 30}, 0.4f), PageBlur{}, 8);
    for (const float value : even.pixels) CHECK(value == doctest::Approx(0.4f).epsilon(1e-4));
    CHECK(contains(refusal(PageBlur{.min_sigma = 3}), "PageBlur: sigma from 3 to 2.2"));
    CHECK(contains(refusal(PageBlur{.max_length = 1000}), "length"));
    CHECK(contains(refusal(PageBlur{.moved = 2}), "moved"));
    CHECK(contains(refusal(PageBlur{.discs = -1}), "discs"));
    CHECK(contains(refusal(PageBlur{.max_sigma = std::numeric_limits<double>::quiet_NaN()}), "sigma"));
}

TEST_CASE("FadedInk: paper stays, ink has its density") {
    const FadedInk plain{.min_density = 0.6, .max_density = 0.6, .variation = 0, .hollow = 0, .breaks = 0};
    const Image page = bars(), faded = damaged(page, plain);
    bool exact = true;
    for (std::size_t i = 0; i < page.pixels.size(); ++i) {
        exact = exact && std::abs(faded.pixels[i] - (page.pixels[i] == 1 ? 1.0f : 0.4f)) < 1e-6f;  // one rounding
    }
    CHECK(exact);
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        const Image any = damaged(page, FadedInk{}, seed);
        CHECK(nowhere_lighter(page, any));
        for (std::size_t i = 0; i < page.pixels.size(); ++i) {
            if (page.pixels[i] == 1 ? any.pixels[i] != 1 : any.pixels[i] > 0.9001f) FAIL("paper, or no ink left");
        }
    }
    CHECK(damaged(blank(), FadedInk{}) == blank());
    CHECK(contains(refusal(FadedInk{.max_density = 1.5}), "density"));
    CHECK(contains(refusal(FadedInk{.variation = -1}), "variation"));
    CHECK(contains(refusal(FadedInk{.hollow = 2}), "hollow"));
    CHECK(contains(refusal(FadedInk{.breaks = 2}), "breaks"));
}

TEST_CASE("PaperTexture: a tone and what surrounds it") {
    const PaperTexture plain{.min_tone = 0.8, .max_tone = 0.8, .clouds = 0, .grain = 0, .weave = 0, .max_specks = 0};
    const Image toned = damaged(bars(), plain);
    CHECK(lightest(toned) == doctest::Approx(0.8f));
    CHECK(darkest(toned) == 0);
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        const Image paper = damaged(blank(), PaperTexture{}, seed);
        CHECK(mean(paper) > 0.55);  // the tone is 0.7 or more, and varies by a twentieth
        CHECK(mean(paper) <= 1);
        CHECK(lightest(paper) > darkest(paper));
    }
    CHECK(contains(refusal(PaperTexture{.min_tone = 1.5}), "tone"));
    CHECK(contains(refusal(PaperTexture{.clouds = 2}), "clouds"));
    CHECK(contains(refusal(PaperTexture{.grain = -1}), "grain"));
    CHECK(contains(refusal(PaperTexture{.weave = 2}), "weave"));
    CHECK(contains(refusal(PaperTexture{.max_specks = -1}), "specks"));
}

TEST_CASE("UnevenLight: never brighter, smooth, no darker than its strength") {
    CHECK(damaged(bars(), UnevenLight{.max_strength = 0, .gutter = 0}) == bars());
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        const Image lit = damaged(blank(), UnevenLight{.min_strength = 0.3, .max_strength = 0.3, .gutter = 0}, seed);
        CHECK(darkest(lit) >= 0.7f - 1e-6f);
        CHECK(lightest(lit) > darkest(lit));
        for (int x = 1; x < 120; ++x) CHECK(std::abs(lit(0, 50, x) - lit(0, 50, x - 1)) < 0.02f);
        const Image book = damaged(blank(), UnevenLight{.gutter = 1}, seed);
        CHECK(lightest(book) - darkest(book) > 0.1f);  // an edge of 0.2 or more
    }
    CHECK(contains(refusal(UnevenLight{.max_strength = 2}), "strength"));
    CHECK(contains(refusal(UnevenLight{.gutter = 2}), "inner edge"));
}

TEST_CASE("Stains: only darken, and something is left of the paper") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const Image stained = damaged(bars(), Stains{.rings = 0.3, .sheets = 0.3}, seed);
        CHECK(nowhere_lighter(stained, bars()));
        const Stains ring{.min_count = 1, .max_count = 1, .rings = 1, .sheets = 0};
        CHECK(darkest(damaged(blank(), ring, seed)) >= 0.5f - 1e-6f);  // the darkness is at most a half
    }
    CHECK(damaged(bars(), Stains{.min_count = 0, .max_count = 0}) == bars());
    CHECK(contains(refusal(Stains{.min_count = 5}), "the count from 5 to 4"));
    CHECK(contains(refusal(Stains{.min_radius = 0}), "radius"));
    CHECK(contains(refusal(Stains{.max_darkness = 2}), "darkness"));
    CHECK(contains(refusal(Stains{.rings = 2}), "rings"));
    CHECK(contains(refusal(Stains{.sheets = 2}), "sheets"));
}

TEST_CASE("BleedThrough: the other side, mirrored, as strong as promised; ink only darkens") {
    BleedThrough through{.min_strength = 0.4, .max_strength = 0.4, .min_sigma = 0, .max_sigma = 0, .across = 0};
    through.other = [](int height, int width, Random&) {
        Image page({1, height, width}, 1.0f);
        for (int y = 0; y < height; ++y) std::fill_n(&page(0, y, 0), width / 3, 0.0f);  // the left third is ink
        return page;
    };
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
        const Image after = damaged(blank(), through, seed);
        double left = 0, right = 0;
        for (int y = 30; y < 66; ++y) {
            for (int x = 10; x < 50; ++x) left += static_cast<double>(after(0, y, x)) / (36 * 40);
            for (int x = 90; x < 110; ++x) right += static_cast<double>(after(0, y, x)) / (36 * 20);
        }
        CHECK(left > 0.97);  // the page is turned by a degree or two, so a corner may come in
        CHECK(right < 0.9);  // some parts may hardly show
        CHECK(darkest(after) >= 1 - 0.4f * 1.2f - 1e-6f);
        CHECK(nowhere_lighter(damaged(bars(), BleedThrough{}, seed), bars()));
        CHECK(damaged(blank(), BleedThrough{}, seed) == blank());  // without ink here there is none on the other side
    }
    through.other = [](int, int, Random&) { return Image({1, 4, 4}); };
    CHECK(contains(refusal(through), "the other side is 1x4x4, the page 1x96x120"));
    CHECK(contains(refusal(BleedThrough{.max_strength = 2}), "strength"));
    CHECK(contains(refusal(BleedThrough{.min_sigma = 9}), "sigma"));
    CHECK(contains(refusal(BleedThrough{.across = 2}), "across"));
}

TEST_CASE("Folds: lines, and most of the page as it was") {
    int dark = 0, light = 0;
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        const Image page(bars().shape, 0.7f), folded = damaged(page, Folds{.min_count = 1, .max_count = 1}, seed);
        int near = 0;
        for (const float value : folded.pixels) near += std::abs(value - 0.7f) < 0.15f ? 1 : 0;
        CHECK(near > static_cast<int>(page.pixels.size()) / 2);
        dark += darkest(folded) < 0.65f ? 1 : 0;
        light += lightest(folded) > 0.71f ? 1 : 0;
    }
    CHECK(dark > 8);  // about 18 lines are dark and 12 light; a few miss the page or are faint
    CHECK(light > 4);
    CHECK(damaged(bars(), Folds{.min_count = 0, .max_count = 0}) == bars());
    CHECK(contains(refusal(Folds{.max_count = -1}), "count"));
    CHECK(contains(refusal(Folds{.max_strength = 2}), "strength"));
    CHECK(contains(refusal(Folds{.min_width = 0}), "width"));
}

TEST_CASE("Watermark: over the ink it pales it, under it ink stays; grey and opacity as promised") {
    DEPIX_NEEDS_ROBOTO();
    Watermark mark{.fonts = {*roboto()}, .min_count = 2, .max_count = 2, .min_size = 0.4};
    mark.min_opacity = mark.max_opacity = 0.5;
    mark.min_grey = mark.max_grey = 0.4;
    mark.words = {U"HMH"};
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
        CAPTURE(seed);
        mark.under = 1;
        const Image under = damaged(bars(), mark, seed);
        CHECK(nowhere_lighter(under, bars()));
        mark.under = 0;
        const Image over = damaged(bars(), mark, seed);
        CHECK(lightest(over) <= 1);
        for (std::size_t i = 0; i < over.pixels.size(); ++i) {
            const bool ink = bars().pixels[i] == 0;
            // One word turns 1 into 1/2 + 0.4/2 = 0.7 and 0 into 0.2. A second one makes that 0.55 and 0.3. Under the
            // ink it is 0.49.
            if (ink ? over.pixels[i] > 0.3001f : over.pixels[i] < 0.5499f) FAIL("over ", i, " ", over.pixels[i]);
            if (ink ? under.pixels[i] != 0 : under.pixels[i] < 0.4899f) FAIL("under ", i, " ", under.pixels[i]);
        }
        CHECK(over == damaged(bars(), mark, seed));
        CHECK(mean(damaged(blank(), mark, seed)) < 0.999);
        mark.repeated = 1;
        CHECK(mean(damaged(blank(), mark, seed)) < 0.98);  // the words are all over the page
        mark.repeated = 0;
    }
    mark.framed = 1;
    CHECK(damaged(bars(), mark) == damaged(bars(), mark));
    CHECK(contains(refusal(Watermark{}), "Watermark: no font"));
    CHECK(contains(refusal(Watermark{.fonts = {*roboto()}, .words = {}}), "no word"));
    CHECK(contains(refusal(Watermark{.fonts = {*roboto()}, .max_count = 0}), "count"));
    CHECK(contains(refusal(Watermark{.fonts = {*roboto()}, .max_size = 3}), "size"));
    CHECK(contains(refusal(Watermark{.fonts = {*roboto()}, .max_opacity = 2}), "opacity"));
    CHECK(contains(refusal(Watermark{.fonts = {*roboto()}, .min_grey = -1}), "grey"));
    CHECK(contains(refusal(Watermark{.fonts = {*roboto()}, .under = 2}), "under"));
    CHECK(contains(refusal(Watermark{.fonts = {*roboto()}}, Image({3, 8, 8})), "3x8x8"));
}

TEST_CASE("the three mixtures: seeded, within 0..1, and ink stays darker than paper") {
    DEPIX_NEEDS_ROBOTO();
    const std::vector<std::pair<const char*, Damage>> mixtures{{"binarization", binarization_damage()},
                                                               {"with fonts", binarization_damage({*roboto()})},
                                                               {"deblurring", deblurring_damage()},
                                                               {"watermark", watermark_damage({*roboto()})}};
    for (const auto& pair : mixtures) {  // no structured binding: clang's OpenMP cannot capture one
        const char* const name = pair.first;
        const Damage& damage = pair.second;
        CAPTURE(name);
        double contrast = 0;
        for (std::uint64_t seed = 0; seed < 16; ++seed) {
            const Image page = bars(), after = damaged(page, damage, seed);
            CHECK(after.shape == page.shape);
            CHECK(darkest(after) >= 0);
            CHECK(lightest(after) <= 1);
            if (seed < 3) CHECK(after == damaged(page, damage, seed));
            // Within the bars' rows, in the middle of the bars and beside them.
            double ink = 0, paper = 0;
            for (int y = 30; y < 50; ++y) {
                for (int x = 16; x < 64; x += 16) {
                    ink += static_cast<double>(after(0, y, x + 2)) / 60;
                    paper += static_cast<double>(after(0, y, x + 10)) / 60;
                }
            }
            CHECK(paper - ink > 0.02);
            contrast += (paper - ink) / 16;
        }
        CHECK(contrast > 0.2);
    }
    CHECK(contains(refusal(watermark_damage({})), "no font"));
}
