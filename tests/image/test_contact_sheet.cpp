// Contact sheets: the places of the pictures.
#include "depix/image/contact_sheet.hpp"

#include <doctest/doctest.h>

using namespace depix;

TEST_CASE("contact sheet: rows and columns as large as their largest picture") {
    const Image a({1, 2, 3}, 0.1f), b({1, 4, 1}, 0.2f), c({1, 1, 5}, 0.3f);
    const Image sheet = contact_sheet({{a, b}, {c}}, {.gap = 1, .background = 0.9f});
    // The columns are 5 and 1 wide, the rows 4 and 1 high, with a gap of 1 around each.
    REQUIRE(sheet.shape == Shape{1, 8, 9});
    for (int y = 0; y < 8; ++y) {
        for (int x = 0; x < 9; ++x) {
            const bool in_a = y >= 1 && y < 3 && x >= 1 && x < 4, in_b = y >= 1 && y < 5 && x == 7;
            const bool in_c = y == 6 && x >= 1 && x < 6;
            CHECK(sheet(0, y, x) == (in_a ? 0.1f : in_b ? 0.2f : in_c ? 0.3f : 0.9f));
        }
    }
}

TEST_CASE("contact sheet: grey beside colour becomes RGB") {
    Image red({3, 2, 2});
    std::fill_n(red.pixels.begin(), 4, 1.0f);
    const Image sheet = contact_sheet({{Image({1, 2, 2}, 0.5f), red}}, {.gap = 0});
    REQUIRE(sheet.shape == Shape{3, 2, 4});
    for (int channel = 0; channel < 3; ++channel) {
        CHECK(sheet(channel, 1, 1) == 0.5f);
        CHECK(sheet(channel, 1, 2) == (channel == 0 ? 1.0f : 0.0f));
    }
}

TEST_CASE("contact sheet: large pictures are shrunk in proportion") {
    const Image sheet =
        contact_sheet({{Image({3, 100, 50}, 0.6f), Image({3, 7, 9}, 0.2f)}}, {.gap = 2, .largest_side = 20});
    REQUIRE(sheet.shape == Shape{3, 24, 25});
    CHECK(sheet(0, 12, 7) == 153.0f / 255.0f);
    CHECK(sheet(0, 2, 14) == 0.2f);
    CHECK(contact_sheet({{Image({1, 1, 1000})}}, {.gap = 0, .largest_side = 10}).shape == Shape{1, 1, 10});
}

TEST_CASE("contact sheet: what cannot be shown") {
    CHECK_THROWS_AS(contact_sheet({}), ShapeError);
    CHECK_THROWS_AS(contact_sheet({{}, {}}), ShapeError);
    CHECK_THROWS_WITH_AS(contact_sheet({{Image({4, 2, 2})}}),
                         "contact_sheet: a picture of 4x2x2; they have 1 or 3 channels", ShapeError);
    CHECK_THROWS_AS(contact_sheet({{Image({3, 0, 2})}}), ShapeError);
    CHECK_THROWS_AS(contact_sheet({{Image({1, 2, 2})}}, {.gap = -1}), Error);
    CHECK_THROWS_AS(contact_sheet({{Image({1, 2, 2})}}, {.largest_side = -1}), Error);
}
