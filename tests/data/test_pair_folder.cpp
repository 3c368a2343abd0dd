// Pair folders: the files equal the drawn pairs, and every possible error in a user's own set is named.
#include "depix/data/sources/pair_folder.hpp"

#include <doctest/doctest.h>

#include <string>

#include "../io/temporary_folder.hpp"
#include "depix/data/sources/pair_sources.hpp"
#include "depix/data/text/text_images.hpp"
#include "roboto.hpp"

using namespace depix;
namespace fs = std::filesystem;

namespace {

template <class Call>
std::string message(Call call) {
    try {
        call();
    } catch (const FileError& error) {
        return error.what();
    }
    return "no FileError was thrown";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// A data set of small pictures: one grey level per ID, and its inverse.
struct SmallSet : TemporaryFolder {
    explicit SmallSet(const std::vector<std::string>& names, Shape shape = {3, 4, 6}) {
        fs::create_directories(path / "clean");
        fs::create_directories(path / "pixeled");
        for (std::size_t i = 0; i < names.size(); ++i) {
            const float grey = from_byte(static_cast<std::uint8_t>(i));
            write_image(*this / ("clean/" + names[i]), Image(shape, grey));
            write_image(*this / ("pixeled/" + names[i]), Image(shape, 1 - grey));
        }
    }
};

std::vector<std::string> ids(const PairFolder& folder) {
    std::vector<std::string> result;
    for (std::size_t i = 0; i < folder.size(); ++i) result.push_back(folder.id(i));
    return result;
}

}  // namespace

TEST_CASE("write_pairs: the files equal the pairs drawn on the fly, on any number of threads") {
    DEPIX_NEEDS_ROBOTO();
    const TemporaryFolder folder;
    const TextImages images(*roboto());
    std::size_t calls = 0;
    WritePairsOptions options;
    options.count = 12;
    options.seed = 5;
    options.threads = 3;
    options.progress = [&](std::size_t done, std::size_t count) {
        CHECK(done == ++calls);
        CHECK(count == 12);
    };
    write_pairs(folder.path / "dataset", images, options);
    CHECK(calls == 12);
    CHECK(fs::exists(folder.path / "dataset/clean/11.png"));
    CHECK(fs::exists(folder.path / "dataset/pixeled/0.png"));

    const PairFolder pairs(folder.path / "dataset");
    CHECK(ids(pairs) == std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"});
    for (std::size_t index = 0; index < pairs.size(); ++index) {
        Random random(5, 0, index);
        const TextPair drawn = images.draw(random);
        const ImagePair read = pairs.read(index);
        CHECK(read.clean == drawn.clean);
        CHECK(read.damaged == drawn.pixelated);
    }

    // Writing again makes the same files. Writing fewer is an error, so that the others do not silently stay among
    // them.
    options.progress = nullptr;
    CHECK_NOTHROW(write_pairs(folder.path / "dataset", images, options));
    options.count = 11;
    CHECK(contains(message([&] { write_pairs(folder.path / "dataset", images, options); }), "clean/11.png"));
}

TEST_CASE("write_pairs: a folder that cannot be made is an error") {
    DEPIX_NEEDS_ROBOTO();
    const TemporaryFolder folder;
    write_file(folder / "taken", "a file");
    CHECK(contains(message([&] { write_pairs(folder.path / "taken", TextImages(*roboto())); }), "taken"));
}

TEST_CASE("pair folder: IDs in the order of numbers, then of the alphabet") {
    const SmallSet set({"10.png", "9.png", "b.png", "007.png", "a.bmp", "100.png"});
    write_file(set / "clean/.hidden", "ignored");
    const PairFolder folder(set.path);
    CHECK(ids(folder) == std::vector<std::string>{"007", "9", "10", "100", "a", "b"});
    CHECK(folder.read(1).clean == Image({3, 4, 6}, from_byte(1)));
    CHECK(ids(folder.subset(2, 3)) == std::vector<std::string>{"10", "100", "a"});
    CHECK_THROWS_AS(folder.subset(4, 3), Error);
}

TEST_CASE("pair folder: splits in the order of IDs") {
    std::vector<std::string> names;
    for (int i = 0; i < 50; ++i) names.push_back(std::to_string(i) + ".png");
    const SmallSet set(names, {1, 1, 1});
    const PairFolder folder(set.path);
    const PairSplit counted = folder.split(40, 6, 3);
    CHECK(counted.train.size() == 40);
    CHECK(counted.validation.id(0) == "40");
    CHECK(counted.test.id(0) == "46");
    CHECK(counted.test.size() == 3);
    CHECK_THROWS_AS(folder.split(40, 6, 5), Error);

    const PairSplit fractions = folder.split_by_fractions();
    CHECK(fractions.train.size() == 45);
    CHECK(fractions.validation.size() == 3);
    CHECK(fractions.test.size() == 2);
    CHECK(fractions.test.id(0) == "48");
    CHECK(folder.split_by_fractions(1, 0).test.size() == 0);
    CHECK_THROWS_AS(folder.split_by_fractions(0.9, 0.2), Error);
    CHECK_THROWS_AS(folder.split_by_fractions(-0.1, 0.2), Error);
}

TEST_CASE("pair folder: what is wrong with a set is named") {
    const SmallSet set({"1.png", "2.png"});
    const auto open = [&] { PairFolder(set.path); };

    SUBCASE("a clean picture without its twin") {
        fs::remove(set / "pixeled/2.png");
        CHECK(contains(message(open), set / "clean/2.png: has no twin in "));
    }
    SUBCASE("a damaged picture without its twin") {
        fs::remove(set / "clean/1.png");
        CHECK(contains(message(open), set / "pixeled/1.png: has no twin in "));
    }
    SUBCASE("a file that is no picture") {
        write_file(set / "clean/notes.txt", "hello");
        CHECK(contains(message(open), set / "clean/notes.txt: is no picture"));
    }
    SUBCASE("two pictures of one ID") {
        write_image(set / "clean/2.bmp", Image({3, 4, 6}));
        CHECK(contains(message(open), "clean/2.png: has the same ID as"));
    }
    SUBCASE("a missing folder") {
        fs::remove_all(set.path / "pixeled");
        CHECK(contains(message(open), set / "pixeled"));
    }
    SUBCASE("empty folders") {
        for (const char* name : {"clean/1.png", "clean/2.png", "pixeled/1.png", "pixeled/2.png"})
            fs::remove(set / name);
        CHECK(contains(message(open), "holds no picture"));
    }
    SUBCASE("twins of different sizes") {
        write_image(set / "pixeled/2.png", Image({3, 4, 7}));
        const PairFolder folder(set.path);
        CHECK_NOTHROW(folder.read(0));
        const std::string text = message([&] { folder.read(1); });
        CHECK(contains(text, set / "pixeled/2.png: is 3x4x7"));
        CHECK(contains(text, set / "clean/2.png is 3x4x6"));
    }
    SUBCASE("twins of different channels, unless they are converted") {
        write_image(set / "pixeled/2.png", Image({1, 4, 6}, 1.0f));
        CHECK(contains(message([&] { PairFolder(set.path).read(1); }), "is 1x4x6"));
        CHECK(PairFolder(set.path, PairFolderOptions{.channels = 1}).read(1).clean.shape == Shape{1, 4, 6});
    }
    SUBCASE("an unreadable picture") {
        write_file(set / "clean/1.png", "\x89PNG, or so");
        CHECK(contains(message([&] { PairFolder(set.path).read(0); }), set / "clean/1.png"));
    }
    SUBCASE("pictures of different sizes in one batch") {
        write_image(set / "clean/2.png", Image({3, 8, 8}));
        write_image(set / "pixeled/2.png", Image({3, 8, 8}));
        const PairFolder folder(set.path);
        CHECK_NOTHROW(folder.read(1));
        const PairFolderSource source(folder);
        Image input({3, 4, 6}), target({3, 4, 6});
        CHECK(contains(message([&] { source.pair(0, 1, input.view(), target.view()); }), "clean/2.png: is 3x8x8"));
        CHECK(contains(message([&] { PairFolderSource(folder, Keep::InMemory); }), "clean/2.png: is 3x8x8"));
    }
}
