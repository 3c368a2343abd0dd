// Drawn pages: the fields, words, letters and layout that they are made of, and the source of pairs. All draws are
// seeded, so a test that passes once always passes.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "../io/error_message.hpp"
#include "depix/data/pages/clean_pages.hpp"
#include "depix/data/pages/handwriting.hpp"
#include "depix/data/pages/page_fields.hpp"
#include "depix/data/pages/page_script.hpp"
#include "depix/data/pages/page_words.hpp"
#include "depix/data/sources/drawn_page_source.hpp"
#include "roboto.hpp"

using namespace depix;

namespace {

double mean(const Image& image) {
    double sum = 0;
    for (const float value : image.pixels) sum += static_cast<double>(value);
    return sum / static_cast<double>(image.pixels.size());
}

double deviation(const Image& image) {
    const double middle = mean(image);
    double sum = 0;
    for (const float value : image.pixels) {
        sum += (static_cast<double>(value) - middle) * (static_cast<double>(value) - middle);
    }
    return std::sqrt(sum / static_cast<double>(image.pixels.size()));
}

bool within_0_and_1(const Image& image) {
    return std::all_of(image.pixels.begin(), image.pixels.end(), [](float v) { return v >= 0 && v <= 1; });
}
bool is_binary(const Image& image) {
    return std::all_of(image.pixels.begin(), image.pixels.end(), [](float v) { return v == 0 || v == 1; });
}

Image page(std::uint64_t index, const DrawnPageOptions& options = {}) {
    Random random(1, 0, index);
    return draw_page(random, {*roboto()}, options);
}

}  // namespace

TEST_CASE("page fields: a blur keeps what is even, spreads a point by sigma, and mirrors at the border") {
    Image even({2, 9, 7}, 0.25f);
    detail::gaussian_blur(even, 1.7);
    for (const float value : even.pixels) CHECK(value == doctest::Approx(0.25f).epsilon(1e-5));  // rounding of 13 sums

    Image point({1, 41, 41});
    point(0, 20, 20) = 1;
    detail::gaussian_blur(point, 2);
    double sum = 0, variance = 0;
    for (int y = 0; y < 41; ++y) {
        for (int x = 0; x < 41; ++x) {
            sum += static_cast<double>(point(0, y, x));
            variance += static_cast<double>(point(0, y, x)) * (x - 20) * (x - 20);
        }
    }
    CHECK(sum == doctest::Approx(1).epsilon(1e-5));
    CHECK(variance == doctest::Approx(4).epsilon(0.03));  // cut off at 3 sigma, a Gaussian loses 2.7% of its variance
    CHECK(point(0, 17, 20) == doctest::Approx(point(0, 20, 23)).epsilon(1e-5));

    Image corner({1, 5, 4});
    corner(0, 0, 0) = 1;
    detail::gaussian_blur(corner, 1);
    CHECK(mean(corner) == doctest::Approx(1 / 20.0).epsilon(1e-5));  // nothing leaves the picture
    Image same({1, 3, 3}, 0.5f);
    same(0, 1, 1) = 1;
    const Image before = same;
    detail::gaussian_blur(same, 0);
    CHECK(same == before);
}

TEST_CASE("page fields: noise has mean 0 and standard deviation 1, and is smooth") {
    Random random(2);
    for (const double cell : {1.0, 3.5, 8.0}) {
        const Image field = detail::smooth_noise(256, 256, cell, random);
        // A field has about (256 / cell)^2 independent values, each the mean of more than one grid point: 1000 for
        // cells of 8.
        CHECK(std::abs(mean(field)) < 5 / std::sqrt(1000.0));
        CHECK(deviation(field) == doctest::Approx(1).epsilon(0.1));
        double step = 0;
        for (int x = 1; x < 256; ++x) {
            step = std::max(
                step, std::abs(static_cast<double>(field(0, 100, x)) - static_cast<double>(field(0, 100, x - 1))));
        }
        // A spline is at most as steep as the largest step of its grid, 2 sqrt(3) 315/151, over one cell.
        CHECK(step < 2 * 1.7321 * 315 / 151 / cell);
    }
    CHECK(deviation(detail::cloud_noise(256, 256, 16, 3, random)) == doctest::Approx(1).epsilon(0.2));
    // A field larger than its picture, and a picture of one pixel.
    CHECK(detail::smooth_noise(3, 200, 500, random).shape == Shape{1, 3, 200});
    CHECK(detail::smooth_noise(1, 1, 1, random).shape == Shape{1, 1, 1});
}

