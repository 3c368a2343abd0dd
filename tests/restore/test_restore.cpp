// restore: pictures of any size, by a network of any type.
#include <doctest/doctest.h>

#include <utility>
#include <vector>

#include "../io/temporary_folder.hpp"
#include "depix/layers/conv.hpp"
#include "depix/layers/max_pool.hpp"
#include "depix/layers/upsample.hpp"
#include "depix/random.hpp"
#include "depix/restore/any_restorer.hpp"
#include "depix/restore/restore.hpp"

using namespace depix;

namespace {

using Network = Sequential<Conv<2, 3>, MaxPool<4>, Upsample<4>, Conv<3, 1>>;
static_assert(Network::size_multiple == 4);

Image test_image(int height, int width) {
    Image image({2, height, width});
    Random random(3);
    for (float& value : image.pixels) value = static_cast<float>(random.uniform());
    return image;
}

}  // namespace

TEST_CASE("a picture goes on in reverse beyond its edges") {
    Image image({1, 1, 3});
    image.pixels = {1, 2, 3};
    CHECK(crop_reflected(image, 0, -5, 1, 13).pixels == std::vector<float>{2, 3, 3, 2, 1, 1, 2, 3, 3, 2, 1, 1, 2});
    const Image whole = test_image(3, 5), part = crop_reflected(whole, -1, 3, 4, 3);
    REQUIRE(part.shape == Shape{2, 4, 3});
    const int rows[] = {0, 0, 1, 2}, columns[] = {3, 4, 4};
    for (int c = 0; c < 2; ++c)
        for (int y = 0; y < 4; ++y)
            for (int x = 0; x < 3; ++x) CHECK(part(c, y, x) == whole(c, rows[y], columns[x]));
    CHECK(crop_reflected(test_image(1, 1), -2, -2, 4, 4)(1, 3, 3) == test_image(1, 1)(1, 0, 0));
}

TEST_CASE("any size goes in, and comes out") {
    const Model<Network> model(1);
    const Inference<Network, Cpu> network{model, 1};
    constexpr int margin = detail::border_margin<Network>();
    static_assert(margin == 8);  // a pixel sees the rest of its block of 4, the block beside it, and one more pixel
    for (const auto& [height, width] : {std::pair{8, 12}, {1, 1}, {7, 9}, {3, 4}, {4, 3}}) {
        const Image image = test_image(height, width), restored = restore(network, image);
        const Image whole = network(crop_reflected(image, -8, -8, round_up(height, 4) + 16, round_up(width, 4) + 16));
        REQUIRE(restored.shape == Shape{1, height, width});
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) CHECK(restored(0, y, x) == whole(0, y + 8, x + 8));
    }
    CHECK_THROWS_AS(restore(network, Image({3, 8, 8})), ShapeError);
    CHECK_THROWS_AS(restore(network, Image({3, 7, 8})), ShapeError);
    CHECK_THROWS_AS(restore(network, Image({2, 0, 8})), ShapeError);
}

TEST_CASE("no frame: what is the same everywhere stays the same everywhere") {
    const Model<Network> model(1);
    const Inference<Network, Cpu> network{model, 1};
    Image grey({2, 20, 32});
    for (float& value : grey.pixels) value = 0.5f;
    const Image restored = restore(network, grey);
    for (const float value : restored.pixels) CHECK(value == doctest::Approx(restored(0, 10, 15)).epsilon(1e-6));
    const Image raw = network(grey);
    CHECK(raw(0, 0, 0) != doctest::Approx(raw(0, 10, 15)).epsilon(1e-2));  // the network alone draws one
}

TEST_CASE("load_restorer keeps a network whose type is no longer known") {
    const TemporaryFolder folder;
    const Model<Network> model(4);
    const std::string file = (folder.path / "weights.safetensors").string();
    save(model, file);
    const Image image = test_image(9, 6);
    AnyRestorer any = load_restorer<Network>(file, 1);
    const AnyRestorer copy = any;
    any = load_restorer<Network, Reference>(
        file, 1, [](const auto& network, const Image& whole) { return restore(network, whole, Tiles{.size = 8}); });
    CHECK(copy(image) == restore(Inference<Network>(model, 1), image));
    CHECK(any(image) == restore(Inference<Network, Reference>(model), image));
    CHECK_THROWS_AS(load_restorer<Network>((folder.path / "none.safetensors").string()), FileError);
}
