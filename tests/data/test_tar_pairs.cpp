// Tar shards: pairs in the order of the archives, as GNU tar and Python write them, and errors that name shard and
// file.
#include "depix/data/sources/tar_pairs.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <fstream>

#include "../io/temporary_folder.hpp"

using namespace depix;

namespace {

/// The header with its checksum.
std::string sealed(std::string block) {
    block.replace(148, 8, 8, ' ');
    unsigned sum = 0;
    for (const char byte : block) sum += static_cast<unsigned char>(byte);
    char digits[13];
    std::snprintf(digits, sizeof digits, "%06o", sum);
    block.replace(148, 7, std::string(digits) + '\0');
    return block;
}
/// A header of 512 bytes.
std::string header(const std::string& name, std::size_t size, char kind) {
    std::string block(512, '\0');
    block.replace(0, std::min<std::size_t>(name.size(), 100), name, 0, 100);
    char digits[13];
    std::snprintf(digits, sizeof digits, "%011zo", size);
    block.replace(124, 11, digits);
    block[156] = kind;
    block.replace(257, 5, "ustar");
    return sealed(block);
}
std::string member(const std::string& name, const std::string& bytes, char kind = '0') {
    return header(name, bytes.size(), kind) + bytes + std::string((512 - bytes.size() % 512) % 512, '\0');
}
/// A PNG of 2x3 pixels, all of one grey.
std::string png(float grey, int width = 3) {
    const std::vector<std::byte> bytes = encode_image(Image({1, 2, width}, grey), ImageFormat::PNG);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
std::string twins(const std::string& key, float grey) {
    return member(key + ".pixeled.png", png(grey)) + member(key + ".clean.png", png(1 - grey));
}
const std::string end(1024, '\0');

std::string message_of(const std::string& path, const std::string& archive) {
    std::ofstream(path, std::ios::binary) << archive;
    try {
        const TarPairs pairs({path});
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("tar: pairs of two shards, with folders, labels, long names and any order of the twins") {
    const TemporaryFolder folder;
    const std::string long_key = "train/" + std::string(120, 'k');
    const std::string pax =
        "30 mtime=1.5\n" + std::to_string(long_key.size() + 21) + " path=" + long_key + ".clean.png\n";
    std::ofstream(folder / "0.tar", std::ios::binary)
        << member("train/", "", '5') << twins("train/0", 0.2f) << member("train/1.clean.png", png(0.4f))
        << member("train/1.txt", "a label") << member("train/1.pixeled.png", png(0.6f)) << end;
    std::ofstream(folder / "1.tar", std::ios::binary)
        << member("././@LongLink", long_key + ".pixeled.png" + '\0', 'L') << member(long_key, png(0.8f))
        << member("pax", pax, 'x') << member(long_key, png(0.0f)) << end;
    const TarPairs pairs({folder / "0.tar", folder / "1.tar"});
    REQUIRE(pairs.size() == 3);
    CHECK(pairs.input_shape() == Shape{1, 2, 3});
    Tensor<float> input(1, {1, 2, 3}), target(1, {1, 2, 3});
    const float expected[3][2] = {{0.2f, 0.8f}, {0.6f, 0.4f}, {0.8f, 0.0f}};
    for (std::size_t i : {0u, 1u, 2u, 0u}) {
        pairs.pair(5, i, input.view(), target.view());
        CHECK(input.data[5] == expected[i][0]);
        CHECK(target.data[0] == expected[i][1]);
    }
    const TarPairs last = pairs.subset(1, 2);
    REQUIRE(last.size() == 2);
    last.pair(0, 1, input.view(), target.view());
    CHECK(input.data[0] == 0.8f);
    CHECK_THROWS_AS(pairs.subset(2, 2), Error);
}

TEST_CASE("tar: what is wrong is named") {
    const TemporaryFolder folder;
    const std::string path = folder / "a.tar";
    CHECK(message_of(path, twins("0", 0.2f) + end) == "no error");
    CHECK(message_of(path, twins("0", 0.2f)) == "no error");  // cut at its end, as `cat` of archives leaves it
    CHECK(message_of(path, member("7.clean.png", png(0.5f)) + end) == path + ": 7 has no picture 7.pixeled.png");
    CHECK(message_of(path, twins("0", 0.2f) + twins("0", 0.2f) + end) ==
          path + ": 0.pixeled.png and 0.pixeled.png are of one pair");
    CHECK(message_of(path, member("0.txt", "text") + end) == "TarPairs: no pair in 1 shards");
    std::string damaged = twins("0", 0.2f) + end;
    damaged[3] = 'x';
    CHECK(message_of(path, damaged) == path + ": no tar archive: a header with a wrong checksum at byte 0");
    CHECK(message_of(path, header("0.clean.png", 99999, '0') + end) ==
          path + ": no tar archive: a file that reaches beyond the archive at byte 0");
    CHECK(message_of(path, sealed(header("0.clean.png", 1, '0').replace(124, 3, "9zz")) + end) ==
          path + ": no tar archive: a size that is no number at byte 0");
    CHECK(message_of(path, std::string(600, 'z')).ends_with("a header with a wrong checksum at byte 0"));
    CHECK(message_of(path, member("0.clean.png", "no png") + member("0.pixeled.png", png(0)) + end)
              .starts_with(path + ": 0.clean.png: "));

    std::ofstream(path, std::ios::binary)
        << twins("0", 0.2f) << member("1.pixeled.png", png(0, 4)) << member("1.clean.png", png(0)) << end;
    const TarPairs pairs({path});
    Tensor<float> input(1, {1, 2, 3}), target(1, {1, 2, 3});
    CHECK_THROWS_WITH_AS(pairs.pair(0, 1, input.view(), target.view()),
                         doctest::Contains("1.pixeled.png: is 1x2x4, but the first pair's is 1x2x3"), FileError);
    CHECK_THROWS_AS(TarPairs({folder / "missing.tar"}), FileError);
}