TEST_CASE("page fields: sampling between pixels, and strokes of ink") {
    Image plane({1, 2, 2});
    plane.pixels = {0, 1, 2, 3};
    CHECK(detail::sample(plane, 0, 0, 9) == 0);
    CHECK(detail::sample(plane, 1, 1, 9) == 3);
    CHECK(detail::sample(plane, 0.5, 0.5, 9) == doctest::Approx(1.5));
    CHECK(detail::sample(plane, -0.5, 0, 9) == doctest::Approx(4.5));  // half of it is outside
    CHECK(detail::sample(plane, -1, 0, 9) == 9);
    CHECK(detail::sample(plane, 0, 2, 9) == 9);

    Image ink({1, 9, 20});
    detail::add_stroke(ink, 4, 4, 15, 4, 1);  // covers a row fully, and those beside it by 1 + 1/2 - 1
    CHECK(ink(0, 4, 10) == 1);
    CHECK(ink(0, 3, 10) == doctest::Approx(0.5));
    CHECK(ink(0, 2, 10) == 0);
    CHECK(ink(0, 4, 3) == doctest::Approx(0.5));
    CHECK(ink(0, 4, 2) == 0);
    const Image before = ink;
    detail::add_stroke(ink, -50, -50, -40, -40, 3);  // outside the paper; the address sanitizer checks this
    detail::add_stroke(ink, 5, 4, 6, 4, 0.5);        // what is ink already stays ink
    CHECK(ink == before);
}

TEST_CASE("page words: lower case after upper case, numbers of one to five digits") {
    Random random(3);
    PageWords words(random);
    int letters = 0;
    for (int i = 0; i < 300; ++i) {
        const std::u32string word = words.next(random);
        REQUIRE(!word.empty());
        CHECK(word.find(U' ') == std::u32string::npos);
        letters += static_cast<int>(word.size());
        const std::u32string number = PageWords::number(random);
        CHECK(number[0] >= U'1');
        CHECK(number[0] <= U'9');
        CHECK(number.size() <= 6);  // including a point
    }
    CHECK(letters > 900);
    CHECK(letters < 3000);
}

TEST_CASE("handwriting: within its lines, as wide as it says, and no two hands alike") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Random random(4, 0, seed);
        detail::WrittenScript hand(40, random);
        Image ink({1, 200, 500});
        const std::u32string word = U"Handwriting";
        hand.write(ink, word, 150, 100, random);
        int first = 500, last = -1, top = 200, bottom = -1;
        for (int y = 0; y < 200; ++y) {
            for (int x = 0; x < 500; ++x) {
                if (ink(0, y, x) < 0.5f) continue;
                first = std::min(first, x), last = std::max(last, x);
                top = std::min(top, y), bottom = std::max(bottom, y);
            }
        }
        REQUIRE(last > first);
        // An x-height is at most 20 pixels. Letters lean by at most 0.9, ascend by 2.5 and descend by 1.5 times that.
        CHECK(top > 100 - 2.7 * 20);
        CHECK(bottom < 100 + 1.9 * 20);
        CHECK(first > 150 - 2 * 20);
        CHECK(last < 150 + hand.width(word) + 2.5 * 20);
        CHECK(last > 150 + 0.7 * hand.width(word));
        CHECK(mean(ink) > 0.002);
        CHECK(within_0_and_1(ink));
    }
    Image a({1, 60, 100}), b({1, 60, 100});
    Random random(5);
    detail::WrittenScript one(30, random), other(30, random);
    one.write(a, U"abc", 10, 40, random);
    other.write(b, U"abc", 10, 40, random);
    CHECK(a != b);
    // Outside the paper, and characters that have no letter of their own.
    one.write(a, U"abc,;\u00E4\u017F+9", -500, 900, random);
}

TEST_CASE("page fonts: those that are there, or an error that names packages") {
    CHECK(contains(message([] { page_fonts({"No-Such-Font", "Nor-This"}); }), "No-Such-Font: neither"));
    CHECK(contains(message([] { page_fonts({"No-Such-Font", "Nor-This"}); }), "fonts-liberation"));
    CHECK(contains(message([] { page_fonts({}); }), "page_fonts"));
    DEPIX_NEEDS_ROBOTO();
    CHECK(page_fonts({"No-Such-Font", "Roboto-Regular"}).size() == 1);
}

