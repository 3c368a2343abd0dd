// The published recipe: what is drawn, how it is pixelated, and that a pair depends on nothing but its Random.
#include "depix/data/text/text_images.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <string>
#include <thread>

#include "../io/error_message.hpp"
#include "../io/temporary_folder.hpp"
#include "depix/data/array.hpp"
#include "depix/image/pixelate.hpp"
#include "depix/io/atomic_file.hpp"
#include "depix/metrics/character_error_rate.hpp"
#include "depix/metrics/fidelity.hpp"
#include "roboto.hpp"

using namespace depix;

namespace {

/// True if the pixel is a multiple of 1/255.
bool is_byte(float value) { return from_byte(to_byte(value)) == value; }

}  // namespace

TEST_CASE("bytes and values convert exactly, and clamp") {
    for (int byte = 0; byte < 256; ++byte) {
        const auto expected = static_cast<std::uint8_t>(byte);
        CHECK(to_byte(from_byte(expected)) == expected);
    }
    CHECK(to_byte(-1.0f) == 0);
    CHECK(to_byte(7.0f) == 255);
    CHECK(to_byte(std::numeric_limits<float>::quiet_NaN()) == 0);
}

TEST_CASE("pixelate: means of whole windows, exact") {
    Image image({1, 4, 4});
    for (std::size_t i = 0; i < 16; ++i) image.pixels[i] = from_byte(static_cast<std::uint8_t>(10 * i));
    const Image blocks = pixelate(image, 2);
    // The upper left window holds 0, 10, 40, 50; the lower right one 100, 110, 140, 150.
    for (int y : {0, 1}) {
        for (int x : {0, 1}) {
            CHECK(blocks(0, y, x) == from_byte(25));
            CHECK(blocks(0, y + 2, x + 2) == from_byte(125));
        }
    }
    CHECK(pixelate(image, 1) == image);
    CHECK(pixelate(image, 4)(0, 3, 3) == from_byte(75));

    Image odd({1, 1, 2});
    odd.pixels = {from_byte(0), from_byte(1)};
    CHECK_THROWS_AS(pixelate(odd, 2), ShapeError);  // higher than the picture
    CHECK_THROWS_AS(pixelate(image, 0), ShapeError);
    CHECK(contains(message([&] { pixelate(image, 5); }), "1x4x4"));
}

TEST_CASE("pixelate: the fraction of a mean is dropped") {
    Image image({1, 2, 2}, from_byte(8));
    image.pixels[0] = from_byte(7);
    CHECK(pixelate(image, 2) == Image({1, 2, 2}, from_byte(7)));  // 31/4
}

TEST_CASE("pixelate: a remainder is cropped, and what is left resized back") {
    // Five columns, window 2: the last column is cropped; the blocks 10 10 30 30 are resized from 4 to 5. Output i has
    // its centre at (i + 1/2) 4/5 = 0.4, 1.2, 2.0, 2.8, 3.6, measured from the left edge. The nearest inputs are 0, 1,
    // 2, 2 and 3. Between the inputs' centres, 1/2 further left, it is 10, 10, 10 + 20/2, 30, 30.
    Image image({1, 2, 5});
    for (int y : {0, 1}) {
        for (int x = 0; x < 5; ++x) image(0, y, x) = from_byte(x < 2 ? 10 : x < 4 ? 30 : 255);
    }
    const auto check = [&](PixelateResize resize, const std::array<std::uint8_t, 5>& expected) {
        const Image blocks = pixelate(image, 2, resize);
        for (int y : {0, 1}) {
            for (int x = 0; x < 5; ++x) CHECK(blocks(0, y, x) == from_byte(expected[static_cast<std::size_t>(x)]));
        }
    };
    check(PixelateResize::Nearest, {10, 10, 30, 30, 30});
    check(PixelateResize::Bilinear, {10, 10, 20, 30, 30});
    CHECK(pixelate(image, 2) == pixelate(image, 2, PixelateResize::Nearest));
}

