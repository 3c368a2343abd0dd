// Whole picture files: what belongs to a picture survives a round trip, and malicious files do no harm.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "depix/io/image_file.hpp"
#include "error_message.hpp"
#include "largest_difference.hpp"
#include "temporary_folder.hpp"

using namespace depix;

namespace {

using Bytes = std::vector<std::byte>;
using detail::append_big_endian;
using detail::append_bytes;
using detail::append_png_chunk;
using detail::append_text;

/// Whole multiples of 1 / (2^bits - 1), smooth in the left half, otherwise in an order that suits no filter.
Image test_image(Shape shape, int bits = 8) {
    Image image(shape);
    const int maximum = (1 << bits) - 1;
    for (int c = 0; c < shape.channels; ++c)
        for (int y = 0; y < shape.height; ++y)
            for (int x = 0; x < shape.width; ++x) {
                const int smooth = 1 + 40 * c + 9 * y + 5 * x;
                const int rough = 7919 * (c + 1) * (y + 3) * (x + 11) + 104729 * x * x;
                image(c, y, x) = static_cast<float>((2 * x < shape.width ? smooth : rough) % (maximum + 1)) /
                                 static_cast<float>(maximum);
            }
    return image;
}

/// Bytes that look like an ICC profile where depix reads it: its length, and its color space at byte 16.
Bytes profile(std::size_t size, std::string_view color_space) {
    Bytes bytes;
    append_big_endian(bytes, static_cast<std::uint32_t>(size), 4);
    append_text(bytes, "lcms");
    append_big_endian(bytes, 0x02100000, 4);
    append_text(bytes, "mntr");
    append_text(bytes, color_space);
    append_text(bytes, "XYZ ");
    while (bytes.size() < size) bytes.push_back(static_cast<std::byte>(bytes.size() * bytes.size() / 7 & 0xFF));
    return bytes;
}

struct Chunk {
    std::string type;
    Bytes data;
};

/// A PNG file by hand; `rows` holds the samples of every row after its filter's number.
Bytes png(std::uint32_t width, std::uint32_t height, std::uint32_t bits, std::uint32_t color_type, const Bytes& rows,
          const std::vector<Chunk>& chunks) {
    Bytes file, header;
    append_text(file, "\x89PNG\r\n\x1A\n");
    append_big_endian(header, width, 4);
    append_big_endian(header, height, 4);
    append_big_endian(header, bits << 8 | color_type, 2);
    append_big_endian(header, 0, 3);
    append_png_chunk(file, "IHDR", header);
    for (const Chunk& chunk : chunks) append_png_chunk(file, chunk.type, chunk.data);
    append_png_chunk(file, "IDAT", detail::ZlibStream(rows).bytes());
    append_png_chunk(file, "IEND", {});
    return file;
}

Bytes numbers(std::initializer_list<int> values) {
    Bytes bytes;
    for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

/// Puts chunks after the header of a PNG file, which ends at byte 33.
Bytes with_chunk(Bytes file, const Chunk& chunk) {
    Bytes bytes;
    append_png_chunk(bytes, chunk.type, chunk.data);
    file.insert(file.begin() + 33, bytes.begin(), bytes.end());
    return file;
}
/// Puts a segment after a JPEG file's start.
Bytes with_segment(Bytes file, std::uint32_t marker, const Bytes& data) {
    Bytes bytes;
    append_big_endian(bytes, 0xFF00 | marker, 2);
    append_big_endian(bytes, static_cast<std::uint32_t>(data.size() + 2), 2);
    append_bytes(bytes, data);
    file.insert(file.begin() + 2, bytes.begin(), bytes.end());
    return file;
}

/// EXIF with an orientation after another entry. In JPEG's segment a name precedes it.
Bytes exif(int orientation, bool little, bool named) {
    Bytes bytes;
    const auto append = [&](std::uint32_t value, int size) {
        for (int i = 0; i < size; ++i)
            bytes.push_back(static_cast<std::byte>(value >> 8 * (little ? i : size - 1 - i) & 0xFF));
    };
    if (named) append_text(bytes, detail::exif_name);
    append_text(bytes, little ? "II" : "MM");
    append(42, 2);
    append(8, 4);  // the directory begins here
    append(2, 2);
    for (const std::uint32_t tag : {0x0100u, 0x0112u}) {
        append(tag, 2);
        append(3, 2);  // SHORT
        append(1, 4);
        append(tag == 0x0112 ? static_cast<std::uint32_t>(orientation) : 640u, 2);
        append(0, 2);
    }
    append(0, 4);
    return bytes;
}

/// EXIF's own definition: which side of the visible picture the stored row 0 and column 0 are.
Image as_exif_says(const Image& stored, int orientation) {
    constexpr std::pair<std::string_view, std::string_view> sides[] = {
        {"top", "left"}, {"top", "right"}, {"bottom", "right"}, {"bottom", "left"},
        {"left", "top"}, {"right", "top"}, {"right", "bottom"}, {"left", "bottom"}};
    const auto [row_0, column_0] = sides[orientation - 1];
    const auto [channels, rows, columns] = stored.shape;
    const bool upright = row_0 == "top" || row_0 == "bottom";
    Image seen(upright ? stored.shape : Shape{channels, columns, rows});
    for (int c = 0; c < channels; ++c)
        for (int row = 0; row < rows; ++row)
            for (int column = 0; column < columns; ++column) {
                const int from_row_0 = row_0 == "top" || row_0 == "left" ? row : rows - 1 - row;
                const int from_column_0 = column_0 == "top" || column_0 == "left" ? column : columns - 1 - column;
                (upright ? seen(c, from_row_0, from_column_0) : seen(c, from_column_0, from_row_0)) =
                    stored(c, row, column);
            }
    return seen;
}

double squared_error(const Image& a, const Image& b) {
    REQUIRE(a.shape == b.shape);
    double sum = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i) {
        const double difference = static_cast<double>(a.pixels[i]) - static_cast<double>(b.pixels[i]);
        sum += difference * difference;
    }
    return sum;
}

bool same(const ImageFile& a, const ImageFile& b) {
    return a.color == b.color && a.alpha == b.alpha && a.bits == b.bits && a.icc_profile == b.icc_profile;
}

/// Decodes every beginning of the file, and the file with one bit changed, for every bit that `step` selects.
void check_hostile_variants(const Bytes& file, std::size_t step) {
    const ImageLimits limits{.maximum_pixels = 1'000'000};
    const auto decode = [&](std::span<const std::byte> bytes) {
        try {
            const ImageFile read = decode_image_file(bytes, limits);
            CHECK(read.color.pixels.size() == read.color.shape.size());
        } catch (const FileError&) {
        }
    };
    for (std::size_t size = 0; size < file.size(); ++size) decode(std::span(file).first(size));
    for (std::size_t bit = 0; bit < 8 * file.size(); bit += step) {
        Bytes changed = file;
        changed[bit / 8] ^= std::byte{1} << (bit % 8);
        decode(changed);
    }
}

}  // namespace

