// Unusual but valid pictures are read, and what depix does not read is refused by name.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "depix/io/image_file.hpp"
#include "depix/random.hpp"
#include "error_message.hpp"
#include "largest_difference.hpp"

using namespace depix;

namespace {

using Bytes = std::vector<std::byte>;

Image test_image(int channels, int height = 37, int width = 45) {
    Image image({channels, height, width});
    for (int c = 0; c < channels; ++c)
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
                image(c, y, x) = static_cast<float>((60 * c + 3 * y + 2 * x + (x * y) % 7) % 256) / 255.0f;
    return image;
}

void append_little_endian(Bytes& file, std::uint32_t value, int size) {
    for (int i = 0; i < size; ++i) file.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFF));
}
void insert(Bytes& file, std::size_t at, const std::vector<int>& values) {
    for (std::size_t i = 0; i < values.size(); ++i)
        file.insert(file.begin() + static_cast<std::ptrdiff_t>(at + i), static_cast<std::byte>(values[i]));
}
std::size_t find_marker(const Bytes& jpeg, int marker) {
    for (std::size_t i = 0; i + 1 < jpeg.size(); ++i)
        if (jpeg[i] == std::byte{0xFF} && jpeg[i + 1] == static_cast<std::byte>(marker)) return i;
    FAIL("no such marker");
    return 0;
}

/// A BMP file of 8 or 4 bits with a palette of greys.
Bytes bmp(int width, int height, int bits, std::uint32_t compression, const Bytes& rows) {
    const std::uint32_t colours = 1u << bits;
    Bytes file;
    detail::append_text(file, "BM");
    append_little_endian(file, 54 + 4 * colours + static_cast<std::uint32_t>(rows.size()), 4);
    append_little_endian(file, 0, 4);
    append_little_endian(file, 54 + 4 * colours, 4);
    append_little_endian(file, 40, 4);
    append_little_endian(file, static_cast<std::uint32_t>(width), 4);
    append_little_endian(file, static_cast<std::uint32_t>(height), 4);
    append_little_endian(file, 1, 2);
    append_little_endian(file, static_cast<std::uint32_t>(bits), 2);
    append_little_endian(file, compression, 4);
    append_little_endian(file, static_cast<std::uint32_t>(rows.size()), 4);
    append_little_endian(file, 2835, 4);
    append_little_endian(file, 2835, 4);
    append_little_endian(file, 0, 4);
    append_little_endian(file, 0, 4);
    for (std::uint32_t i = 0; i < colours; ++i) append_little_endian(file, 0x10101u * (i * 255 / (colours - 1)), 4);
    detail::append_bytes(file, rows);
    return file;
}
Bytes bytes_of(const std::vector<int>& values) {
    Bytes bytes;
    insert(bytes, 0, values);
    return bytes;
}

}  // namespace

TEST_CASE("JPEG: Huffman tables for which stb has no room are refused") {
    // Found by tests/fuzz/run: stb reads the counts of a table that its segment cuts short from the segment that
    // follows.
    Bytes file = encode_image(test_image(1), ImageFormat::JPEG);
    const std::size_t table = find_marker(file, 0xC4);
    file[table + 3] = std::byte{10};
    file[table + 2] = std::byte{0};
    CHECK(contains(message([&] { decode_image(file); }), "a Huffman table that is longer than its segment"));

    file = encode_image(test_image(1), ImageFormat::JPEG);
    for (std::size_t i = 5; i < 7; ++i) file[find_marker(file, 0xC4) + i] = std::byte{200};
    CHECK(contains(message([&] { decode_image(file); }), "a Huffman table of too many codes"));
}

TEST_CASE("JPEG: bytes between segments, restart markers too many and a missing end are forgiven") {
    const Bytes whole = encode_image(test_image(3), ImageFormat::JPEG);
    const Image expected = decode_image(whole);

    Bytes junk = whole;
    insert(junk, find_marker(junk, 0xDB), {0x12, 0x34, 0x00});
    insert(junk, find_marker(junk, 0xC0), {0x07, 0x00});
    CHECK(decode_image(junk) == expected);

    Bytes restarts = whole;
    insert(restarts, restarts.size() - 2, {0xFF, 0xD0, 0xFF, 0xD1});
    CHECK(decode_image(restarts) == expected);

    Bytes no_end(whole.begin(), whole.end() - 2);
    CHECK(decode_image(no_end) == expected);
    // A telephone writes its own data there, in which any bytes may look like a marker.
    insert(no_end, no_end.size(), {0x00, 0x00, 0x01, 0x0A, 0x53, 0x45, 0x46, 0x48, 0xFF, 0xE1, 0xFF, 0x53, 0x45, 0x46});
    CHECK(decode_image(no_end) == expected);
    CHECK(decode_image_file(no_end).color == expected);
}

