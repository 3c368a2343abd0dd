// Documents: Kaggle's folders as they are, the split by page, pages of several sizes, and what goes wrong.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "../io/error_message.hpp"
#include "../io/temporary_folder.hpp"
#include "depix/data/loader.hpp"
#include "depix/data/sources/documents.hpp"
#include "depix/io/image.hpp"

using namespace depix;
namespace fs = std::filesystem;

static_assert(PairSource<PageSource>);

namespace {

/// A clean page whose shade differs from other pages' and depends on the place of each pixel.
Image page(int number, int height, int width) {
    Image image({1, height, width});
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            image(0, y, x) = from_byte(static_cast<std::uint8_t>((100 + 5 * number + y + 2 * x) % 256));
    return image;
}

Image inverted(Image image) {
    for (float& value : image.pixels) value = 1 - value;
    return image;
}

/// Kaggle's layout: `pages` pages, each with two dirty versions. Odd pages have fewer rows than even ones.
struct Kaggle : TemporaryFolder {
    explicit Kaggle(int pages = 10) {
        for (const char* name : {"train", "train_cleaned", "test"}) fs::create_directories(path / name);
        for (int i = 0; i < 2 * pages; ++i) {
            const int number = i % pages;
            const Image clean = page(number, number % 2 == 0 ? 24 : 16, 32);
            write_image(*this / ("train_cleaned/" + std::to_string(i) + ".png"), clean);
            write_image(*this / ("train/" + std::to_string(i) + ".png"), inverted(clean));
        }
    }
};

}  // namespace

TEST_CASE("Kaggle's layout, and two plain folders") {
    Kaggle kaggle;
    const PairFolder pairs = document_pairs(kaggle.path);
    CHECK(pairs.size() == 20);
    CHECK(pairs.read(3).damaged == quantized(inverted(page(3, 16, 32))));

    fs::rename(kaggle.path / "train", kaggle.path / "noisy");
    fs::rename(kaggle.path / "train_cleaned", kaggle.path / "clean");
    CHECK(document_pairs(kaggle.path).size() == 20);
}

TEST_CASE("no page is in two parts of a split") {
    const Kaggle kaggle;
    const PairFolder pairs = document_pairs(kaggle.path);
    const auto groups = group_by_page(pairs);
    REQUIRE(groups.size() == 10);
    for (std::size_t i = 0; i < 10; ++i) CHECK(groups[i] == std::vector<std::size_t>{i, i + 10});

    const PairSplit split = split_by_page(pairs);
    CHECK(split.train.size() == 14);
    CHECK(split.validation.size() == 2);
    CHECK(split.test.size() == 4);
    std::set<std::string> seen;
    for (const PairFolder* part : {&split.train, &split.validation, &split.test})
        for (std::size_t i = 0; i < part->size(); ++i) CHECK(seen.insert(part->id(i)).second);
    CHECK(seen.size() == 20);
    CHECK(split.test.id(0) == "4");
    CHECK(split.test.id(1) == "14");

    const std::string why = message([&] { split_by_page(pairs.subset(0, 3)); });
    CHECK(contains(why, "3 pages leave a part empty"));
}

TEST_CASE("pages are resized") {
    const Kaggle kaggle;
    const PairFolder pairs = document_pairs(kaggle.path);
    const PageSource source(pairs, {.shape = {1, 24, 32}});
    CHECK(source.size() == 20);
    for (const std::size_t index : {std::size_t{0}, std::size_t{1}}) {  // one keeps its size, and one is stretched
        Image input({1, 24, 32}), target({1, 24, 32});
        source.pair(0, index, input.view(), target.view());
        const ImagePair pair = pairs.read(index);
        CHECK(target == quantized(resize(pair.clean, 24, 32)));
        CHECK(input == quantized(resize(pair.damaged, 24, 32)));
    }
}

TEST_CASE("pages are resized bilinearly as PIL does it, where they grow") {
    const TemporaryFolder folder;
    for (const char* name : {"noisy", "clean"}) fs::create_directories(folder.path / name);
    Image small({1, 3, 2});
    const int rows[3][2] = {{0, 255}, {51, 102}, {255, 0}};
    for (int y = 0; y < 3; ++y)
        for (int x = 0; x < 2; ++x) small(0, y, x) = from_byte(static_cast<std::uint8_t>(rows[y][x]));
    write_image(folder / "clean/1.png", small);
    write_image(folder / "noisy/1.png", inverted(small));
    const PageSource source(document_pairs(folder.path), {.shape = {1, 5, 3}, .resampling = Resampling::Bilinear});
    Image dirty({1, 5, 3}), clean({1, 5, 3});
    source.pair(0, 0, dirty.view(), clean.view());
    // PIL 9.4, Image.fromarray(rows / 255, "F").resize((3, 5), Image.BILINEAR) * 255; the source rounds to bytes.
    const double pil[5][3] = {
        {0, 127.5, 255}, {20.4, 107.1, 193.8}, {51, 76.5, 102}, {173.4, 107.1, 40.8}, {255, 127.5, 0}};
    for (int y = 0; y < 5; ++y) {
        for (int x = 0; x < 3; ++x) {
            CHECK(std::abs(255 * static_cast<double>(clean(0, y, x)) - pil[y][x]) <= 0.501);
            CHECK(std::abs(255 * static_cast<double>(dirty(0, y, x)) - (255 - pil[y][x])) <= 0.501);
        }
    }
}