TEST_CASE("picture file: PNG is exact in 8 and 16 bits, grey and RGB, with alpha and without, of any size") {
    for (const int bits : {8, 16})
        for (const int channels : {1, 3})
            for (const bool has_alpha : {false, true})
                for (const auto& [height, width] : {std::pair{1, 1}, {1, 7}, {9, 1}, {2, 2}, {21, 33}}) {
                    CAPTURE(bits);
                    CAPTURE(channels);
                    CAPTURE(has_alpha);
                    ImageFile written;
                    written.color = test_image({channels, height, width}, bits);
                    if (has_alpha) written.alpha = test_image({1, height, width}, bits);
                    written.bits = bits;
                    const Bytes file = encode_image_file(written, ImageFormat::PNG);
                    CHECK(same(decode_image_file(file), written));

                    // stb's reader alone gives the same.
                    const Image read = decode_image(file);
                    CHECK(read.shape == Shape{channels + (has_alpha ? 1 : 0), height, width});
                    CHECK(std::equal(written.color.pixels.begin(), written.color.pixels.end(), read.pixels.begin()));
                }
}

TEST_CASE("picture file: written values are clamped and rounded to nearest") {
    const float infinity = std::numeric_limits<float>::infinity();
    ImageFile written;
    written.color = Image({1, 1, 8});
    for (const int bits : {8, 16}) {
        const float maximum = bits == 8 ? 255.0f : 65535.0f;
        written.bits = bits;
        written.color.pixels = {-1,       2,         0.49f / maximum, 0.51f / maximum, 254.4f / maximum,
                                infinity, -infinity, std::nanf("")};
        const std::vector<float> expected = {0, 1, 0, 1 / maximum, 254 / maximum, 1, 0, 0};
        CHECK(decode_image_file(encode_image_file(written, ImageFormat::PNG)).color.pixels == expected);
    }
}

