// A user's own photographs: what a folder holds, how pictures are cut to one size and damaged, and what goes wrong.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string>

#include "../io/error_message.hpp"
#include "../io/temporary_folder.hpp"
#include "depix/data/loader.hpp"
#include "depix/data/sources/image_folder.hpp"
#include "depix/data/sources/image_source.hpp"
#include "depix/io/atomic_file.hpp"

using namespace depix;
namespace fs = std::filesystem;

static_assert(PairSource<DamagedImageSource>);

namespace {

/// Red is the row, green the column and blue the picture's number, so a pixel tells where it comes from.
Image tagged(int number, int height, int width) {
    Image image({3, height, width});
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            image(0, y, x) = from_byte(static_cast<std::uint8_t>(y));
            image(1, y, x) = from_byte(static_cast<std::uint8_t>(x));
            image(2, y, x) = from_byte(static_cast<std::uint8_t>(number));
        }
    }
    return image;
}

/// A folder of `count` tagged pictures of different sizes, 40 x 50 and larger.
struct Photographs : TemporaryFolder {
    explicit Photographs(int count = 5) {
        for (int i = 0; i < count; ++i) {
            write_image(*this / ("photo" + std::to_string(i) + ".png"), tagged(i, 40 + 3 * i, 50 + 7 * i));
        }
    }
};

void nothing(Image&, Random&) {}

struct Pair {
    Image input, target;
    friend bool operator==(const Pair&, const Pair&) = default;
};
Pair pair(const DamagedImageSource& source, std::uint64_t epoch, std::size_t index) {
    Pair result{Image(source.input_shape()), Image(source.target_shape())};
    source.pair(epoch, index, result.input.view(), result.target.view());
    return result;
}

std::vector<std::string> names(const ImageFolder& folder) {
    std::vector<std::string> result;
    for (std::size_t i = 0; i < folder.size(); ++i) result.push_back(fs::path(folder.path(i)).filename().string());
    return result;
}

}  // namespace

TEST_CASE("picture folder: pictures in sub-folders too, in the order of their paths; nothing else") {
    const TemporaryFolder folder;
    fs::create_directories(folder.path / "deep/deeper");
    fs::create_directories(folder.path / ".hidden");
    fs::create_directories(folder.path / "folder.png");
    for (const char* name : {"b.png", "a.BMP", "deep/c.jpg", "deep/deeper/d.JPEG", ".e.png", ".hidden/f.png"}) {
        const std::string upper = folder / name;
        write_image(upper, Image({3, 4, 4}, 0.5f));
    }
    write_file(folder / "readme.txt", "hello");
    write_file(folder / "no_extension", "hello");
    fs::create_symlink(folder / "b.png", folder / "link.png");
    fs::create_symlink(folder / "gone.png", folder / "lost.png");
    CHECK(names(ImageFolder(folder.path)) == std::vector<std::string>{"a.BMP", "b.png", "c.jpg", "d.JPEG", "link.png"});
    CHECK(names(ImageFolder(folder.path, {.recursive = false})) ==
          std::vector<std::string>{"a.BMP", "b.png", "link.png"});
    const TemporaryFolder elsewhere;
    fs::create_directory_symlink(elsewhere.path, folder.path / "also");
    fs::create_directory_symlink(folder.path / "deep", folder.path / "again");  // needs no mention
    fs::create_directory_symlink(folder.path, folder.path / "deep/loop");
    for (const bool recursive : {false, true}) {
        const ImageFolder images(folder.path, {.recursive = recursive});
        std::vector<std::string> left_out;
        for (const ImageFolder::LeftOut& one : images.left_out()) left_out.push_back(one.why);
        std::ranges::sort(left_out);
        std::vector<std::string> expected{"a link that leads nowhere"};
        if (recursive) expected.insert(expected.begin(), "a link to a folder, which is not followed");
        std::ranges::sort(expected);
        CHECK(left_out == expected);
    }
    write_file(folder / "z.jfif", encode_image(Image({3, 4, 4}, 0.5f), ImageFormat::JPEG));
    CHECK(names(ImageFolder(folder.path)).back() == "z.jfif");
    CHECK(ImageFolder(folder.path).read(1).shape == Shape{3, 4, 4});
    CHECK(ImageFolder(folder.path, {.channels = 1}).read(2).shape == Shape{1, 4, 4});
}

TEST_CASE("picture folder: missing, empty, unreadable") {
    const TemporaryFolder folder;
    CHECK(contains(message([&] { ImageFolder(folder.path / "missing"); }), "missing: cannot list the folder"));
    write_file(folder / "readme.txt", "hello");
    CHECK(message([&] { ImageFolder(folder.path); }) ==
          folder.path.string() + ": holds no picture (.png, .jpg, .jpeg, .bmp)");
    CHECK(contains(message([&] { ImageFolder(folder.path / "readme.txt"); }), "readme.txt: cannot list"));

    std::vector<std::byte> bytes = encode_image(tagged(0, 30, 30), ImageFormat::JPEG);
    bytes.resize(bytes.size() / 2);
    write_file(folder / "cut.jpg", bytes);
    write_image(folder / "whole.png", tagged(0, 30, 30));
    const ImageFolder images(folder.path);  // lists the files, and reads none
    CHECK(contains(message([&] { images.read(0); }), folder / "cut.jpg: a truncated JPEG file"));
    CHECK_NOTHROW(images.read(1));
    const ImageOptions options{.shape = {3, 8, 8}};
    CHECK(contains(message([&] { pair(DamagedImageSource(images, options), 0, 0); }), "cut.jpg: a truncated"));
    CHECK(contains(message([&] { DamagedImageSource(images, options, Keep::InMemory); }), "cut.jpg: a truncated"));
}

