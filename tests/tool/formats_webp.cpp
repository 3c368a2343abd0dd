// What the tool reads and writes of WebP (examples/depix/formats).
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "../../examples/depix/formats.hpp"
#include "../io/error_message.hpp"
#include "../io/metadata_for_tests.hpp"
#include "cut_and_change.hpp"

using namespace depix;
using namespace metadata_for_tests;

namespace {

const tool::Format& webp() { return *tool::find_format("webp"); }

ImageFile read(const Bytes& file, const ImageLimits& limits = {}) { return webp().read(file, 0, limits, "a.webp"); }

Bytes write(const ImageFile& image, int quality = 100) {
    Bytes file;
    webp().append(file, image, quality);
    return file;
}

Image pattern(Shape shape) {
    Image image(shape);
    for (std::size_t i = 0; i < image.pixels.size(); ++i)
        image.pixels[i] = static_cast<float>(i * i * 79 % 255) / 255.0f;
    return image;
}

}  // namespace

TEST_CASE("WebP: colour, grey and alpha come back exactly at quality 100") {
    for (const int channels : {1, 3})
        for (const bool has_alpha : {false, true})
            for (const auto& [height, width] : {std::pair{1, 1}, {7, 5}, {3, 300}}) {
                ImageFile image;
                image.color = pattern({channels, height, width});
                // No pixel is wholly transparent: its colour may change.
                if (has_alpha) image.alpha = Image({1, height, width}, 102 / 255.0f);
                const ImageFile back = read(write(image));
                CHECK(back.color.shape == image.color.shape);
                CHECK(back.color == image.color);
                CHECK(back.alpha == image.alpha);
                CHECK(back.warnings.empty());
            }
}

TEST_CASE("WebP: lossy files are smaller and near") {
    ImageFile image;
    image.color = Image({3, 64, 64});
    for (int c = 0; c < 3; ++c)
        for (int y = 0; y < 64; ++y)
            for (int x = 0; x < 64; ++x)
                image.color(c, y, x) = 0.5f + 0.4f * std::sin(static_cast<float>(x + 2 * y + 9 * c) / 9.0f);
    const Bytes good = write(image, 95), small = write(image, 20);
    CHECK(small.size() < good.size());
    const Image back = read(good).color;
    double sum = 0;
    for (std::size_t i = 0; i < back.pixels.size(); ++i)
        sum += std::pow(static_cast<double>(back.pixels[i] - image.color.pixels[i]), 2);
    CHECK(sum / static_cast<double>(back.pixels.size()) < 1e-3);  // 30 dB: WebP halves the resolution of colour
}

TEST_CASE("WebP: metadata, and what it has no place for") {
    ImageFile image;
    image.color = pattern({3, 6, 8});
    image.exif = camera_exif(true, 1);
    image.xmp = xmp_packet();
    image.density = {100 / metres_per_inch, 100 / metres_per_inch};
    image.icc_profile.assign(200, std::byte{1});
    std::copy_n(bytes_of("RGB ").begin(), 4, image.icc_profile.begin() + 16);
    CHECK(webp().left_out(image).empty());
    const ImageFile back = read(write(image));
    CHECK(contains_text(back.exif, "A maker"));
    CHECK(exif_number(back.exif, 0xA002, 0x8769) == 8);
    CHECK(back.density.across == doctest::Approx(image.density.across).epsilon(1e-3));
    CHECK(contains_text(back.xmp, "A person"));
    CHECK(back.icc_profile == image.icc_profile);
    CHECK(back.warnings.empty());
    image.exif.clear();
    image.iptc = iptc_data();
    CHECK(webp().left_out(image) == std::vector<std::string>{"IPTC", "pixels per inch"});
}

TEST_CASE("WebP: EXIF turns the picture") {
    ImageFile image;
    image.color = pattern({3, 6, 8});
    image.exif = camera_exif(false, 1);
    Bytes file = write(image);
    // The orientation is written as upright; here it is changed in the file.
    for (std::size_t i = 0; i + 12 <= file.size(); ++i)
        if (contains_text(
                Bytes(file.begin() + static_cast<std::ptrdiff_t>(i), file.begin() + static_cast<std::ptrdiff_t>(i) + 4),
                std::string_view("\x01\x12\0\x03", 4)))
            file[i + 9] = std::byte{6};
    CHECK(read(file).color.shape == Shape{3, 8, 6});
    CHECK(exif_number(read(file).exif, 0x0112) == 1);
}

TEST_CASE("WebP: limits, and what is not read") {
    ImageFile image;
    image.color = pattern({3, 6, 8});
    CHECK(contains(message([&] { read(write(image), {.maximum_pixels = 47}); }), "a.webp: a picture of 8x6 pixels"));
    CHECK(contains(message([&] { read(write(image), {.maximum_bytes = 20}); }), "the limit is 20"));
    image.color = Image({1, 1, 16384});
    CHECK(contains(message([&] { write(image); }), "16383"));
    // An animation: the header says so.
    Bytes file = bytes_of(std::string_view("RIFF\x16\0\0\0WEBPVP8X\x0A\0\0\0\x02\0\0\0\0\0\0\0\0\0", 30));
    CHECK(contains(message([&] { read(file); }), "a.webp: an animated WebP file"));
    CHECK(contains(message([&] { read(bytes_of(std::string_view("RIFF\x04\0\0\0WEBP", 12))); }), "damaged"));
}

TEST_CASE("WebP: cut or changed anywhere: decoded or refused, never a crash") {
    ImageFile image;
    image.color = pattern({3, 5, 6});
    image.alpha = Image({1, 5, 6}, 0.6f);
    image.exif = camera_exif(true);
    image.xmp = xmp_packet();
    for (const int quality : {50, 100}) {
        cut_and_change(write(image, quality), 0, "a.webp",
                       [](const Bytes& file) { return read(file, {.maximum_pixels = 100'000}); });
    }
}