TEST_CASE("picture file: the PNG writer uses each filter where it is the best") {
    ImageFile written;
    written.color = Image({1, 6, 64});
    for (int x = 0; x < 64; ++x) {
        const int noise = (x * x * 31 + x * 17) % 256;
        written.color(0, 0, x) = static_cast<float>(x % 2 == 0 ? 1 : 255);           // small as signed bytes: None
        written.color(0, 1, x) = static_cast<float>((3 * x + 100) % 256);            // Sub
        written.color(0, 2, x) = static_cast<float>(noise);                          // whatever
        written.color(0, 3, x) = static_cast<float>(noise);                          // Up
        const int left = x == 0 ? 0 : static_cast<int>(written.color(0, 4, x - 1));  // Average
        written.color(0, 4, x) = static_cast<float>((left + noise) / 2);
        // Paeth: one half equals the row above, the other the pixel to the left.
        written.color(0, 5, x) = x < 32 ? written.color(0, 4, x) : written.color(0, 5, 31);
    }
    for (float& value : written.color.pixels) value /= 255.0f;
    const Bytes file = encode_image_file(written, ImageFormat::PNG);
    CHECK(same(decode_image_file(file), written));
    const detail::Bytes bytes(file);
    REQUIRE(bytes.big32(37) == 0x49444154);  // "IDAT"
    std::array<char, 6 * 65> rows{};
    REQUIRE(stb::stbi_zlib_decode_buffer(rows.data(), rows.size(), reinterpret_cast<const char*>(file.data() + 41),
                                         static_cast<int>(bytes.big32(33))) == 6 * 65);
    CHECK(rows[0] == 0);
    CHECK(rows[65] == 1);
    CHECK(rows[3 * 65] == 2);
    CHECK(rows[4 * 65] == 3);
    CHECK(rows[5 * 65] == 4);
}

TEST_CASE("picture file: an ICC profile goes from PNG and JPEG to PNG and JPEG") {
    const auto round_trip = [](const ImageFile& written, ImageFormat format) {
        return decode_image_file(encode_image_file(written, format)).icc_profile;
    };
    // The profiles fill a part of one JPEG segment, all of it, one byte more, and three segments.
    for (const std::size_t size : {560u, 65519u, 65520u, 140000u})
        for (const int channels : {1, 3}) {
            CAPTURE(size);
            ImageFile written;
            written.color = test_image({channels, 10, 12});
            written.icc_profile = profile(size, channels == 1 ? "GRAY" : "RGB ");
            CHECK(round_trip(written, ImageFormat::PNG) == written.icc_profile);
            CHECK(round_trip(written, ImageFormat::JPEG) == written.icc_profile);
            CHECK(round_trip(written, ImageFormat::BMP).empty());
            const ImageFile from_jpeg = decode_image_file(encode_image_file(written, ImageFormat::JPEG));
            CHECK(from_jpeg.color.shape == written.color.shape);
            CHECK(round_trip(from_jpeg, ImageFormat::PNG) == written.icc_profile);
        }
    // Profiles of the wrong color space, and bytes that are no profile.
    ImageFile written;
    written.color = test_image({1, 10, 12});
    for (const Bytes& unfit : {profile(560, "RGB "), profile(560, "CMYK"), numbers({1, 2, 3})}) {
        written.icc_profile = unfit;
        CHECK(round_trip(written, ImageFormat::PNG).empty());
        CHECK(round_trip(written, ImageFormat::JPEG).empty());
    }
    written.color = test_image({3, 10, 12});
    written.icc_profile = profile(560, "GRAY");
    CHECK(round_trip(written, ImageFormat::PNG).empty());
    // A file has at most 255 segments.
    written.icc_profile = profile(255 * 65519 + 1, "RGB ");
    CHECK(round_trip(written, ImageFormat::JPEG).empty());
    written.icc_profile.pop_back();
    CHECK(round_trip(written, ImageFormat::JPEG) == written.icc_profile);
}