TEST_CASE("JPEG: what is not there is missed, wherever the file ends") {
    const Bytes whole = encode_image(test_image(3), ImageFormat::JPEG);
    const std::size_t scan = find_marker(whole, 0xDA) + 14;
    for (std::size_t size = 2; size + 20 < whole.size(); size += size < scan ? 37 : 11) {
        CAPTURE(size);
        const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK_THROWS_AS(decode_image(cut), FileError);
    }
}

TEST_CASE("JPEG: kinds that are not read are refused by name") {
    const Bytes whole = encode_image(test_image(3), ImageFormat::JPEG);
    const std::size_t frame = find_marker(whole, 0xC0);
    const auto with = [&](std::size_t at, int value) {
        Bytes file = whole;
        file[at] = static_cast<std::byte>(value);
        return message([&] { decode_image(file); });
    };
    CHECK(contains(with(frame + 4, 12), "12 bits a channel"));
    CHECK(contains(with(frame + 1, 0xC3), "lossless"));
    CHECK(contains(with(frame + 1, 0xC9), "arithmetic"));
}

TEST_CASE("JPEG: four colours are CMYK, with Adobe's marker and without") {
    // 16x8 pixels, the left half red, the right half blue-green; Adobe's marker is the first segment.
    constexpr unsigned char numbers[] = {
        255, 216, 255, 238, 0,   14,  65, 100, 111, 98,  101, 0,  100, 0,   0,   0,   0,  0,  255, 219, 0,
        67,  0,   3,   2,   2,   3,   2,  2,   3,   3,   3,   3,  4,   3,   3,   4,   5,  8,  5,   5,   4,
        4,   5,   10,  7,   7,   6,   8,  12,  10,  12,  12,  11, 10,  11,  11,  13,  14, 18, 16,  13,  14,
        17,  14,  11,  11,  16,  22,  16, 17,  19,  20,  21,  21, 21,  12,  15,  23,  24, 22, 20,  24,  18,
        20,  21,  20,  255, 192, 0,   20, 8,   0,   8,   0,   16, 4,   67,  17,  0,   77, 17, 0,   89,  17,
        0,   75,  17,  0,   255, 196, 0,  22,  0,   1,   1,   1,  0,   0,   0,   0,   0,  0,  0,   0,   0,
        0,   0,   0,   0,   9,   8,   10, 255, 196, 0,   20,  16, 1,   0,   0,   0,   0,  0,  0,   0,   0,
        0,   0,   0,   0,   0,   0,   0,  0,   255, 218, 0,   14, 4,   67,  0,   77,  0,  89, 0,   75,  0,
        0,   63,  0,   84,  209, 226, 7,  39,  0,   124, 240, 52, 150, 158, 159, 255, 217};
    const auto bytes = std::as_bytes(std::span(numbers));
    const Bytes marked(bytes.begin(), bytes.end());
    Bytes unmarked = marked;
    unmarked.erase(unmarked.begin() + 2, unmarked.begin() + 18);
    const ImageFile image = decode_image_file(marked), odd = decode_image_file(unmarked);
    CHECK(image.color.shape == Shape{3, 8, 16});
    CHECK(image.warnings.empty());
    CHECK(image.color(0, 3, 3) > 0.9f);
    CHECK(image.color(1, 3, 3) < 0.25f);
    CHECK(image.color(0, 4, 12) < 0.25f);
    CHECK(image.color(2, 4, 12) > 0.7f);
    CHECK(odd.color == image.color);
    REQUIRE(odd.warnings.size() == 1);
    CHECK(contains(odd.warnings[0], "without Adobe's marker"));
}