TEST_CASE("parts are cut from the same place of both pages, another one each epoch") {
    const Kaggle kaggle;
    const PairFolder pairs = document_pairs(kaggle.path);
    PageOptions options{.shape = {1, 12, 10}, .fit = PageFit::Crop, .crops = 3, .seed = 5};
    const PageSource source(pairs, options);
    options.redraw = Redraw::Never;
    const PageSource fixed(pairs, options);
    CHECK(source.size() == 60);

    const auto draw = [](const PageSource& from, std::uint64_t epoch, std::size_t index) {
        ImagePair pair{Image({1, 12, 10}), Image({1, 12, 10})};
        from.pair(epoch, index, pair.damaged.view(), pair.clean.view());
        return pair;
    };
    int different = 0;
    for (std::size_t index = 0; index < 60; ++index) {
        const ImagePair pair = draw(source, 2, index);
        const Image negative = inverted(pair.clean);
        for (std::size_t i = 0; i < negative.pixels.size(); ++i)
            CHECK(to_byte(pair.damaged.pixels[i]) == to_byte(negative.pixels[i]));
        // A corner's shade tells where the part comes from, and the part must equal what is there.
        const Image whole = pairs.read(index % 20).clean;
        bool found = false;
        for (int top = 0; top + 12 <= whole.shape.height && !found; ++top)
            for (int left = 0; left + 10 <= whole.shape.width && !found; ++left)
                found = crop(whole, top, left, 12, 10) == pair.clean;
        CHECK(found);
        if (draw(source, 3, index).clean != pair.clean) ++different;
        CHECK(draw(fixed, 3, index).clean == draw(fixed, 0, index).clean);
        CHECK(draw(fixed, 0, index).clean == draw(source, 0, index).clean);
    }
    CHECK(different > 40);  // of 60; two successive draws have the same place about once in 200 times
}

TEST_CASE("a loader reads pages on its threads") {
    const Kaggle kaggle;
    const PageSource source(document_pairs(kaggle.path), {.shape = {1, 16, 16}, .fit = PageFit::Crop});
    const auto sum = [&](int threads) {
        const Loader loader{source, {.batch_size = 6, .threads = threads}};
        double total = 0;
        int step = 1;
        auto&& epoch = loader.epoch(1);
        for (const auto& [input, target] : epoch) {
            for (const float value : input) total += static_cast<double>(value) * step;
            ++step;
        }
        return total;
    };
    CHECK(sum(1) == sum(3));
}

TEST_CASE("what goes wrong is said, with the page's name") {
    Kaggle kaggle;
    const auto open = [&] { return document_pairs(kaggle.path); };

    SUBCASE("no such layout") {
        const TemporaryFolder empty;
        CHECK(contains(message([&] { document_pairs(empty.path); }), "train_cleaned/"));
    }
    SUBCASE("no page at all") {
        for (int i = 0; i < 20; ++i)
            for (const char* folder : {"train/", "train_cleaned/"})
                fs::remove(kaggle / (folder + std::to_string(i) + ".png"));
        CHECK(contains(message(open), "holds no picture"));
    }
    SUBCASE("a page without its clean twin") {
        fs::remove(kaggle / "train_cleaned/7.png");
        CHECK(contains(message(open), "train/7.png"));
        CHECK(contains(message(open), "no twin"));
    }
    SUBCASE("a twin of another size") {
        write_image(kaggle / "train_cleaned/7.png", page(7, 20, 32));
        const std::string why = message([&] { PageSource source(open()); });
        CHECK(contains(why, "train/7.png"));
        CHECK(contains(why, "1x16x32"));
        CHECK(contains(why, "1x20x32"));
    }
    SUBCASE("an unreadable page") {
        std::ofstream(kaggle / "train/7.png") << "this is no picture";
        CHECK(contains(message([&] { PageSource source(open()); }), "train/7.png"));
    }
    SUBCASE("a page smaller than the part to be cut from it") {
        const std::string why = message([&] {
            PageSource source(open(), {.shape = {1, 20, 20}, .fit = PageFit::Crop});
        });
        CHECK(contains(why, ".png: is 1x16x32, from which no 1x20x20 can be cut"));
    }
    SUBCASE("impossible options") {
        CHECK(contains(message([&] { PageSource source(open(), {.fit = PageFit::Crop, .crops = 0}); }), "no crop"));
        CHECK(contains(message([&] { PageSource source(open().subset(0, 0)); }), "no page"));
    }
}
