// What the tool reads and writes of TIFF (examples/depix/formats). The files are written by hand or by the tool itself.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "../../examples/depix/formats.hpp"
#include "../io/error_message.hpp"
#include "../io/metadata_for_tests.hpp"
#include "cut_and_change.hpp"

using namespace depix;
using namespace metadata_for_tests;

namespace {

const tool::Format& tiff() { return *tool::find_format("TIFF"); }

ImageFile read(const Bytes& file, int page = 0, const ImageLimits& limits = {}) {
    return tiff().read(file, page, limits, "a.tif");
}

Bytes write(const ImageFile& image) {
    Bytes file;
    tiff().append(file, image, 95);
    return file;
}

Image pattern(Shape shape, int bits) {
    Image image(shape);
    const std::size_t most = bits == 8 ? 255 : 65535;
    for (std::size_t i = 0; i < image.pixels.size(); ++i)
        image.pixels[i] = static_cast<float>(i * i * 7919 % most) / static_cast<float>(most);
    return image;
}

/// A file by hand, without compression: the strips' bytes, and tags in ascending order.
Bytes by_hand(bool little, int width, int height, std::vector<Entry> entries, const std::vector<std::string>& strips) {
    TiffWriter file(little);
    Entry offsets{273, 4}, sizes{279, 4};
    for (const std::string& strip : strips) {
        offsets.numbers.push_back(file.append_data(strip));
        sizes.numbers.push_back(static_cast<std::uint32_t>(strip.size()));
    }
    entries.push_back({256, 3, {static_cast<std::uint32_t>(width)}});
    entries.push_back({257, 3, {static_cast<std::uint32_t>(height)}});
    entries.push_back({259, 3, {1}});
    entries.push_back({278, 3, {static_cast<std::uint32_t>(height)}});
    entries.push_back(offsets);
    entries.push_back(sizes);
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.tag < b.tag; });
    if (file.bytes().size() % 2 == 1) file.append_data(std::string(1, '\0'));
    file.set_first_directory(file.directory(entries));
    return file.bytes();
}

std::string bytes(std::initializer_list<int> values) {
    std::string text;
    for (const int value : values) text.push_back(static_cast<char>(value));
    return text;
}

constexpr std::uint32_t bits = 258, photometric = 262, orientation = 274, samples = 277, planar = 284, extra = 338,
                        format = 339, palette = 320, subfile = 254;

}  // namespace

TEST_CASE("TIFF: 8 and 16 bits, grey and RGB, with alpha and without, come back exactly") {
    for (const int depth : {8, 16})
        for (const int channels : {1, 3})
            for (const bool has_alpha : {false, true})
                for (const auto& [height, width] : {std::pair{1, 1}, {7, 5}, {3, 900}, {900, 3}}) {
                    ImageFile image;
                    image.color = pattern({channels, height, width}, depth);
                    if (has_alpha) image.alpha = pattern({1, height, width}, depth);
                    image.bits = depth;
                    const ImageFile back = read(write(image));
                    CHECK(back.color == image.color);
                    CHECK(back.alpha == image.alpha);
                    CHECK(back.bits == depth);
                    CHECK(back.warnings.empty());
                }
}

TEST_CASE("TIFF: pages of different sizes, one after the other") {
    Bytes file;
    std::vector<ImageFile> pages(4);
    for (int i = 0; i < 4; ++i) {
        pages[static_cast<std::size_t>(i)].color = pattern({i % 2 == 0 ? 1 : 3, 10 + i, 20 - i}, 8);
        tiff().append(file, pages[static_cast<std::size_t>(i)], 95);
        CHECK(tiff().count_pages(file, "a.tif") == i + 1);
    }
    for (int i = 0; i < 4; ++i) CHECK(read(file, i).color == pages[static_cast<std::size_t>(i)].color);
    CHECK(contains(message([&] { read(file, 4); }), "a.tif: has no page 5, only 4"));
    CHECK(contains(message([&] { read(file, 0, {.maximum_pixels = 199}); }), "20x10 pixels; the limit is 199"));
    CHECK(contains(message([&] { read(file, 0, {.maximum_bytes = 100}); }), "the limit is 100"));
}

TEST_CASE("TIFF: metadata") {
    ImageFile image;
    image.color = pattern({3, 6, 8}, 8);
    image.density = {300 / metres_per_inch, 150 / metres_per_inch};
    image.xmp = xmp_packet();
    image.iptc = iptc_data();
    image.exif = camera_exif(true);
    image.icc_profile.assign(200, std::byte{1});
    std::copy_n(bytes_of("RGB ").begin(), 4, image.icc_profile.begin() + 16);
    const ImageFile back = read(write(image));
    CHECK(back.density.across == doctest::Approx(image.density.across));
    CHECK(back.density.down == doctest::Approx(image.density.down));
    CHECK(contains_text(back.xmp, "exif:PixelXDimension='8'"));
    REQUIRE(back.iptc.size() >= image.iptc.size());
    CHECK(std::equal(image.iptc.begin(), image.iptc.end(), back.iptc.begin()));  // zeros may follow
    CHECK(back.icc_profile == image.icc_profile);
    CHECK(back.warnings.empty());
    CHECK(tiff().left_out(image).empty());
}