TEST_CASE("picture folder: parts, kept apart") {
    const TemporaryFolder folder;
    for (int i = 10; i < 60; ++i) write_image(folder / (std::to_string(i) + ".png"), Image({1, 1, 1}));
    const ImageFolder all(folder.path);
    const auto [train, validation, test] = all.split(40, 6, 3);
    CHECK(train.size() == 40);
    CHECK(names(validation).front() == "50.png");
    CHECK(names(test) == std::vector<std::string>{"56.png", "57.png", "58.png"});
    CHECK(all.split_by_fractions().train.size() == 45);
    CHECK(all.split_by_fractions(0.5, 0.5).test.size() == 0);
    CHECK(message([&] { all.split(40, 6, 5); }) == "ImageFolder: pictures 46 to 51 of 50");
    CHECK(contains(message([&] { all.split_by_fractions(0.9, 0.2); }), "ImageFolder: fractions of 0.9"));
    CHECK_THROWS_AS(all.split_by_fractions(-0.1, 0.2), Error);
    CHECK_THROWS_AS(all.split_by_fractions(std::numeric_limits<double>::quiet_NaN(), 0.2), Error);

    const auto shuffled = names(all.shuffled(7));
    CHECK(shuffled == names(ImageFolder(folder.path).shuffled(7)));
    CHECK(shuffled != names(all.shuffled(8)));
    CHECK(std::is_permutation(shuffled.begin(), shuffled.end(), names(all).begin()));
}

TEST_CASE("picture source: a crop is a part of its picture, at full resolution") {
    const Photographs photographs;
    const DamagedImageSource source(
        ImageFolder(photographs.path),
        {.shape = {3, 16, 24}, .flips_and_rotations = false, .crops_per_image = 3, .damage = nothing, .seed = 1});
    CHECK(source.size() == 15);
    std::set<std::pair<float, float>> corners;
    for (std::uint64_t epoch = 0; epoch < 10; ++epoch) {
        for (std::size_t index = 0; index < source.size(); ++index) {
            const auto [input, target] = pair(source, epoch, index);
            CHECK(input == target);
            const int top = to_byte(target(0, 0, 0)), left = to_byte(target(1, 0, 0)),
                      number = to_byte(target(2, 0, 0));
            CHECK(number == static_cast<int>(index % 5));
            CHECK(target == crop(tagged(number, 40 + 3 * number, 50 + 7 * number), top, left, 16, 24));
            corners.emplace(target(0, 0, 0), target(1, 0, 0));
        }
    }
    CHECK(corners.size() > 100);  // of 150
    // The whole picture is a crop of itself.
    const DamagedImageSource whole(ImageFolder(photographs.path).subset(0, 1),
                                   {.shape = {3, 40, 50}, .flips_and_rotations = false, .damage = nothing});
    CHECK(pair(whole, 0, 0).target == tagged(0, 40, 50));
}

TEST_CASE("picture source: all eight symmetries of a square, four of others") {
    const TemporaryFolder folder;
    write_image(folder / "one.png", tagged(1, 20, 30));
    const auto count = [&](Shape shape) {
        const DamagedImageSource source(ImageFolder(folder.path),
                                        {.shape = shape, .fit = Fit::Resize, .damage = nothing});
        std::set<std::vector<float>> seen;
        for (std::uint64_t epoch = 0; epoch < 200; ++epoch) seen.insert(pair(source, epoch, 0).target.pixels);
        return seen.size();
    };
    CHECK(count({3, 20, 20}) == 8);
    CHECK(count({3, 20, 30}) == 4);
}

TEST_CASE("picture source: resized, and resized parts") {
    const Photographs photographs;
    const ImageFolder folder(photographs.path);
    const DamagedImageSource squeezed(
        folder, {.shape = {3, 17, 13}, .fit = Fit::Resize, .flips_and_rotations = false, .damage = nothing});
    CHECK(pair(squeezed, 0, 2).target == quantized(resize(tagged(2, 46, 64), 17, 13)));

    // A part of factor f spans 15 f rows and 15 f columns from corner to corner. Both have the same f, which is 0.5 to
    // 1 times the picture's room, 40 / 16. Bytes, and the border's mirror image, cost up to some steps.
    const DamagedImageSource parts(
        folder, {.shape = {3, 16, 16}, .fit = Fit::ResizeAndCrop, .flips_and_rotations = false, .damage = nothing});
    double least = 100, most = 0;
    for (std::uint64_t epoch = 0; epoch < 100; ++epoch) {
        const Image part = pair(parts, epoch, 0).target;
        const int rows = to_byte(part(0, 15, 0)) - to_byte(part(0, 0, 0));
        const int columns = to_byte(part(1, 0, 15)) - to_byte(part(1, 0, 0));
        CHECK(std::abs(rows - columns) <= 3);
        least = std::min(least, rows / 15.0);
        most = std::max(most, rows / 15.0);
    }
    CHECK(least > 1.0);
    CHECK(least < 1.4);
    CHECK(most > 2.3);
    CHECK(most < 2.7);
}

