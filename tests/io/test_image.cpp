// Pictures: round trips in every format, 16 bits, channels, limits, and malicious files.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "depix/io/image.hpp"
#include "largest_difference.hpp"
#include "temporary_folder.hpp"

using namespace depix;

namespace {

using Bytes = std::vector<std::byte>;

/// A smooth picture whose values are whole 255ths, so that 8 bits hold it exactly.
Image test_image(int channels, int height = 9, int width = 13) {
    Image image({channels, height, width});
    for (int c = 0; c < channels; ++c)
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
                image(c, y, x) = static_cast<float>((40 * c + 9 * y + 5 * x) % 256) / 255.0f;
    return image;
}

std::string message_of(const auto& action) {
    try {
        action();
    } catch (const FileError& error) {
        return error.what();
    }
    return "nothing was thrown";
}
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Writes a PNG by hand. zlib's stored blocks need no compressor.

void append(Bytes& bytes, std::uint32_t value, int size) {  // big-endian
    for (int i = size - 1; i >= 0; --i) bytes.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFF));
}
void append_chunk(Bytes& file, const std::string& type, const Bytes& data) {
    append(file, static_cast<std::uint32_t>(data.size()), 4);
    const std::size_t first = file.size();
    for (const char letter : type) file.push_back(static_cast<std::byte>(letter));
    file.insert(file.end(), data.begin(), data.end());
    std::uint32_t checksum = 0xFFFFFFFF;
    for (std::size_t i = first; i < file.size(); ++i) {
        checksum ^= std::to_integer<std::uint32_t>(file[i]);
        for (int bit = 0; bit < 8; ++bit) checksum = (checksum & 1) != 0 ? 0xEDB88320 ^ checksum >> 1 : checksum >> 1;
    }
    append(file, ~checksum, 4);
}
/// `rows` holds the samples of every row after its filter byte (0).
Bytes png(std::uint32_t width, std::uint32_t height, std::uint32_t bits, std::uint32_t color_type, const Bytes& rows,
          const Bytes& transparency = {}) {
    Bytes file;
    append(file, 0x89504E47, 4);
    append(file, 0x0D0A1A0A, 4);
    Bytes header;
    append(header, width, 4);
    append(header, height, 4);
    append(header, bits, 1);
    append(header, color_type, 1);
    append(header, 0, 3);
    append_chunk(file, "IHDR", header);
    if (!transparency.empty()) append_chunk(file, "tRNS", transparency);
    Bytes data;
    append(data, 0x7801, 2);
    append(data, 1, 1);  // the last block, stored
    const auto size = static_cast<std::uint32_t>(rows.size());
    for (const std::uint32_t length : {size, ~size}) {  // little-endian
        append(data, length & 0xFF, 1);
        append(data, length >> 8 & 0xFF, 1);
    }
    data.insert(data.end(), rows.begin(), rows.end());
    std::uint32_t a = 1, b = 0;
    for (const std::byte byte : rows) {
        a = (a + std::to_integer<std::uint32_t>(byte)) % 65521;
        b = (b + a) % 65521;
    }
    append(data, b << 16 | a, 4);
    append_chunk(file, "IDAT", data);
    append_chunk(file, "IEND", {});
    return file;
}

/// Decodes every beginning of the file, and the file with every byte changed. Nothing may crash.
void check_hostile_variants(const Bytes& file, std::size_t shortest_whole) {
    const ImageLimits limits{.maximum_pixels = 1'000'000};
    for (std::size_t size = 0; size < shortest_whole; ++size)
        CHECK_THROWS_AS(decode_image(std::span(file).first(size), 0, limits), FileError);
    for (std::size_t i = 0; i < file.size(); ++i)
        for (const int value : {0x00, 0x01, 0x7F, 0x80, 0xFF, ~std::to_integer<int>(file[i]) & 0xFF}) {
            Bytes changed = file;
            changed[i] = static_cast<std::byte>(value);
            try {
                decode_image(changed, 0, limits);
            } catch (const FileError&) {
            }
        }
}

}  // namespace

