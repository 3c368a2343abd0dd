// restore: pictures of any size, by a network of any type.
#include <doctest/doctest.h>

#include <algorithm>
#include <utility>

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

Image picture(int height, int width) {
    Image image({2, height, width});
    Random random(3);
    for (float& value : image.pixels) value = static_cast<float>(random.uniform());
    return image;
}

}  // namespace

TEST_CASE("a picture is padded by repeating its last row and column") {
    const Image image = picture(3, 5);
    const Image padded = pad_to_multiple(image, 4);
    REQUIRE(padded.shape == Shape{2, 4, 8});
    for (int c = 0; c < 2; ++c)
        for (int y = 0; y < 4; ++y)
            for (int x = 0; x < 8; ++x) CHECK(padded(c, y, x) == image(c, std::min(y, 2), std::min(x, 4)));
    CHECK(pad_to_multiple(padded, 4) == padded);
}

TEST_CASE("any size goes in, and comes out") {
    const Model<Network> model(1);
    const Inference<Network, Cpu> network{model, 1};
    for (const auto& [height, width] : {std::pair{8, 12}, {1, 1}, {7, 9}, {3, 4}, {4, 3}}) {
        const Image image = picture(height, width);
        const Image restored = restore(network, image), whole = network(pad_to_multiple(image, 4));
        REQUIRE(restored.shape == Shape{1, height, width});
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) CHECK(restored(0, y, x) == whole(0, y, x));
    }
    CHECK_THROWS_AS(restore(network, Image({3, 8, 8})), ShapeError);
    CHECK_THROWS_AS(restore(network, Image({3, 7, 8})), ShapeError);
}

TEST_CASE("load_restorer keeps a network whose type is no longer known") {
    const TemporaryFolder folder;
    const Model<Network> model(4);
    const std::string file = (folder.path / "weights.safetensors").string();
    save(model, file);
    const Image image = picture(9, 6);
    AnyRestorer any = load_restorer<Network>(file, 1);
    const AnyRestorer copy = any;
    any = load_restorer<Network, Reference>(
        file, 1, [](const auto& network, const Image& whole) { return restore(network, whole, Tiles{.size = 8}); });
    CHECK(copy(image) == restore(Inference<Network>(model, 1), image));
    CHECK(any(image) == restore(Inference<Network, Reference>(model), image));
    CHECK_THROWS_AS(load_restorer<Network>((folder.path / "none.safetensors").string()), FileError);
}