TEST_CASE("picture source: a picture that is too small is refused by name, or enlarged") {
    const Photographs photographs;
    ImageOptions options{.shape = {3, 48, 48}, .damage = nothing};
    const ImageFolder folder(photographs.path);
    for (const Keep keep : {Keep::OnDisk, Keep::InMemory}) {
        const DamagedImageSource source(folder, options, keep);
        CHECK(message([&] { pair(source, 0, 1); }) ==
              photographs / "photo1.png" +
                  ": is 3x43x57, from which no 3x48x48 can be cut; `enlarge` resizes such pictures");
        CHECK_NOTHROW(pair(source, 0, 4));
    }
    options.enlarge = true;
    options.flips_and_rotations = false;
    const DamagedImageSource source(folder, options);
    const Image large = pair(source, 0, 1).target;
    // The picture has 57 columns. The part has all 43 rows and as many columns.
    const int left = to_byte(large(1, 0, 0));
    CHECK(to_byte(large(0, 47, 0)) >= 41);
    CHECK(large == quantized(resize(crop(tagged(1, 43, 57), 0, left, 43, 43), 48, 48)));
}

TEST_CASE("picture source: a pair depends on seed, epoch and index; in memory as on disk; grey as colour") {
    const Photographs photographs;
    const ImageFolder folder(photographs.path);
    for (const Fit fit : {Fit::Crop, Fit::Resize, Fit::ResizeAndCrop}) {
        for (const int channels : {1, 3}) {
            ImageOptions options{.shape = {channels, 16, 16}, .fit = fit, .seed = 3};
            const DamagedImageSource disk(folder, options), memory(folder, options, Keep::InMemory, 2);
            options.seed = 4;
            const DamagedImageSource other(folder, options);
            options.seed = 3;
            options.redraw = Redraw::Never;
            const DamagedImageSource fixed(folder, options);
            for (std::size_t index = 0; index < 5; ++index) {
                const Pair here = pair(disk, 2, index);
                CHECK(here == pair(disk, 2, index));
                CHECK(here == pair(memory, 2, index));
                CHECK(here.input != here.target);
                CHECK(here.input != pair(disk, 3, index).input);
                CHECK(here.input != pair(other, 2, index).input);
                CHECK(pair(fixed, 7, index) == pair(disk, 0, index));
                CHECK(here.target == quantized(here.target));
            }
        }
    }
}

TEST_CASE("picture source: the loader's batches do not depend on its threads") {
    const Photographs photographs(7);
    const DamagedImageSource source(ImageFolder(photographs.path),
                                    {.shape = {3, 24, 24}, .crops_per_image = 4, .seed = 5});
    const auto batches = [&](int threads) {
        const Loader loader{source, {.batch_size = 5, .threads = threads, .seed = 6}};
        std::vector<Batch> result;
        for (const Batch& batch : loader.epoch(1)) result.push_back(batch);
        return result;
    };
    const auto alone = batches(1), together = batches(3);
    REQUIRE(alone.size() == 6);
    REQUIRE(together.size() == 6);
    for (std::size_t i = 0; i < 6; ++i) {
        CHECK(alone[i].input == together[i].input);
        CHECK(alone[i].target == together[i].target);
    }
}

TEST_CASE("picture source: impossible options, and a damage that changes the shape") {
    const Photographs photographs;
    const ImageFolder folder(photographs.path);
    const auto text = [&](ImageOptions options) { return message([&] { DamagedImageSource(folder, options); }); };
    CHECK(text({.shape = {4, 8, 8}}) == "DamagedImageSource: pictures of 4x8x8; they have 1 or 3 channels, and pixels");
    CHECK(contains(text({.shape = {3, 0, 8}}), "pictures of 3x0x8"));
    CHECK(contains(text({.min_scale = 0.8, .max_scale = 0.4}), "the scale from 0.8 to 0.4"));
    CHECK(contains(text({.max_scale = 1.5}), "the scale from 0.5 to 1.5"));
    CHECK(text({.crops_per_image = 0}) == "DamagedImageSource: crops_per_image is 0");
    CHECK(text({.damage = nullptr}) == "DamagedImageSource: no damage given");
    CHECK(message([&] { DamagedImageSource(folder.subset(0, 0)); }) == "DamagedImageSource: no picture");
    const DamagedImageSource shrinking(
        folder, {.shape = {3, 8, 8}, .damage = [](Image& image, Random&) { image = crop(image, 0, 0, 4, 4); }});
    CHECK(contains(message([&] { pair(shrinking, 0, 0); }), "made a picture of 3x4x4 of one of 3x8x8"));
}