TEST_CASE("picture file: parts of an ICC profile in any order, but each once") {
    const Bytes whole = profile(300, "RGB ");
    const Bytes plain = encode_image(test_image({3, 8, 8}), ImageFormat::JPEG);
    const auto with_parts = [&](std::initializer_list<std::pair<int, int>> parts) {
        Bytes file = plain;
        for (const auto& [number, count] : parts) {
            Bytes data;
            append_text(data, detail::icc_name);
            append_bytes(data, numbers({number, count}));
            const std::size_t first = number >= 1 && number <= 3 ? static_cast<std::size_t>(number - 1) * 100 : 0;
            append_bytes(data, std::span(whole).subspan(first, 100));
            file = with_segment(file, 0xE2, data);
        }
        const ImageFile read = decode_image_file(file);
        CHECK(read.color == decode_image(plain));
        return read.icc_profile;
    };
    CHECK(with_parts({{1, 3}, {2, 3}, {3, 3}}) == whole);
    CHECK(with_parts({{2, 3}, {3, 3}, {1, 3}}) == whole);
    CHECK(with_parts({}).empty());
    CHECK(with_parts({{1, 3}, {2, 3}}).empty());
    CHECK(with_parts({{1, 3}, {2, 3}, {2, 3}}).empty());
    CHECK(with_parts({{1, 3}, {2, 3}, {3, 4}}).empty());
    CHECK(with_parts({{0, 3}, {1, 3}, {2, 3}}).empty());
    CHECK(with_parts({{1, 3}, {2, 3}, {3, 3}, {4, 3}}).empty());

    // Segments of the same kind with other contents, or too short for any contents.
    Bytes other = numbers({'M', 'P', 'F', 0, 1, 2});
    CHECK(decode_image_file(with_segment(plain, 0xE2, other)).icc_profile.empty());
    other.clear();
    append_text(other, detail::icc_name);
    CHECK(decode_image_file(with_segment(plain, 0xE2, other)).icc_profile.empty());
}

TEST_CASE("picture file: a damaged or enormous ICC profile in PNG is ignored") {
    const Bytes plain = write_png(test_image({3, 4, 5}));
    const auto profile_of = [&](const Bytes& data) {
        const ImageFile read = decode_image_file(with_chunk(plain, {"iCCP", data}));
        CHECK(read.color == test_image({3, 4, 5}));
        return read.icc_profile;
    };
    Bytes good = numbers({'n', 'a', 'm', 'e', 0, 0});
    const Bytes expected = profile(560, "RGB ");
    append_bytes(good, detail::ZlibStream(expected).bytes());
    CHECK(profile_of(good) == expected);
    for (const std::size_t size : {0u, 1u, 5u, 6u, 7u, 8u, 20u, 100u})
        CHECK(profile_of(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))).empty());
    Bytes changed = good;
    changed[5] = std::byte{1};  // not zlib
    CHECK(profile_of(changed).empty());
    changed = good;
    changed[6] = std::byte{0};
    CHECK(profile_of(changed).empty());
    changed = numbers({0, 0});  // no name
    append_bytes(changed, detail::ZlibStream(expected).bytes());
    CHECK(profile_of(changed).empty());

    // A wrong checksum, which a decoder may ignore in such a chunk.
    Bytes file = with_chunk(plain, {"iCCP", good});
    CHECK(decode_image_file(file).icc_profile == expected);
    file[33 + 8 + 40] ^= std::byte{1};
    CHECK(decode_image_file(file).color == test_image({3, 4, 5}));
    CHECK(decode_image_file(file).icc_profile.empty());

    // The limit is 16 MiB: a small chunk may unpack to that much and no more.
    for (const std::size_t excess : {0u, 1u}) {
        Bytes bomb = numbers({'n', 0, 0});
        const Bytes zeros(detail::maximum_metadata_bytes + excess);
        append_bytes(bomb, detail::ZlibStream(zeros).bytes());
        CHECK(bomb.size() < zeros.size() / 100);
        CHECK(profile_of(bomb).size() == (excess == 0 ? zeros.size() : 0));
    }
}

