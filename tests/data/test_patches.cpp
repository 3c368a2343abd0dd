// Patches: they cover a page, come from the same place of both pages, and are turned in the same way.
#include "depix/data/sources/patches.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../io/error_message.hpp"
#include "../io/temporary_folder.hpp"
#include "depix/data/loader.hpp"
#include "depix/io/image.hpp"

using namespace depix;
namespace fs = std::filesystem;

static_assert(PairSource<PatchSource>);

namespace {

/// A page in which every pixel tells where it is: no two of up to 255 places have the same value.
Image page(int number, Shape shape) {
    Image image(shape);
    for (int c = 0; c < shape.channels; ++c)
        for (int y = 0; y < shape.height; ++y)
            for (int x = 0; x < shape.width; ++x)
                image(c, y, x) = from_byte(static_cast<std::uint8_t>((37 * number + 90 * c + 16 * y + x) % 256));
    return image;
}

Image inverted(Image image) {
    for (float& value : image.pixels) value = from_byte(static_cast<std::uint8_t>(255 - to_byte(value)));
    return image;
}

struct Pair {
    Image input, target;
};
Pair pair(const PatchSource& source, std::uint64_t epoch, std::size_t index) {
    Pair result{Image(source.input_shape()), Image(source.target_shape())};
    source.pair(epoch, index, result.input.view(), result.target.view());
    return result;
}

const std::vector<Image> clean{page(0, {1, 12, 15}), page(1, {1, 8, 8}), page(2, {1, 9, 20})};
std::vector<Image> degraded() {
    std::vector<Image> pages;
    for (const Image& image : clean) pages.push_back(inverted(image));
    return pages;
}

}  // namespace

TEST_CASE("places: row by row, the last ones moved back to the edge") {
    const std::vector<PatchPlace> expected{{0, 0}, {0, 3}, {0, 5}, {1, 0}, {1, 3}, {1, 5}};
    CHECK(cut_places({1, 5, 9}, 4, 3) == expected);
    CHECK(cut_places({3, 4, 4}, 4, 3) == std::vector<PatchPlace>{{0, 0}});
    CHECK(cut_places({1, 4, 8}, 4, 4) == std::vector<PatchPlace>{{0, 0}, {0, 4}});
    CHECK(cut_places({1, 1023, 2259}, 256, 192).size() == 5 * 12);
}

TEST_CASE("places: they cover every pixel") {
    for (const auto& [height, width] : {std::pair{7, 7}, {8, 30}, {31, 9}, {22, 23}}) {
        for (const auto& [size, stride] : {std::pair{7, 5}, {7, 7}, {7, 1}, {3, 2}, {1, 1}}) {
            std::vector<int> covered(static_cast<std::size_t>(height * width));
            std::set<std::pair<int, int>> seen;
            for (const auto& [top, left] : cut_places({1, height, width}, size, stride)) {
                CHECK((top >= 0 && left >= 0 && top + size <= height && left + size <= width));
                CHECK(seen.emplace(top, left).second);
                for (int y = top; y < top + size; ++y)
                    for (int x = left; x < left + size; ++x) ++covered[static_cast<std::size_t>(y * width + x)];
            }
            CHECK(std::find(covered.begin(), covered.end(), 0) == covered.end());
        }
    }
}

TEST_CASE("places: what cannot be is named") {
    CHECK_THROWS_AS(cut_places({1, 255, 400}, 256, 192), ShapeError);
    CHECK(contains(message([] {
                       cut_places({1, 400, 255}, 256, 192);
                   }),
                   "1x400x255 is smaller than a patch of 256x256"));
    CHECK(contains(message([] { cut_places({1, 9, 9}, 4, 5); }), "patches of 4 pixels every 5"));
    CHECK_THROWS_AS(cut_places({1, 9, 9}, 4, 0), Error);
    CHECK_THROWS_AS(cut_places({1, 9, 9}, 0, 0), Error);
}

TEST_CASE("patches are what lies there, on both pages") {
    const PatchSource source(degraded(), clean, {.size = 8, .stride = 6});
    CHECK(source.size() == 2 * 3 + 1 + 2 * 3);
    CHECK(source.input_shape() == Shape{1, 8, 8});
    CHECK(source.target_shape() == Shape{1, 8, 8});
    std::size_t index = 0;
    for (std::size_t i = 0; i < 3; ++i) {
        for (const PatchPlace& place : cut_places(clean[i].shape, 8, 6)) {
            CHECK(source.place(index) == std::pair{i, place});
            const auto [input, target] = pair(source, 5, index++);
            CHECK(target == crop(clean[i], place.top, place.left, 8, 8));
            CHECK(input == inverted(target));
        }
    }
    CHECK_THROWS_AS(source.place(index), std::out_of_range);
    const PatchOptions defaults;
    CHECK(defaults.size == 256);
    CHECK(defaults.stride == 192);
}