TEST_CASE("image: PNG is exact, in 1 to 4 channels") {
    const TemporaryFolder folder;
    for (int channels = 1; channels <= 4; ++channels) {
        const Image image = test_image(channels);
        const std::string path = folder / ("picture" + std::to_string(channels) + ".png");
        write_image(path, image);
        CHECK(read_image(path) == image);
        CHECK(decode_image(write_png(image)) == image);
    }
    CHECK(folder.count() == 4);
}

TEST_CASE("image: BMP is exact; grey comes back as RGB") {
    const TemporaryFolder folder;
    const std::string path = folder / "picture.BMP";
    for (const int channels : {3, 4}) {
        write_image(path, test_image(channels));
        CHECK(read_image(path) == test_image(channels));
    }
    write_image(path, test_image(1));
    CHECK(read_image(path) == convert_channels(test_image(1), 3));
    CHECK(largest_difference(read_image(path, 1), test_image(1)) <
          1e-6f);  // the weights add up to 1 except for rounding
}

TEST_CASE("image: JPEG is near") {
    const TemporaryFolder folder;
    for (const int channels : {1, 3}) {
        Image image({channels, 40, 24});
        for (std::size_t i = 0; i < image.pixels.size(); ++i)
            image.pixels[i] = 0.5f + 0.4f * std::sin(static_cast<float>(i % 960) / 200.0f);
        const std::string path = folder / "picture.jpeg";
        write_image(path, image, 100);
        const Image read = read_image(path, channels);  // stb writes grey as three equal channels
        CHECK(largest_difference(read, image) < 0.05f);
        const auto finest = std::filesystem::file_size(path);
        write_image(path, image, 5);
        CHECK(std::filesystem::file_size(path) < finest);
    }
}

TEST_CASE("image: written values are clamped and rounded to nearest") {
    Image image({1, 1, 8});
    const float infinity = std::numeric_limits<float>::infinity();
    image.pixels = {-1, 2, 0.49f / 255, 0.51f / 255, 254.4f / 255, infinity, -infinity, std::nanf("")};
    const Image read = decode_image(write_png(image));
    CHECK(read.pixels == std::vector<float>{0, 1, 0, 1.0f / 255, 254.0f / 255, 1, 0, 0});
}

TEST_CASE("image: 16-bit PNG at full precision, grey and RGB with alpha") {
    Bytes rows;
    const std::array<std::uint32_t, 6> samples = {0, 1, 257, 32768, 65534, 65535};
    append(rows, 0, 1);
    for (const std::uint32_t sample : samples) append(rows, sample, 2);
    const Image grey = decode_image(png(6, 1, 16, 0, rows));
    REQUIRE(grey.shape == Shape{1, 1, 6});
    for (std::size_t i = 0; i < 6; ++i) CHECK(grey.pixels[i] == static_cast<float>(samples[i]) / 65535.0f);

    rows.clear();
    for (int y = 0; y < 2; ++y) {
        append(rows, 0, 1);
        for (std::uint32_t sample = 0; sample < 4; ++sample) append(rows, 1000 * sample + 7, 2);
    }
    const Image color = decode_image(png(1, 2, 16, 6, rows));
    REQUIRE(color.shape == Shape{4, 2, 1});
    for (int c = 0; c < 4; ++c) CHECK(color(c, 1, 0) == static_cast<float>(1000 * c + 7) / 65535.0f);
}

TEST_CASE("image: one bit a pixel, and a transparent color") {
    Bytes rows;
    append(rows, 0, 1);
    append(rows, 0b10110000, 1);
    const Image bits = decode_image(png(4, 1, 1, 0, rows));
    CHECK(bits.pixels == std::vector<float>{1, 0, 1, 1});

    rows.clear();
    append(rows, 0, 1);
    append(rows, 100, 1);
    append(rows, 200, 1);
    Bytes transparent;
    append(transparent, 200, 2);
    const Image grey_alpha = decode_image(png(2, 1, 8, 0, rows, transparent));
    REQUIRE(grey_alpha.shape == Shape{2, 1, 2});
    CHECK(grey_alpha.pixels == std::vector<float>{100 / 255.0f, 200 / 255.0f, 1, 0});
}