TEST_CASE("picture file: EXIF's eight orientations, in JPEG and PNG, in both byte orders") {
    const Image color = test_image({3, 5, 8});
    ImageFile with_alpha;
    with_alpha.color = test_image({3, 5, 8}, 16);
    with_alpha.alpha = test_image({1, 5, 8}, 16);
    with_alpha.bits = 16;
    const Bytes png_file = encode_image_file(with_alpha, ImageFormat::PNG);
    const Bytes jpeg_file = encode_image(color, ImageFormat::JPEG);
    for (int orientation = 1; orientation <= 8; ++orientation)
        for (const bool little : {false, true}) {
            CAPTURE(orientation);
            const ImageFile jpeg = decode_image_file(with_segment(jpeg_file, 0xE1, exif(orientation, little, true)));
            CHECK(jpeg.color == as_exif_says(decode_image(jpeg_file), orientation));
            CHECK(jpeg.alpha == Image());
            const Chunk chunk{"eXIf", exif(orientation, little, false)};
            const ImageFile png = decode_image_file(with_chunk(png_file, chunk));
            CHECK(png.color == as_exif_says(with_alpha.color, orientation));
            CHECK(png.alpha == as_exif_says(with_alpha.alpha, orientation));
            // The picture is written upright and must not be turned again.
            CHECK(same(decode_image_file(encode_image_file(png, ImageFormat::PNG)), png));
        }

    // Impossible values, another type, a directory in another place, and a name that is only similar all mean upright.
    std::vector<Bytes> segments = {exif(0, true, true), exif(9, true, true), exif(6, true, true),
                                   exif(6, true, true), exif(6, true, true), exif(6, true, true)};
    segments[2][6 + 24] = std::byte{4};
    segments[3][6 + 7] = std::byte{0x7F};
    segments[4][4] = std::byte{1};
    segments[5].resize(6 + 30);
    for (const Bytes& segment : segments)
        CHECK(decode_image_file(with_segment(jpeg_file, 0xE1, segment)).color == decode_image(jpeg_file));
    CHECK(decode_image_file(with_chunk(png_file, {"eXIf", exif(6, true, true)})).color == with_alpha.color);
    CHECK(decode_image_file(with_chunk(png_file, {"eXIf", {}})).color == with_alpha.color);
}

TEST_CASE("picture file: palettes, with transparency and all grey") {
    // Two bits a pixel: the entries 0 1 2 3 and 3 2 1 0, after the filters' numbers.
    const Bytes rows = numbers({0, 0b00011011, 0, 0b11100100});
    const Bytes colors = numbers({255, 0, 0, 0, 255, 0, 0, 0, 255, 51, 51, 51});
    const Bytes greys = numbers({0, 0, 0, 51, 51, 51, 102, 102, 102, 255, 255, 255});
    const Bytes transparency = numbers({0, 102});  // the others are opaque

    ImageFile read = decode_image_file(png(4, 2, 2, 3, rows, {{"PLTE", colors}, {"tRNS", transparency}}));
    REQUIRE(read.color.shape == Shape{3, 2, 4});
    CHECK(read.bits == 8);
    CHECK(read.color.pixels == std::vector<float>{1, 0, 0, 0.2f, 0.2f, 0, 0, 1,  // red
                                                  0, 1, 0, 0.2f, 0.2f, 0, 1, 0,  // green
                                                  0, 0, 1, 0.2f, 0.2f, 1, 0, 0});
    REQUIRE(read.alpha.shape == Shape{1, 2, 4});
    CHECK(read.alpha.pixels == std::vector<float>{0, 0.4f, 1, 1, 1, 1, 0.4f, 0});
    CHECK(decode_image_file(png(4, 2, 2, 3, rows, {{"PLTE", colors}})).alpha == Image());

    read = decode_image_file(png(4, 2, 2, 3, rows, {{"PLTE", greys}}));
    REQUIRE(read.color.shape == Shape{1, 2, 4});
    CHECK(read.color.pixels == std::vector<float>{0, 0.2f, 0.4f, 1, 1, 0.4f, 0.2f, 0});
    CHECK(read.alpha == Image());
    read = decode_image_file(png(4, 2, 2, 3, rows, {{"PLTE", greys}, {"tRNS", transparency}}));
    CHECK(read.color.shape == Shape{1, 2, 4});
    CHECK(read.alpha.pixels == std::vector<float>{0, 0.4f, 1, 1, 1, 1, 0.4f, 0});

    // Palette entries that no pixel uses do not make a picture coloured.
    Bytes more = greys;
    append_bytes(more, numbers({255, 0, 0}));
    CHECK(decode_image_file(png(4, 2, 4, 3, numbers({0, 0x01, 0x23, 0, 0x32, 0x10}), {{"PLTE", more}})).color.shape ==
          Shape{1, 2, 4});
}