TEST_CASE("BMP: the first row may be the upper one, and rows may be runs") {
    Bytes upside = encode_image(test_image(3, 8, 12), ImageFormat::BMP);
    const Image expected = decode_image(upside);
    const std::uint32_t height = ~8u + 1;
    for (int i = 0; i < 4; ++i)
        upside[22 + static_cast<std::size_t>(i)] = static_cast<std::byte>(height >> (8 * i) & 0xFF);
    const Image turned = decode_image(upside);
    REQUIRE(turned.shape == expected.shape);
    for (int y = 0; y < 8; ++y)
        for (int x = 0; x < 12; ++x) CHECK(turned(1, y, x) == expected(1, 7 - y, x));

    // Four columns and two rows, the lower row first: a run of four; three literal colours and a run of one.
    const Bytes runs = bytes_of({4, 200, 0, 0, 0, 3, 10, 20, 30, 0, 1, 40, 0, 1});
    const Image by_runs = decode_image(bmp(4, 2, 8, 1, runs), 1);
    REQUIRE(by_runs.shape == Shape{1, 2, 4});
    const int values[] = {10, 20, 30, 40, 200, 200, 200, 200};
    for (std::size_t i = 0; i < 8; ++i)
        CHECK(static_cast<double>(by_runs.pixels[i]) == doctest::Approx(values[i] / 255.0).epsilon(1e-4));

    // Five columns of 4 bits: a run of two alternating colours; a jump to the right, which leaves colour 0.
    const Image small = decode_image(bmp(5, 1, 4, 2, bytes_of({3, 0xF0, 0, 2, 1, 0, 1, 0x80, 0, 1})), 1);
    const int sixteenths[] = {15, 0, 15, 0, 8};
    for (std::size_t i = 0; i < 5; ++i)
        CHECK(static_cast<double>(small.pixels[i]) == doctest::Approx(sixteenths[i] / 15.0).epsilon(1e-2));

    CHECK(contains(message([] {
                       decode_image(bmp(4, 2, 8, 1, bytes_of({4, 1, 0, 0, 4, 1, 0, 0, 4, 1})));
                   }),
                   "runs that leave the picture"));
    CHECK(contains(message([] { decode_image(bmp(4, 2, 8, 1, bytes_of({4, 1}))); }), "truncated"));
    CHECK(contains(message([] { decode_image(bmp(4, 2, 8, 5, {})); }), "compression number 5"));
    CHECK_THROWS_AS(decode_image(bmp(60000, 60000, 8, 1, bytes_of({0, 1}))), FileError);
}

TEST_CASE("PNG: Apple's kind has blue first, and colours multiplied by alpha") {
    const std::vector<int> rows = {0, 30, 60, 90, 128, 0, 10, 20, 30, 255};  // two rows of one pixel
    const Bytes plain = bytes_of(rows);
    const detail::ZlibStream stream(plain);
    const auto deflated = stream.bytes().subspan(2, stream.bytes().size() - 6);  // without zlib's header and checksum
    Bytes file, header;
    detail::append_text(file, "\x89PNG\r\n\x1A\n");
    detail::append_png_chunk(file, "CgBI", bytes_of({0x50, 0, 0x20, 2}));
    detail::append_big_endian(header, 1, 4);
    detail::append_big_endian(header, 2, 4);
    detail::append_big_endian(header, 0x08060000, 4);
    detail::append_big_endian(header, 0, 1);
    detail::append_png_chunk(file, "IHDR", header);
    detail::append_png_chunk(file, "IDAT", deflated);
    detail::append_png_chunk(file, "IEND", {});
    const Image image = decode_image(file);
    REQUIRE(image.shape == Shape{4, 2, 1});
    CHECK(static_cast<double>(image(0, 0, 0)) == doctest::Approx(90 / 128.0).epsilon(1e-4));
    CHECK(static_cast<double>(image(2, 0, 0)) == doctest::Approx(30 / 128.0).epsilon(1e-4));
    CHECK(image(0, 1, 0) == 30 / 255.0f);
}

TEST_CASE("pixels per inch go with the picture, in every format") {
    ImageFile file;
    file.color = test_image(1);
    file.density = {300 / metres_per_inch, 150 / metres_per_inch};
    for (const ImageFormat format : {ImageFormat::PNG, ImageFormat::JPEG, ImageFormat::BMP}) {
        const ImageFile again = decode_image_file(encode_image_file(file, format));
        CHECK(again.density.across * metres_per_inch == doctest::Approx(300).epsilon(1e-3));
        CHECK(again.density.down * metres_per_inch == doctest::Approx(150).epsilon(1e-3));
    }
    file.density = {};
    CHECK(decode_image_file(encode_image_file(file, ImageFormat::JPEG)).density == Density{});
}