TEST_CASE("image: channels are converted as asked") {
    const Image color = test_image(3);
    const Bytes file = write_png(color);
    CHECK(decode_image(file, 3) == color);
    const Image grey = decode_image(file, 1);
    REQUIRE(grey.shape == Shape{1, 9, 13});
    CHECK(grey(0, 3, 4) ==
          doctest::Approx(0.299 * color(0, 3, 4) + 0.587 * color(1, 3, 4) + 0.114 * color(2, 3, 4)).epsilon(1e-6));
    const Image alpha = decode_image(file, 4);
    CHECK(alpha.shape == Shape{4, 9, 13});
    CHECK(alpha(2, 3, 4) == color(2, 3, 4));
    CHECK(alpha(3, 3, 4) == 1.0f);

    CHECK(decode_image(write_png(test_image(2)), 1) == decode_image(write_png(test_image(1))));  // alpha is dropped
    const Image grey_alpha = test_image(2);
    const Image spread = decode_image(write_png(grey_alpha), 4);
    CHECK(spread(2, 3, 4) == grey_alpha(0, 3, 4));
    CHECK(spread(3, 3, 4) == grey_alpha(1, 3, 4));
    CHECK_THROWS_AS(decode_image(file, 2), ShapeError);
    CHECK_THROWS_AS(decode_image(file, 5), ShapeError);
}

TEST_CASE("image: limits hold before anything is decoded") {
    const TemporaryFolder folder;
    const std::string path = folder / "picture.png";
    write_image(path, test_image(3, 10, 20));
    CHECK(read_image(path, 0, {.maximum_pixels = 200}).shape == Shape{3, 10, 20});
    CHECK(message_of([&] { read_image(path, 0, {.maximum_pixels = 199}); }) ==
          path + ": a picture of 20x10 pixels; the limit is 199");
    CHECK(message_of([&] { read_image(path, 0, {.maximum_bytes = 10}); }) ==
          path + ": larger than the limit of 10 bytes");
    CHECK_THROWS_AS(decode_image(write_png(test_image(1)), 0, {.maximum_bytes = 10}), FileError);

    // A file of a hundred bytes states 400 million pixels.
    CHECK(contains(message_of([] { decode_image(png(20000, 20000, 8, 0, Bytes(10))); }), "20000x20000"));
    CHECK(contains(message_of([] { decode_image(png(65535, 65535, 8, 2, Bytes(10))); }), "too large"));
    CHECK_THROWS_AS(decode_image(png(0xFFFFFFFF, 0xFFFFFFFF, 8, 2, Bytes(10))), FileError);
    CHECK_THROWS_AS(decode_image(png(0, 5, 8, 2, Bytes(10))), FileError);
}

TEST_CASE("image: a small picture that unpacks to far more than its size is stopped") {
    // Stored blocks hold 64 KB each, so a hundred of them are 6 MB for a picture of one pixel.
    Bytes data;
    append(data, 0x7801, 2);
    for (int block = 0; block < 100; ++block) {
        append(data, block == 99, 1);
        append(data, 0xFFFF0000, 4);
        data.insert(data.end(), 65535, std::byte{0});
    }
    Bytes file = png(1, 1, 8, 0, Bytes(2));
    Bytes bomb(file.begin(), file.begin() + 33);  // signature and IHDR
    append_chunk(bomb, "IDAT", data);
    append_chunk(bomb, "IEND", {});
    stb::largest_block = 1 << 20;  // as decode_image sets it for a small file of such a picture
    int width = 0, height = 0, channels = 0;
    CHECK(stb::stbi_load_from_memory(reinterpret_cast<const unsigned char*>(bomb.data()), static_cast<int>(bomb.size()),
                                     &width, &height, &channels, 0) == nullptr);
    CHECK(std::string(stb::stbi_failure_reason()) == "outofmem");
    stb::largest_block = SIZE_MAX;
}