TEST_CASE("a page smaller than a patch lies in its upper left corner, the rest is paper") {
    for (const Shape& shape : {Shape{1, 5, 6}, Shape{3, 5, 12}, Shape{3, 12, 6}}) {
        CAPTURE(to_string(shape));
        const Image image = page(4, shape);
        const PatchSource source({inverted(image)}, {image}, {.size = 10, .stride = 8});
        for (std::size_t index = 0; index < source.size(); ++index) {
            const auto [number, place] = source.place(index);
            const auto [input, target] = pair(source, 0, index);
            for (int c = 0; c < shape.channels; ++c)
                for (int y = 0; y < 10; ++y)
                    for (int x = 0; x < 10; ++x) {
                        const int v = place.top + y, u = place.left + x;
                        const bool inside = v < shape.height && u < shape.width;
                        CHECK(target(c, y, x) == (inside ? image(c, v, u) : 1));
                        CHECK(input(c, y, x) == (inside ? inverted(image)(c, v, u) : 1));
                    }
        }
    }
}

TEST_CASE("flips and rotations: of both alike, another one each epoch, all eight in time") {
    PatchOptions options{.size = 8, .stride = 6, .flips_and_rotations = true, .seed = 3};
    const PatchSource source(degraded(), clean, options);
    options.redraw = Redraw::Never;
    const PatchSource fixed(degraded(), clean, options);
    const PatchSource plain(degraded(), clean, {.size = 8, .stride = 6});
    std::set<int> seen;
    for (std::uint64_t epoch = 0; epoch < 8; ++epoch) {
        for (std::size_t index = 0; index < source.size(); ++index) {
            const auto [input, target] = pair(source, epoch, index);
            CHECK(input == inverted(target));
            const Image upright = pair(plain, epoch, index).target;
            int symmetry = 0;
            while (symmetry < 8 && transformed(upright, static_cast<Symmetry>(symmetry)) != target) ++symmetry;
            CHECK(symmetry < 8);
            seen.insert(symmetry);
            CHECK(pair(source, epoch, index).target == target);
            CHECK(pair(fixed, epoch, index).target == pair(source, 0, index).target);
        }
    }
    CHECK(seen.size() == 8);
}

TEST_CASE("fading lowers the contrast of the degraded patch alone, by another share each epoch") {
    const PatchSource plain(degraded(), clean, {.size = 8, .stride = 8});
    const PatchSource faded(degraded(), clean, {.size = 8, .stride = 8, .largest_fading = 0.5f, .seed = 3});
    std::set<float> shares;
    for (std::uint64_t epoch = 0; epoch < 8; ++epoch) {
        const Pair before = pair(plain, epoch, 0), after = pair(faded, epoch, 0);
        CHECK(after.target.pixels == before.target.pixels);
        const float spread = before.input(0, 0, 1) - before.input(0, 0, 0);
        const float share = 1 - (after.input(0, 0, 1) - after.input(0, 0, 0)) / spread;
        CHECK(share >= 0.f);
        CHECK(share <= 0.501f);
        double sum = 0;  // the mean must not change
        for (std::size_t i = 0; i < before.input.pixels.size(); ++i)
            sum += static_cast<double>(after.input.pixels[i] - before.input.pixels[i]);
        CHECK(std::abs(sum) < 1e-4);
        shares.insert(share);
    }
    CHECK(shares.size() > 4);
}

TEST_CASE("from a folder, and on a loader's threads") {
    const TemporaryFolder folder;
    fs::create_directories(folder.path / "clean");
    fs::create_directories(folder.path / "pixeled");
    for (std::size_t i = 0; i < clean.size(); ++i) {
        const std::string name = std::to_string(i).append(".png");
        write_image(folder / ("clean/" + name), clean[i]);
        write_image(folder / ("pixeled/" + name), inverted(clean[i]));
    }
    const PatchOptions options{.size = 8, .stride = 6, .flips_and_rotations = true};
    const PatchSource read(PairFolder(folder.path), options, 2), given(degraded(), clean, options);
    REQUIRE(read.size() == given.size());
    for (std::size_t index = 0; index < given.size(); ++index) {
        CHECK(pair(read, 1, index).input == pair(given, 1, index).input);
        CHECK(pair(read, 1, index).target == pair(given, 1, index).target);
    }
    const auto sum = [&](int threads) {
        const Loader loader{read, {.batch_size = 5, .threads = threads}};
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

    write_image(folder / "clean/1.png", page(1, {3, 8, 8}));
    write_image(folder / "pixeled/1.png", page(1, {3, 8, 8}));
    const std::string why = message([&] { PatchSource(PairFolder(folder.path), options); });
    CHECK(contains(why, "pixeled/1.png: has 3 channels, the first 1"));
}

TEST_CASE("what is no set of pages is named") {
    const auto why = [](const std::vector<Image>& a, const std::vector<Image>& b, PatchOptions options = {}) {
        return message([&] { PatchSource(a, b, options); });
    };
    CHECK(contains(why({}, {}), "no page"));
    CHECK(contains(why(degraded(), {clean[0]}), "3 degraded pages and 1 clean ones"));
    CHECK(contains(why({clean[0], clean[1]}, {clean[0], clean[2]}), "page 1 is 1x8x8, but its twin is 1x9x20"));
    CHECK(contains(why({clean[0], page(0, {3, 9, 9})}, {clean[0], page(0, {3, 9, 9})}), "page 1 has 3 channels"));
    CHECK(contains(why({Image({1, 0, 4})}, {Image({1, 0, 4})}), "page 0 has no pixels"));
    CHECK(contains(why(degraded(), clean, {.size = 8, .stride = 9}), "patches of 8 pixels every 9"));
    CHECK(contains(why(degraded(), clean, {.size = -8}), "patches of -8 pixels"));
}