TEST_CASE("text images: the published recipe") {
    DEPIX_NEEDS_ROBOTO();
    const TextImages images(*roboto());
    std::array<int, 5> windows{};
    for (std::uint64_t index = 0; index < 300; ++index) {
        Random random(1, 0, index);
        const TextPair pair = images.draw(random);
        REQUIRE(pair.clean.shape == Shape{3, 64, 256});
        REQUIRE(pair.pixelated.shape == Shape{3, 64, 256});

        // There are 4 to 20 characters, with a space between every two.
        REQUIRE(pair.text.size() % 2 == 1);
        const std::size_t characters = pair.text.size() / 2 + 1;
        CHECK(characters >= 4);
        CHECK(characters <= 20);
        for (std::size_t i = 0; i < pair.text.size(); ++i) {
            const char c = pair.text[i];
            CHECK((i % 2 == 1 ? c == ' ' : images.options().alphabet.find(c) != std::string::npos));
        }
        CHECK((pair.x >= 0 && pair.x <= 200 && pair.y >= 0 && pair.y <= 20));
        REQUIRE((pair.window >= 2 && pair.window <= 4));
        ++windows[static_cast<std::size_t>(pair.window)];

        // The picture is grey: three equal channels of whole bytes. The damage is that of pixelate().
        const std::size_t area = pair.clean.shape.area();
        bool bytes = true, grey = true;
        for (std::size_t i = 0; i < area; ++i) {
            const float value = pair.clean.pixels[i];
            bytes = bytes && is_byte(value);
            grey = grey && value == pair.clean.pixels[i + area] && value == pair.clean.pixels[i + 2 * area];
        }
        CHECK(bytes);
        CHECK(grey);
        REQUIRE(pair.pixelated == pixelate(pair.clean, pair.window));
    }
    for (std::size_t window = 2; window <= 4; ++window) CHECK(windows[window] > 70);  // 100 expected
}

TEST_CASE("text images: both ways to resize are drawn, equally often") {
    const TextImages images(*roboto(),
                            {.windows = {3}, .resizes = {PixelateResize::Nearest, PixelateResize::Bilinear}});
    int bilinear = 0;
    for (std::uint64_t i = 0; i < 100; ++i) {
        Random random(0, 0, i);
        const TextPair pair = images.draw(random);
        if (pair.resize == PixelateResize::Bilinear) ++bilinear;
        REQUIRE(pair.pixelated == pixelate(pair.clean, 3, pair.resize));
    }
    CHECK(bilinear > 30);  // 50 expected, with a standard deviation of 5
    CHECK(bilinear < 70);
}

TEST_CASE("text images: the text stands where PIL puts it") {
    DEPIX_NEEDS_ROBOTO();
    // PIL 9.4, ImageDraw.text((10, 5), "E", font=ImageFont.truetype("Roboto-Regular.ttf", 16)): rows 8 to 19, columns
    // 11 to 18, the stem on a whole column. The ascender is 15 pixels above the baseline, a capital 12 pixels high.
    TextOptions options;
    options.separator = "";
    const TextImages images(*roboto(), options);
    Image clean(options.shape), pixelated(options.shape);
    images.render({"E", 0, 10, 5, 2}, pixelated.view(), clean.view());
    int first = 64, last = -1;
    for (int y = 0; y < 64; ++y) {
        for (int x = 0; x < 256; ++x) {
            if (clean(0, y, x) > 0.9f) continue;
            first = std::min(first, y);
            last = std::max(last, y);
            CHECK((x >= 11 && x <= 18));
        }
    }
    CHECK(first == 8);
    CHECK(last == 19);
    const int stem = clean(0, 15, 11) < clean(0, 15, 12) ? 11 : 12;
    for (int y = 8; y <= 19; ++y) CHECK(clean(0, y, stem) == 0.0f);
}

TEST_CASE("text images: text is clipped at the picture's edge") {
    DEPIX_NEEDS_ROBOTO();
    TextOptions options;
    options.shape = {1, 8, 20};
    options.largest_x = 30;
    const TextImages images(*roboto(), options);
    for (std::uint64_t index = 0; index < 200; ++index) {  // the address sanitizer checks these
        Random random(2, 0, index);
        images.draw(random);
    }
    Image clean(options.shape), pixelated(options.shape);
    images.render({"W W W", 0, -7, -9, 2}, pixelated.view(), clean.view());
    CHECK(xt::amin(as_array(clean))() < 0.5f);
    images.render({"W W W", 0, 500, 0, 2}, pixelated.view(), clean.view());
    CHECK(xt::amin(as_array(clean))() == 1.0f);
    CHECK_THROWS_AS(images.render({"a", 0, 0, 0, 2}, Image({3, 8, 20}).view(), clean.view()), ShapeError);
}