TEST_CASE("image: errors name the file") {
    const TemporaryFolder folder;
    const auto error_of = [&](const std::string& name) {
        const std::string path = folder / name;
        const std::string message = message_of([&] { read_image(path); });
        CHECK(message.starts_with(path + ": "));
        return message;
    };
    CHECK(contains(error_of("missing.png"), "No such file or directory"));
    write_file(folder / "text.png", "This is no picture.");
    CHECK(contains(error_of("text.png"), "neither a PNG nor a JPEG nor a BMP file"));
    write_file(folder / "empty.png", "");
    CHECK(contains(error_of("empty.png"), "neither"));

    for (const auto& [format, name] :
         {std::pair{ImageFormat::PNG, "PNG"}, {ImageFormat::JPEG, "JPEG"}, {ImageFormat::BMP, "BMP"}}) {
        const Bytes whole = encode_image(test_image(3), format);
        write_file(folder / "half", std::span(whole).first(whole.size() / 2));
        CHECK(contains(error_of("half"), std::string("a truncated ") + name + " file"));
    }
    Bytes damaged = write_png(test_image(3));
    damaged[60] ^= std::byte{1};
    write_file(folder / "damaged.png", damaged);
    CHECK(contains(error_of("damaged.png"), "a checksum is wrong"));

    const std::size_t before = folder.count();
    const Image image = test_image(3);
    for (const char* name : {"picture.gif", "picture", "pic.ture/file", ".png/picture"})
        CHECK(contains(message_of([&] { write_image(folder / name, image); }), "pictures are written as"));
    CHECK(contains(message_of([&] { write_image(folder / "no/picture.png", image); }), "No such file or directory"));
    CHECK(contains(message_of([&] { write_image(folder / "alpha.jpg", test_image(4)); }), "4x9x13"));
    CHECK_THROWS_AS(write_image(folder / "empty.png", Image()), FileError);
    CHECK(folder.count() == before);
}

TEST_CASE("image: PNG cut or changed anywhere: decoded or refused, never a crash") {
    const Bytes file = write_png(test_image(3, 5, 6));
    check_hostile_variants(file, file.size());
    // With a correct checksum the damage reaches the decoder.
    for (std::size_t i = 0; i < 90; ++i) {
        Bytes rows(19 * 5, std::byte{3});
        rows[i] = std::byte{255};
        try {
            decode_image(png(6, 5, 8, 2, rows));
        } catch (const FileError&) {
        }
    }
}

TEST_CASE("image: JPEG cut or changed anywhere: decoded or refused, never a crash") {
    const Bytes file = encode_image(test_image(3, 17, 18), ImageFormat::JPEG);
    check_hostile_variants(file, file.size() - 2);  // without the end marker the picture is still whole
}

TEST_CASE("image: BMP cut or changed anywhere: decoded or refused, never a crash") {
    for (const int channels : {3, 4}) {
        const Bytes file = encode_image(test_image(channels, 5, 6), ImageFormat::BMP);
        check_hostile_variants(file, file.size());
    }
}

TEST_CASE("image: real pictures") {
#ifdef DEPIX_SHARED_DIR
    const std::filesystem::path data = std::filesystem::path(DEPIX_SHARED_DIR) / "data";
    if (!std::filesystem::exists(data)) {
        MESSAGE("skipped: " << data.string() << " is not there");
        return;
    }
    // Reads one file of every folder and extension.
    std::vector<std::string> seen;
    int read = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data)) {
        const std::string extension = entry.path().extension().string();
        if (extension != ".png" && extension != ".jpg" && extension != ".bmp") continue;
        const std::string kind = entry.path().parent_path().string() + extension;
        if (std::count(seen.begin(), seen.end(), kind) >= 2) continue;
        seen.push_back(kind);
        CAPTURE(entry.path().string());
        const Image image = read_image(entry.path().string());
        CHECK(image.shape.size() > 0);
        CHECK(*std::max_element(image.pixels.begin(), image.pixels.end()) <= 1.0f);
        ++read;
    }
    CHECK(read > 0);
#endif
}