TEST_CASE("draw_page: text on blank paper, the same from the same Random") {
    DEPIX_NEEDS_ROBOTO();
    double ink = 0;
    int blank = 0;
    for (std::uint64_t index = 0; index < 40; ++index) {
        const Image drawn = page(index, {.height = 128, .width = 160});
        REQUIRE(drawn.shape == Shape{1, 128, 160});
        CHECK(within_0_and_1(drawn));
        const double share = 1 - mean(drawn);
        ink += share / 40;
        if (share < 0.002) ++blank;
        CHECK(share < 0.6);
        // The paper is exactly white, because no damage has been applied yet.
        CHECK(std::count(drawn.pixels.begin(), drawn.pixels.end(), 1.0f) > 128 * 160 / 4);
    }
    CHECK(ink > 0.05);  // printed pages have 5% to 15% of ink
    CHECK(ink < 0.25);
    CHECK(blank < 10);  // these are gaps between paragraphs, and margins
    CHECK(page(3) == page(3));
    CHECK(page(3) != page(4));
}

TEST_CASE("draw_page: binary pages are the others at one half") {
    DEPIX_NEEDS_ROBOTO();
    for (std::uint64_t index = 0; index < 4; ++index) {
        const Image grey = page(index), binary = page(index, {.binary = true});
        CHECK(is_binary(binary));
        bool same = true;
        for (std::size_t i = 0; i < grey.pixels.size(); ++i) {
            same = same && binary.pixels[i] == (grey.pixels[i] > 0.5f ? 1.0f : 0.0f);
        }
        CHECK(same);
        CHECK(page(index, {.binary = true, .threshold = 0.75}) == binarize(grey, 0.75));
    }
}

TEST_CASE("draw_page: printed pages take the fonts, written ones do not") {
    DEPIX_NEEDS_ROBOTO();
    const std::vector<Font> one{*roboto()}, two{*roboto(), *roboto()};
    const auto drawn = [](const std::vector<Font>& fonts, double handwritten) {
        Random random(6);
        return draw_page(random, fonts, {.height = 96, .width = 96, .handwritten = handwritten});
    };
    CHECK(drawn(one, 1) == drawn(two, 1));
    CHECK(drawn(one, 0) != drawn(one, 1));
}

TEST_CASE("draw_page: strokes change only as much as they are told to") {
    DEPIX_NEEDS_ROBOTO();
    DrawnPageOptions options{.height = 128, .width = 128, .handwritten = 0, .min_margin = -0.2, .max_margin = 0};
    options.stroke_change = 0;
    int changed = 0;
    for (std::uint64_t index = 0; index < 10; ++index) {
        const Image plain = page(index, options);
        DrawnPageOptions more = options;
        more.stroke_change = 1;
        const Image pressed = page(index, more);
        // Far from ink the page stays paper, because blurs reach 3 x 1.2 pixels and are cut off at 1/4 or more.
        Image near = plain;
        detail::gaussian_blur(near, 4);
        for (std::size_t i = 0; i < near.pixels.size(); ++i) {
            if (near.pixels[i] > 0.9999f) CHECK(pressed.pixels[i] == 1.0f);
        }
        if (plain != pressed) ++changed;
    }
    CHECK(changed > 5);  // all except blank ones
}

TEST_CASE("draw_page: bad options are errors") {
    DEPIX_NEEDS_ROBOTO();
    const auto refused = [](auto change) {
        DrawnPageOptions options;
        change(options);
        return message([&] { page(0, options); });
    };
    CHECK(contains(refused([](DrawnPageOptions& o) { o.height = 0; }), "draw_page: the height from 0"));
    CHECK(contains(refused([](DrawnPageOptions& o) { o.width = -4; }), "width"));
    CHECK(contains(refused([](DrawnPageOptions& o) { o.smallest_size = 49; }), "size from 49 to 48"));
    CHECK(contains(refused([](DrawnPageOptions& o) { o.largest_size = 501; }), "4 to 500"));
    CHECK(contains(refused([](DrawnPageOptions& o) { o.max_margin = 0.5; }), "margin"));
    CHECK(contains(refused([](DrawnPageOptions& o) { o.min_spacing = 0; }), "spacing"));
    CHECK(contains(refused([](DrawnPageOptions& o) { o.handwritten = 1.5; }), "handwritten"));
    CHECK(contains(refused([](DrawnPageOptions& o) { o.tables = -1; }), "tables"));
    CHECK(contains(refused([](DrawnPageOptions& o) { o.rotation = 90; }), "rotation"));
    CHECK(contains(refused([](DrawnPageOptions& o) { o.stroke_change = 2; }), "strokes"));
    CHECK(contains(message([] {
                       Random random;
                       draw_page(random, {});
                   }),
                   "no font"));
}