TEST_CASE("TIFF: EXIF, from either byte order, of every page") {
    for (const bool little : {false, true}) {
        Bytes file;
        for (const int side : {6, 7}) {
            ImageFile image;
            image.color = pattern({3, side, 8}, 8);
            image.exif = camera_exif(little);
            tiff().append(file, image, 95);
        }
        for (int page = 0; page < 2; ++page) {
            const ImageFile back = read(file, page);
            CHECK(back.color == pattern({3, 6 + page, 8}, 8));
            CHECK(back.warnings.empty());
            for (const char* text : {"A maker", "2026:02:03", "the maker's own data", "R98"})
                CHECK(contains_text(back.exif, text));
            CHECK(exif_number(back.exif, 0xA002, 0x8769) == 8);
            CHECK(exif_number(back.exif, 0xA003, 0x8769) == 6 + page);
            CHECK(exif_number(back.exif, 2, 0x8825) == 49);
            CHECK(exif_number(back.exif, 0x0100) == -1);  // how the picture is stored is not part of it
            CHECK_FALSE(contains_text(back.exif, "thumbnail"));
            // Once more through a PNG file.
            const ImageFile png = decode_image_file(encode_image_file(back, ImageFormat::PNG));
            CHECK(contains_text(png.exif, "A maker"));
            CHECK(exif_number(png.exif, 2, 0x8825) == 49);
        }
    }
}

TEST_CASE("TIFF: IPTC as Photoshop's resource, damaged EXIF, and a scanner's name") {
    const Bytes resource = detail::iptc_resource(iptc_data());
    const std::vector<Entry> grey{{bits, 3, {8}}, {photometric, 3, {1}}};
    std::vector<Entry> more = grey;
    more.push_back({34377, 1, {}, std::string(detail::as_text(resource))});
    CHECK(read(by_hand(true, 1, 1, more, {"a"})).iptc == iptc_data());
    more = grey;
    more.push_back({33723, 7, {}, "no IPTC"});
    CHECK(contains(read(by_hand(true, 1, 1, more, {"a"})).warnings.at(0), "IPTC"));
    more = grey;
    more.push_back({34665, 4, {8}});  // leads to the picture's bytes
    CHECK(contains(read(by_hand(true, 1, 1, more, {"a"})).warnings.at(0), "EXIF"));
    more = grey;
    more.push_back({271, 2, {}, std::string("A scanner\0", 10)});
    more.push_back({orientation, 3, {6}});
    const ImageFile scan = read(by_hand(true, 2, 1, more, {"ab"}));
    CHECK(contains_text(scan.exif, "A scanner"));
    CHECK(scan.color.shape == Shape{1, 2, 1});  // turned
    CHECK(scan.warnings.empty());
    more = grey;
    more.push_back({305, 2, {}, std::string("A program\0", 10)});
    CHECK(read(by_hand(true, 1, 1, more, {"a"})).exif.empty());
}

TEST_CASE("TIFF: grey of both kinds, in both byte orders, turned, in planes, with a palette") {
    for (const bool little : {false, true}) {
        CAPTURE(little);
        const std::string two = little ? bytes({1, 2, 255, 255}) : bytes({2, 1, 255, 255});
        Bytes file = by_hand(little, 2, 1, {{bits, 3, {16}}, {photometric, 3, {1}}}, {two});
        CHECK(read(file).color.pixels == std::vector<float>{513 / 65535.0f, 1});
        CHECK(read(file).bits == 16);
        file = by_hand(little, 2, 1, {{bits, 3, {8}}, {photometric, 3, {0}}}, {bytes({0, 102})});
        CHECK(read(file).color.shape == Shape{1, 1, 2});
        CHECK(read(file).color.pixels == std::vector<float>{1, 0.6f});
        file = by_hand(little, 9, 1, {{bits, 3, {1}}, {photometric, 3, {1}}}, {bytes({0xA0, 0x80})});
        CHECK(read(file).color.pixels == std::vector<float>{1, 0, 1, 0, 0, 0, 0, 0, 1});
        file = by_hand(little, 2, 1, {{bits, 3, {8, 8, 8}}, {photometric, 3, {2}}, {samples, 3, {3}}, {planar, 3, {2}}},
                       {bytes({0, 255}), bytes({51, 0}), bytes({255, 102})});
        CHECK(read(file).color.pixels == std::vector<float>{0, 1, 0.2f, 0, 1, 0.4f});
        file = by_hand(little, 3, 1, {{bits, 3, {8}}, {photometric, 3, {1}}, {orientation, 3, {6}}},
                       {bytes({0, 51, 255})});
        CHECK(read(file).color.shape == Shape{1, 3, 1});
        CHECK(read(file).color.pixels == std::vector<float>{0, 0.2f, 1});
        Entry colours{palette, 3, std::vector<std::uint32_t>(768, 0)};
        colours.numbers[1] = colours.numbers[256 + 2] = 65535;
        file = by_hand(little, 2, 1, {{bits, 3, {8}}, {photometric, 3, {3}}, colours}, {bytes({1, 2})});
        CHECK(read(file).color.pixels == std::vector<float>{1, 0, 0, 1, 0, 0});
    }
}