TEST_CASE("text images: a pair depends on its Random alone, not on threads") {
    DEPIX_NEEDS_ROBOTO();
    const TextImages images(std::vector<Font>{*roboto(), *roboto()});
    std::array<TextPair, 4> pairs;
    std::vector<std::thread> threads;
    for (auto& pair : pairs) {
        threads.emplace_back([&images, &pair] {
            Random random(3, 4, 5);
            pair = images.draw(random);
        });
    }
    for (auto& thread : threads) thread.join();
    for (const auto& pair : pairs) {
        CHECK(pair.text == pairs[0].text);
        CHECK(pair.clean == pairs[0].clean);
        CHECK(pair.pixelated == pairs[0].pixelated);
    }
    Random other(3, 4, 6);
    CHECK(images.draw(other).clean != pairs[0].clean);
}

TEST_CASE("text images: 800 fresh pairs have 21.5 dB") {
    DEPIX_NEEDS_ROBOTO();
    const TextImages images(*roboto());
    double error = 0;
    for (std::uint64_t index = 0; index < 800; ++index) {
        Random random(7, 0, index);
        const TextPair pair = images.draw(random);
        error += mean_squared_error(pair.pixelated, pair.clean) / 800;
    }
    // This is of the mean error. Its standard deviation over sets of 800 is 0.08 dB. PIL's drawings have 21.52.
    CHECK(decibels(error) == doctest::Approx(21.5).epsilon(0.01));
}

TEST_CASE("text images: several sizes, with and without spaces") {
    DEPIX_NEEDS_ROBOTO();
    const TextImages images(*roboto(), {.pixels_per_em = 12, .max_pixels_per_em = 24, .separated = 0.5});
    const TextImages single(*roboto(), {.pixels_per_em = 20});
    std::array<int, 25> sizes{};
    int separated = 0;
    for (std::uint64_t index = 0; index < 1300; ++index) {
        Random random(4, 0, index);
        const TextLine line = images.choose(random);
        REQUIRE(line.pixels_per_em >= 12);
        REQUIRE(line.pixels_per_em <= 24);
        ++sizes[static_cast<std::size_t>(line.pixels_per_em)];
        if (line.text.size() > 20) ++separated;  // 11 to 20 letters, with a space after each but the last
    }
    // 100 are expected of each size, with a standard deviation of 9.6. Of the lines 1/2 * 10/17 are counted as
    // separated, which is 382 with a standard deviation of 16.4.
    for (std::size_t size = 12; size <= 24; ++size) CHECK(std::abs(sizes[size] - 100) < 5 * 9.6);
    CHECK(std::abs(separated - 382) < 5 * 16.4);

    // The same line, drawn by the source of one size and by that of many.
    TextLine line{.text = "same", .font = 0, .x = 3, .y = 5, .window = 2, .pixels_per_em = 20};
    const Shape shape{3, 64, 256};
    Image a(shape), b(shape), clean_a(shape), clean_b(shape);
    images.render(line, a.view(), clean_a.view());
    single.render(line, b.view(), clean_b.view());
    CHECK(clean_a == clean_b);
    CHECK(a == b);
    line.pixels_per_em = 25;
    CHECK_THROWS_AS(images.render(line, a.view(), clean_a.view()), Error);
}

TEST_CASE("text images: bad options are errors") {
    DEPIX_NEEDS_ROBOTO();
    const auto refused = [](auto change) {
        TextOptions options;
        change(options);
        return message([&] { TextImages(*roboto(), options); });
    };
    CHECK(contains(refused([](TextOptions& o) { o.alphabet = ""; }), "alphabet is empty"));
    CHECK(contains(refused([](TextOptions& o) { o.alphabet = "\xC3\xA4"; }), "ASCII"));
    CHECK(contains(refused([](TextOptions& o) { o.windows = {2, 65}; }), "larger than the picture"));
    CHECK(contains(refused([](TextOptions& o) { o.windows = {}; }), "no window"));
    CHECK(contains(refused([](TextOptions& o) { o.resizes = {}; }), "no way to resize"));
    CHECK(contains(refused([](TextOptions& o) { o.min_characters = 21; }), "lengths"));
    CHECK(contains(refused([](TextOptions& o) { o.largest_y = -1; }), "places"));
    CHECK(contains(refused([](TextOptions& o) { o.pixels_per_em = 0; }), "size"));
    CHECK(contains(refused([](TextOptions& o) { o.max_pixels_per_em = 15; }), "range of sizes"));
    CHECK(contains(refused([](TextOptions& o) { o.separated = 1.5; }), "separated"));
    CHECK(contains(refused([](TextOptions& o) { o.shape.width = 0; }), "shape"));
    CHECK(contains(message([] { TextImages(std::vector<Font>{}); }), "no font"));
}