TEST_CASE("draw_page: tiny and long pages, the smallest and largest text") {
    DEPIX_NEEDS_ROBOTO();  // the address sanitizer checks these
    for (std::uint64_t index = 0; index < 6; ++index) {
        CHECK(page(index, {.height = 1, .width = 1}).shape == Shape{1, 1, 1});
        CHECK(page(index, {.height = 5, .width = 200, .smallest_size = 4, .largest_size = 4}).shape.width == 200);
        CHECK(page(index, {.height = 150, .width = 20, .smallest_size = 200, .largest_size = 200}).shape.height == 150);
    }
}

TEST_CASE("drawn page source: pairs from epoch and index alone, whatever the thread") {
    DEPIX_NEEDS_ROBOTO();
    const Shape shape{1, 96, 112};
    const DrawnPageSource source({*roboto()}, {.shape = shape, .pairs = 7, .page = {.binary = true}, .seed = 3});
    static_assert(PairSource<DrawnPageSource>);
    CHECK(source.size() == 7);
    CHECK(source.input_shape() == shape);
    CHECK(source.target_shape() == shape);
    std::array<Image, 3> inputs, targets;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 3; ++i) {
        inputs[i] = targets[i] = Image(shape);
        threads.emplace_back([&, i] { source.pair(1, 5, inputs[i].view(), targets[i].view()); });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(inputs[0] == inputs[1]);
    CHECK(inputs[0] == inputs[2]);
    CHECK(targets[0] == targets[1]);
    CHECK(is_binary(targets[0]));
    CHECK(!is_binary(inputs[0]));
    CHECK(within_0_and_1(inputs[0]));

    Image input(shape), target(shape);
    source.pair(2, 5, input.view(), target.view());
    CHECK(target != targets[0]);
    source.pair(1, 6, input.view(), target.view());
    CHECK(target != targets[0]);
}

TEST_CASE("drawn page source: the damage sees smooth edges, and the options count") {
    DEPIX_NEEDS_ROBOTO();
    const Shape shape{1, 80, 80};
    const Damage nothing = [](Image&, Random&) {};
    Image grey(shape), input(shape), target(shape);
    DrawnPageSource({*roboto()}, {.shape = shape, .damage = nothing}).pair(4, 0, input.view(), grey.view());
    CHECK(input == grey);
    DrawnPageSource({*roboto()}, {.shape = shape, .page = {.binary = true}, .damage = nothing})
        .pair(4, 0, input.view(), target.view());
    CHECK(input == grey);
    CHECK(is_binary(target));

    const DrawnPageSource validation({*roboto()}, {.shape = shape, .redraw = Redraw::Never});
    Image later(shape);
    validation.pair(0, 2, input.view(), target.view());
    validation.pair(9, 2, later.view(), grey.view());
    CHECK(later == input);
    CHECK(grey == target);

    const auto refused = [&](DrawnPageSourceOptions options) {
        return message([&] {
            const DrawnPageSource source({*roboto()}, options);
            source.pair(0, 0, input.view(), target.view());
        });
    };
    CHECK(contains(refused({.shape = {3, 80, 80}}), "3x80x80"));
    CHECK(contains(refused({.shape = {1, 0, 80}}), "height"));
    CHECK(contains(refused({.pairs = 0}), "no pair"));
    CHECK(contains(refused({.page = {.gaps = 2}}), "gaps"));
    CHECK(contains(refused({.shape = shape,
                            .damage =
                                [](Image& image, Random&) {
                                    image = Image({1, 2, 2});
                                }}),
                   "a page of 1x2x2 of one of 1x80x80"));
    CHECK(contains(message([] { DrawnPageSource({}); }), "no font"));
}