TEST_CASE("picture file: one transparent color, in 8 and 16 bits") {
    ImageFile read = decode_image_file(png(2, 1, 8, 0, numbers({0, 100, 200}), {{"tRNS", numbers({0, 200})}}));
    CHECK(read.color.shape == Shape{1, 1, 2});
    CHECK(read.alpha.pixels == std::vector<float>{1, 0});
    read = decode_image_file(png(2, 1, 8, 2, numbers({0, 1, 2, 3, 1, 2, 4}), {{"tRNS", numbers({0, 1, 0, 2, 0, 3})}}));
    CHECK(read.color.shape == Shape{3, 1, 2});
    CHECK(read.alpha.pixels == std::vector<float>{0, 1});
    read = decode_image_file(png(2, 1, 16, 0, numbers({0, 1, 2, 1, 3}), {{"tRNS", numbers({1, 3})}}));
    CHECK(read.bits == 16);
    CHECK(read.color.pixels == std::vector<float>{258 / 65535.0f, 259 / 65535.0f});
    CHECK(read.alpha.pixels == std::vector<float>{1, 0});
}

TEST_CASE("picture file: grey stays grey where the file says so") {
    const Image grey = test_image({1, 9, 14});
    const Image equal = convert_channels(grey, 3);
    CHECK(decode_image_file(write_png(grey)).color == grey);
    CHECK(decode_image_file(write_png(equal)).color == equal);
    CHECK(decode_image_file(encode_image(equal, ImageFormat::BMP)).color == grey);  // BMP cannot tell them apart
    CHECK(decode_image_file(encode_image(test_image({3, 9, 14}), ImageFormat::BMP)).color == test_image({3, 9, 14}));
    ImageFile written;
    written.color = grey;
    for (const ImageFormat format : {ImageFormat::PNG, ImageFormat::JPEG, ImageFormat::BMP})
        CHECK(decode_image_file(encode_image_file(written, format)).color.shape == grey.shape);
    written.color = equal;
    CHECK(decode_image_file(encode_image_file(written, ImageFormat::JPEG)).color.shape == equal.shape);
}

TEST_CASE("picture file: alpha in BMP and not in JPEG") {
    ImageFile written;
    for (const int channels : {1, 3}) {
        written.color = test_image({channels, 6, 7});
        written.alpha = test_image({1, 6, 7});
        CHECK(same(decode_image_file(encode_image_file(written, ImageFormat::BMP)), written));
        CHECK(contains(message([&] { encode_image_file(written, ImageFormat::JPEG); }), "transparency"));
        // The picture is opaque, except for what 8 bits round away.
        written.alpha = Image({1, 6, 7}, 0.999f);
        const ImageFile bitmap = decode_image_file(encode_image_file(written, ImageFormat::BMP));
        CHECK(bitmap.alpha == Image());
        CHECK(bitmap.color == written.color);
        CHECK(decode_image_file(encode_image_file(written, ImageFormat::JPEG)).color.shape == written.color.shape);
    }
    // 32 bits a pixel whose last byte is 255 everywhere mean no alpha.
    CHECK(decode_image_file(encode_image(convert_channels(written.color, 4), ImageFormat::BMP)).alpha == Image());
    // A PNG file states that there is alpha, so it stays.
    written.alpha = Image({1, 6, 7}, 1.0f);
    CHECK(same(decode_image_file(encode_image_file(written, ImageFormat::PNG)), written));
    // 16 bits become 8 where the format has no room for 16.
    written.bits = 16;
    CHECK(decode_image_file(encode_image_file(written, ImageFormat::BMP)).bits == 8);
    CHECK(decode_image_file(encode_image_file(written, ImageFormat::JPEG)).bits == 8);
}