namespace {

/// A PNG file's kind, and its values, row by row and channel by channel: numbers of `bits` bits.
struct PngKind {
    int type, channels, bits;  // type 0: grey, 2: RGB, 3: palette, 4: grey and alpha, 6: RGB and alpha
    bool interlaced, has_transparency;
    int width, height;
    std::vector<unsigned> values;

    unsigned at(int x, int y, int c) const { return values[static_cast<std::size_t>((y * width + x) * channels + c)]; }
};

/// Packs the pixels x0, x0 + dx, ... of the rows y0, y0 + dy, ..., each row after the number of its filter, 0 to 4.
void append_rows(Bytes& raw, const PngKind& kind, int x0, int y0, int dx, int dy) {
    const std::size_t step = static_cast<std::size_t>(std::max(1, kind.channels * kind.bits / 8));
    std::vector<unsigned> above;
    if (x0 >= kind.width) return;
    for (int y = y0; y < kind.height; y += dy) {
        std::vector<unsigned> row;
        unsigned byte = 0, filled = 0;
        const auto put = [&](unsigned value, unsigned count) {
            byte = byte << count | value;
            if ((filled += count) == 8) row.push_back(std::exchange(byte, filled = 0));
        };
        const auto bits = static_cast<unsigned>(kind.bits);
        for (int x = x0; x < kind.width; x += dx)
            for (int c = 0; c < kind.channels; ++c) {
                const unsigned value = kind.at(x, y, c);
                if (bits == 16) put(value >> 8, 8);
                put(value & 0xFF, std::min(bits, 8u));
            }
        while (filled > 0) put(0, 1);
        const int filter = y % 5;
        raw.push_back(static_cast<std::byte>(filter));
        if (above.empty()) above.resize(row.size());
        for (std::size_t i = 0; i < row.size(); ++i) {
            const int left = i >= step ? static_cast<int>(row[i - step]) : 0, up = static_cast<int>(above[i]);
            const int corner = i >= step ? static_cast<int>(above[i - step]) : 0, guess = left + up - corner;
            const int to_left = std::abs(guess - left), to_up = std::abs(guess - up),
                      to_corner = std::abs(guess - corner);
            const int paeth = to_left <= to_up && to_left <= to_corner ? left : to_up <= to_corner ? up : corner;
            const int predicted[] = {0, left, up, (left + up) / 2, paeth};
            raw.push_back(static_cast<std::byte>(static_cast<int>(row[i]) - predicted[filter]));
        }
        above = row;
    }
}

/// The file; `palette` and `transparency` may be empty.
Bytes write_by_hand(const PngKind& kind, const Bytes& palette, const Bytes& transparency) {
    Bytes raw, header, stream, file;
    constexpr int passes[][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                 {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    if (kind.interlaced)
        for (const auto& [x0, y0, dx, dy] : passes) append_rows(raw, kind, x0, y0, dx, dy);
    else
        append_rows(raw, kind, 0, 0, 1, 1);
    detail::append_big_endian(header, static_cast<std::uint32_t>(kind.width), 4);
    detail::append_big_endian(header, static_cast<std::uint32_t>(kind.height), 4);
    for (const int byte : {kind.bits, kind.type, 0, 0, kind.interlaced ? 1 : 0})
        header.push_back(static_cast<std::byte>(byte));
    // zlib: one block that is not compressed, and Adler's checksum.
    const auto size = static_cast<std::uint32_t>(raw.size());
    for (const std::uint32_t byte : {0x78u, 0x01u, 0x01u, size & 0xFF, size >> 8, ~size & 0xFF, ~size >> 8 & 0xFF})
        stream.push_back(static_cast<std::byte>(byte));
    detail::append_bytes(stream, raw);
    std::uint32_t a = 1, b = 0;
    for (const std::byte byte : raw) {
        a = (a + static_cast<std::uint32_t>(byte)) % 65521;
        b = (b + a) % 65521;
    }
    detail::append_big_endian(stream, b << 16 | a, 4);
    detail::append_text(file, "\x89PNG\r\n\x1A\n");
    detail::append_png_chunk(file, "IHDR", header);
    if (!palette.empty()) detail::append_png_chunk(file, "PLTE", palette);
    if (!transparency.empty()) detail::append_png_chunk(file, "tRNS", transparency);
    const std::span all(stream);
    detail::append_png_chunk(file, "IDAT", all.first(7));
    detail::append_png_chunk(file, "IDAT", all.subspan(7));
    detail::append_png_chunk(file, "IEND", {});
    return file;
}

void check_png_kind(PngKind kind) {
    CAPTURE(kind.type);
    CAPTURE(kind.bits);
    CAPTURE(kind.interlaced);
    CAPTURE(kind.width);
    Random random(static_cast<std::uint64_t>(kind.type * 100 + kind.bits));
    const int colours = kind.bits < 8 ? 1 << kind.bits : 200;
    const int highest = kind.type == 3 ? colours - 1 : (1 << kind.bits) - 1;
    for (int i = 0; i < kind.width * kind.height * kind.channels; ++i)
        kind.values.push_back(static_cast<unsigned>(random.integer(0, highest)));
    const bool has_palette = kind.type == 3;
    Bytes palette, transparency;
    for (int i = 0; has_palette && i < 3 * colours; ++i) palette.push_back(static_cast<std::byte>(i * 37 % 256));
    if (kind.has_transparency && has_palette)
        for (int i = 0; i < colours / 2; ++i) transparency.push_back(static_cast<std::byte>(i * 91 % 256));
    else if (kind.has_transparency)  // the first pixel's colour
        for (int c = 0; c < kind.channels; ++c) detail::append_big_endian(transparency, kind.at(0, 0, c), 2);

    const ImageFile image = decode_image_file(write_by_hand(kind, palette, transparency));
    const bool has_alpha = kind.type >= 4 || kind.has_transparency;
    const int channels = kind.channels - (kind.type >= 4 ? 1 : 0);
    REQUIRE(image.color.shape.height == kind.height);
    REQUIRE(image.color.shape.width == kind.width);
    bool colours_right = true, alpha_right = true;
    for (int y = 0; y < kind.height; ++y)
        for (int x = 0; x < kind.width; ++x) {
            bool is_hidden = kind.has_transparency && !has_palette;
            for (int c = 0; c < 3; ++c) {
                const unsigned value = kind.at(x, y, channels == 3 ? c : 0);
                if (value != kind.at(0, 0, channels == 3 ? c : 0)) is_hidden = false;
                const float expected = has_palette
                                           ? static_cast<float>(palette[3 * value + static_cast<std::size_t>(c)]) / 255
                                           : static_cast<float>(value) / static_cast<float>((1 << kind.bits) - 1);
                const float got = image.color(image.color.shape.channels == 3 ? c : 0, y, x);
                colours_right = colours_right && std::abs(got - expected) < 1e-6f;
            }
            float alpha = is_hidden ? 0.0f : 1.0f;
            if (kind.type >= 4)
                alpha = static_cast<float>(kind.at(x, y, channels)) / static_cast<float>((1 << kind.bits) - 1);
            if (has_palette && kind.at(x, y, 0) < transparency.size())
                alpha = static_cast<float>(transparency[kind.at(x, y, 0)]) / 255;
            if (has_alpha) alpha_right = alpha_right && std::abs(image.alpha(0, y, x) - alpha) < 1e-6f;
        }
    CHECK(colours_right);
    CHECK(alpha_right);
    CHECK(image.alpha.pixels.empty() == !has_alpha);
}

}  // namespace

TEST_CASE("PNG: every colour type and depth, plain and interlaced, with tRNS and without") {
    for (const auto& [type, channels] : {std::pair{0, 1}, {2, 3}, {3, 1}, {4, 2}, {6, 4}})
        for (const int bits : {1, 2, 4, 8, 16})
            for (const bool interlaced : {false, true})
                for (const bool has_transparency : {false, true})
                    for (const auto& [width, height] : {std::pair{1, 1}, {3, 2}, {13, 11}, {33, 32}}) {
                        const bool exists = type == 0 || (type == 3 ? bits <= 8 : bits >= 8);
                        if (exists && !(has_transparency && type >= 4))
                            check_png_kind({type, channels, bits, interlaced, has_transparency, width, height, {}});
                    }
}