TEST_CASE("TIFF: alpha that colours are multiplied by, and channels that are neither") {
    const std::vector<Entry> grey{{bits, 3, {8, 8}}, {photometric, 3, {1}}, {samples, 3, {2}}};
    std::vector<Entry> multiplied = grey, unknown = grey;
    multiplied.push_back({extra, 3, {1}});
    unknown.push_back({extra, 3, {0}});
    const std::string pixels = bytes({51, 102, 0, 0, 255, 255});
    CHECK(read(by_hand(true, 3, 1, multiplied, {pixels})).color.pixels == std::vector<float>{0.5f, 0, 1});
    CHECK(read(by_hand(true, 3, 1, multiplied, {pixels})).alpha.pixels == std::vector<float>{0.4f, 0, 1});
    const ImageFile image = read(by_hand(true, 3, 1, unknown, {pixels}));
    CHECK(image.alpha == Image());
    CHECK(image.warnings.size() == 1);
}

TEST_CASE("TIFF: what is not read is refused by name") {
    const auto error = [](const std::vector<Entry>& entries, const std::string& strip) {
        return message([&] { read(by_hand(true, 1, 1, entries, {strip})); });
    };
    CHECK(contains(error({{bits, 3, {32}}, {photometric, 3, {1}}, {format, 3, {3}}}, bytes({0, 0, 0, 0})),
                   "a.tif: a TIFF file of floating-point numbers"));
    CHECK(contains(error({{bits, 3, {16}}, {photometric, 3, {1}}, {format, 3, {2}}}, bytes({0, 0})), "signed"));
    CHECK(contains(error({{bits, 3, {32}}, {photometric, 3, {1}}}, bytes({0, 0, 0, 0})), "32 bits"));
    CHECK(contains(error({{bits, 3, {8}}, {photometric, 3, {1}}, {subfile, 4, {1}}}, bytes({0})), "without a picture"));
    CHECK(contains(message([&] {
                       read(by_hand(true, 65535, 65535, {{bits, 3, {8}}, {photometric, 3, {1}}}, {"a"}));
                   }),
                   "65535x65535 pixels; the limit"));
    CHECK(contains(message([&] {
                       read(by_hand(true, 100, 100, {{bits, 3, {8}}, {photometric, 3, {1}}}, {"abc"}));
                   }),
                   "a damaged or truncated TIFF file"));
    CHECK(contains(message([&] { tool::format_of(bytes_of("GIF89a"), "a.gif"); }), "a.gif: not a picture"));
}

TEST_CASE("TIFF: cut or changed anywhere: decoded or refused, never a crash") {
    ImageFile image;
    image.color = pattern({3, 5, 6}, 16);
    image.alpha = pattern({1, 5, 6}, 16);
    image.bits = 16;
    image.xmp = xmp_packet();
    image.iptc = iptc_data();
    image.exif = camera_exif(false);
    Bytes file = write(image);
    tiff().append(file, image, 95);
    const std::string row = bytes({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
    for (const Bytes& whole :
         {file, by_hand(false, 4, 3, {{bits, 3, {8}}, {photometric, 3, {1}}}, {row}),
          by_hand(true, 4, 1, {{bits, 3, {8, 8, 8}}, {photometric, 3, {2}}, {samples, 3, {3}}}, {row})}) {
        // A TIFF file may have its pixels before its directory, so parts of it can be whole.
        cut_and_change(whole, whole.size(), "a.tif", [](const Bytes& bytes) {
            const int pages = std::min(tiff().count_pages(bytes, "a.tif"), 3);
            for (int i = 1; i < pages; ++i) read(bytes, i, {.maximum_pixels = 100'000});
            return read(bytes, 0, {.maximum_pixels = 100'000});
        });
    }
}