TEST_CASE("find_font: searches folders, and says which package has the font") {
    const std::string text = message([] { find_font("No-Such-Font.ttf"); });
    CHECK(contains(text, "No-Such-Font.ttf"));
    CHECK(contains(text, "/usr/share/fonts"));
    CHECK(contains(text, "fonts-roboto-unhinted"));

    const TemporaryFolder folder;
    std::filesystem::create_directories(folder.path / "deep" / "down");
    write_file(folder / "deep/down/Mine.ttf", "not a font");
    ::setenv("DEPIX_FONTS", ("/nonexistent::" + folder.path.string()).c_str(), 1);
    CHECK(find_font("Mine.ttf") == folder / "deep/down/Mine.ttf");
    CHECK(find_font("Mine") == folder / "deep/down/Mine.ttf");
    ::unsetenv("DEPIX_FONTS");
    CHECK(find_font(folder / "deep/down/Mine.ttf") == folder / "deep/down/Mine.ttf");
}

TEST_CASE("fonts: bad files are refused") {
    DEPIX_NEEDS_ROBOTO();
    const std::vector<std::byte> good = read_file(roboto()->name());
    CHECK_NOTHROW(Font(good, "good"));
    CHECK(contains(message([] { Font("/nonexistent/a.ttf"); }), "/nonexistent/a.ttf"));
    CHECK(contains(message([] { Font(roboto()->name(), 1000); }), "limit"));
    CHECK(contains(message([] { Font(std::vector<std::byte>{}, "empty.ttf"); }), "empty.ttf: is no TrueType font"));

    auto bad = good;
    bad[0] = std::byte{'O'}, bad[1] = bad[2] = std::byte{'T'}, bad[3] = std::byte{'O'};
    CHECK(contains(message([&] { Font(bad, "otto"); }), "CFF"));
    bad = good;
    bad.resize(40);
    CHECK(contains(message([&] { Font(bad, "short"); }), "cut off"));
    for (const std::size_t size : {std::size_t{200}, good.size() / 4, good.size() / 2}) {
        bad = good;
        bad.resize(size);
        CHECK_THROWS_AS(Font(bad, "cut"), FileError);
    }
    // Every table's offset, then its length, becomes nonsense. The font may be refused or useless, but must never cause
    // a crash.
    const std::size_t tables = std::to_integer<std::size_t>(good[5]);
    for (std::size_t table = 0; table < tables; ++table) {
        for (const std::size_t field : {8u, 12u}) {
            bad = good;
            for (std::size_t i = 0; i < 4; ++i) bad[12 + 16 * table + field + i] = std::byte{0xFF};
            try {
                Font font(bad, "nonsense");
                font.glyph('g', 16);
            } catch (const FileError&) {
            }
        }
    }
}

TEST_CASE("arrays: Image and Tensor share memory with xtensor, and come back") {
    Image image({2, 3, 4}, 0.25f);
    auto array = as_array(image);
    array(1, 2, 3) = 1.0f;
    CHECK(image(1, 2, 3) == 1.0f);
    CHECK(to_image(array) == image);
    const Image inverted = to_image(1.0f - as_array(image));
    CHECK(inverted(0, 0, 0) == 0.75f);
    CHECK(inverted(1, 2, 3) == 0.0f);
    CHECK_THROWS_AS(to_image(xt::xtensor<float, 2>::from_shape({2, 2})), ShapeError);

    Tensor<float> tensor(2, {1, 2, 2}, 3.0f);
    as_array(tensor)(1, 0, 1, 1) = 5.0f;
    CHECK(tensor.data.back() == 5.0f);
    CHECK(to_tensor(2 * as_array(tensor)).data.back() == 10.0f);
    CHECK(as_array(tensor.view())(1, 0, 1, 1) == 5.0f);
    CHECK_THROWS_AS(as_array(Tensor<float>(2, {4, 2, 2}).view().slice(1, 2)), ShapeError);

    const xt::xtensor<float, 4> batch = xt::ones<float>({2, 3, 4, 5});
    const View<const float> view = as_view(batch);
    CHECK(view.batch == 2);
    CHECK(view.shape() == Shape{3, 4, 5});
}

TEST_CASE("text images: the visible text is what is not cut off") {
    DEPIX_NEEDS_ROBOTO();
    const TextImages images(*roboto());
    CHECK(images.visible_text({"a b c", 0, 0, 0, 2}) == "a b c");
    CHECK(images.visible_text({"W W W", 0, 225, 0, 2}) == "W ");  // 14, 4 and 14 pixels wide: the second W is cut
    CHECK(without_spaces(images.visible_text({"a b c", 0, 0, 60, 2})).empty());
}