TEST_CASE("picture file: a grey JPEG has one component and stb's tables") {
    ImageFile written;
    for (const auto& [height, width] : {std::pair{1, 1}, {8, 8}, {9, 7}, {40, 51}}) {
        Image smooth({1, height, width});
        for (std::size_t i = 0; i < smooth.pixels.size(); ++i)
            smooth.pixels[i] = 0.5f + 0.5f * std::sin(static_cast<float>(i % smooth.pixels.size()) / 3.0f);
        // Rows of black and white give the largest possible coefficients.
        Image harsh({1, height, width});
        for (std::size_t i = 0; i < harsh.pixels.size(); ++i) harsh.pixels[i] = static_cast<float>(i / 3 % 2);
        for (const Image& image : {smooth, harsh}) {
            written.color = image;
            const Bytes file = encode_image_file(written, ImageFormat::JPEG, 100);
            // Quality 100 rounds the coefficients to whole numbers, which makes an average error of 0.3 steps each. A
            // sample has the same error, because the transform preserves squares. So 4 steps of 255 are far out, two
            // roundings to 8 bits included.
            CHECK(largest_difference(decode_image(file), image) < 4.0f / 255);
        }
    }
    written.color = test_image({1, 40, 51});
    std::size_t size_before = SIZE_MAX;
    for (const int quality : {100, 95, 75, 30, 5}) {
        CAPTURE(quality);
        const Bytes ours = encode_image_file(written, ImageFormat::JPEG, quality);
        const Bytes theirs = encode_image(written.color, ImageFormat::JPEG, quality);
        // The same are the start, JFIF, and the quantization table after a length that differs.
        CHECK(std::equal(ours.begin(), ours.begin() + 22, theirs.begin()));
        CHECK(std::equal(ours.begin() + 24, ours.begin() + 89, theirs.begin() + 24));
        // So are the Huffman tables. Before them the frame's header is 6 bytes shorter, and 65 bytes of the table for
        // color are missing.
        CHECK(std::equal(ours.begin() + 106, ours.begin() + 314, theirs.begin() + 177));
        CHECK(ours.size() < theirs.size());
        CHECK(ours.size() < size_before);
        size_before = ours.size();
        // The result is as near to the picture as stb's, in squared steps of 255. The only differences are roundings
        // that fall the other way, and as many of them improve the result. Where many coefficients are rounded, they
        // make far less than 5 percent. At quality 100 only some 80 samples of 2040 are off at all, by one step. That
        // is a count, which varies by its square root and with the compiler's own roundings. Three times that is
        // allowed.
        const double error = 255 * 255 * squared_error(decode_image(ours), written.color);
        const double stb_error = 255 * 255 * squared_error(decode_image(theirs, 1), written.color);
        CHECK(error < 1.05 * stb_error + 3 * std::sqrt(stb_error));
        CHECK(error > 0);
    }
}

TEST_CASE("picture file: what cannot be written") {
    ImageFile written;
    const auto error = [&](ImageFormat format) { return message([&] { encode_image_file(written, format); }); };
    for (const ImageFormat format : {ImageFormat::PNG, ImageFormat::JPEG, ImageFormat::BMP}) {
        written = {};
        CHECK(contains(error(format), "0x0x0"));
        written.color = test_image({2, 4, 5});
        CHECK(contains(error(format), "1 or 3 channels"));
        written.color = test_image({3, 4, 5});
        written.alpha = test_image({1, 5, 4});
        CHECK(contains(error(format), "must be 1x4x5, not 1x5x4"));
        written.alpha = {};
        written.bits = 12;
        CHECK(contains(error(format), "12 bits"));
        written.bits = 8;
        written.color.pixels.pop_back();
        CHECK(contains(error(format), "3x4x5"));
    }
    written.color = Image({1, 1, 65536});
    CHECK(contains(error(ImageFormat::JPEG), "1x1x65536"));
    CHECK(decode_image_file(encode_image_file(written, ImageFormat::PNG)).color == written.color);
}

TEST_CASE("picture file: files, by extension, and errors that name them") {
    const TemporaryFolder folder;
    ImageFile written;
    written.color = test_image({3, 10, 12}, 16);
    written.alpha = test_image({1, 10, 12}, 16);
    written.bits = 16;
    written.icc_profile = profile(400, "RGB ");
    const std::string path = folder / "picture.PNG";
    write_image_file(path, written);
    CHECK(same(read_image_file(path), written));
    CHECK(message([&] { read_image_file(path, {.maximum_pixels = 119}); }) ==
          path + ": a picture of 12x10 pixels; the limit is 119");

    for (const char* name : {"picture.jpg", "picture.jpeg"})
        CHECK(contains(message([&] { write_image_file(folder / name, written); }),
                       folder / name + std::string(": a picture with transparency")));
    CHECK(contains(message([&] { write_image_file(folder / "picture.gif", written); }), "pictures are written as"));
    CHECK(contains(message([&] { write_image_file(folder / "no/picture.png", written); }), "No such file"));
    CHECK(contains(message([&] { read_image_file(folder / "missing.png"); }), "missing.png"));
    CHECK(folder.count() == 1);
    write_image_file(folder / "picture.bmp", written);
    CHECK(read_image_file(folder / "picture.bmp").bits == 8);
    written.alpha = {};
    write_image_file(folder / "picture.jpg", written, 90);
    CHECK(read_image_file(folder / "picture.jpg").icc_profile == written.icc_profile);
}

TEST_CASE("picture file: cut or changed anywhere: decoded or refused, never a crash") {
    ImageFile written;
    written.icc_profile = profile(150, "RGB ");
    for (const int bits : {8, 16}) {
        written.color = test_image({3, 5, 6}, bits);
        written.alpha = test_image({1, 5, 6}, bits);
        written.bits = bits;
        check_hostile_variants(with_chunk(encode_image_file(written, ImageFormat::PNG), {"eXIf", exif(6, true, false)}),
                               3);
    }
    check_hostile_variants(encode_image_file(written, ImageFormat::BMP), 1);
    written.alpha = {};
    check_hostile_variants(encode_image_file(written, ImageFormat::BMP), 1);
    check_hostile_variants(with_segment(encode_image_file(written, ImageFormat::JPEG), 0xE1, exif(7, false, true)), 3);
    written.color = test_image({1, 17, 18});
    written.icc_profile = profile(150, "GRAY");
    check_hostile_variants(with_segment(encode_image_file(written, ImageFormat::JPEG), 0xE1, exif(8, true, true)), 3);
    check_hostile_variants(
        png(4, 2, 2, 3, numbers({0, 27, 0, 228}),
            {{"PLTE", numbers({0, 0, 0, 51, 51, 51, 102, 102, 102, 255, 255, 255})}, {"tRNS", numbers({0, 102})}}),
        1);
}

TEST_CASE("picture file: metadata changed anywhere, under right checksums") {
    const Bytes plain = write_png(test_image({3, 4, 5}));
    Bytes icc = numbers({'n', 0, 0});
    append_bytes(icc, detail::ZlibStream(profile(200, "RGB ")).bytes());
    for (const auto& [type, data] : {std::pair<std::string, Bytes>{"iCCP", icc}, {"eXIf", exif(5, false, false)}})
        for (std::size_t i = 0; i < data.size(); ++i) {
            for (int bit = 0; bit < 8; ++bit) {
                Bytes changed = data;
                changed[i] ^= std::byte{1} << bit;
                CHECK(decode_image_file(with_chunk(plain, {type, changed})).color.shape.size() == 60);
            }
            const Bytes cut(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(i));
            CHECK(decode_image_file(with_chunk(plain, {type, cut})).color.shape.size() == 60);
        }
}
