// restore in tiles gives what restoring the whole picture gives.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "depix/depix.hpp"
#include "depix/models/de_gan.hpp"
#include "depix/models/depixelizer.hpp"
#include "depix/models/documents_autoencoder.hpp"
#include "depix/models/page_cleaner.hpp"
#include "depix/models/pixel_shuffle_unet.hpp"
#include "depix/models/rrdb.hpp"
#include "depix/models/srresnet.hpp"
#include "depix/models/text_restorer.hpp"

using namespace depix;

namespace {

template <class Network>
Image noise(int height, int width) {
    Image image({Network::in_channels, height, width});
    Random random(3);
    for (float& value : image.pixels) value = static_cast<float>(random.uniform());
    return image;
}

/// The picture at once: continued by reflection, restored, and cut.
template <class Network, class Backend>
Image at_once(const Inference<Network, Backend>& network, const Image& image) {
    constexpr int margin = depix::detail::border_margin<Network>(), multiple = Network::size_multiple;
    static_assert(margin % multiple == 0);
    const auto [channels, rows, columns] = image.shape;
    const auto fold = [](int i, int length) {
        while (i < 0 || i >= length) i = i < 0 ? -1 - i : 2 * length - 1 - i;
        return i;
    };
    Image padded({channels, round_up(rows, multiple) + 2 * margin, round_up(columns, multiple) + 2 * margin});
    for (int c = 0; c < channels; ++c)
        for (int y = 0; y < padded.shape.height; ++y)
            for (int x = 0; x < padded.shape.width; ++x)
                padded(c, y, x) = image(c, fold(y - margin, rows), fold(x - margin, columns));
    const Image whole = network(padded);
    const int scale = 12 * whole.shape.height / padded.shape.height;  // in twelfths
    Image cut({whole.shape.channels, rows * scale / 12, columns * scale / 12});
    for (int c = 0; c < cut.shape.channels; ++c)
        for (int y = 0; y < cut.shape.height; ++y)
            for (int x = 0; x < cut.shape.width; ++x)
                cut(c, y, x) = whole(c, margin * scale / 12 + y, margin * scale / 12 + x);
    return cut;
}

template <class Network>
void check(int size, int height, int width) {
    CAPTURE(size);
    CAPTURE(height);
    CAPTURE(width);
    const Model<Network> model(1);
    const Image image = noise<Network>(height, width);

    const Inference<Network, Reference> textbook{model};
    const Image whole = at_once(textbook, image);
    CHECK(restore(textbook, image) == whole);
    CHECK(restore(textbook, image, Tiles{.size = size}) == whole);

    const Inference<Network, Cpu> fast{model, 1};
    const Image once = at_once(fast, image), tiled = restore(fast, image, Tiles{.size = size});
    REQUIRE(tiled.shape == whole.shape);
    float largest = 0, difference = 0;
    for (std::size_t i = 0; i < once.pixels.size(); ++i) {
        largest = std::max(largest, std::abs(once.pixels[i]));
        difference = std::max(difference, std::abs(once.pixels[i] - tiled.pixels[i]));
    }
    CHECK(difference <= 2e-5f * largest);  // Winograd's rounding, see kernels/cpu/winograd.hpp
    CHECK(restore(fast, image, Tiles{.size = size, .jobs = 3}) == tiled);
}

}  // namespace

TEST_CASE("tiles of the exact halo, side by side, are the whole picture") {
    check<Depixelizer>(16, 50, 77);
    check<Depixelizer>(1, 20, 37);
    check<TextRestorer>(24, 50, 77);
    check<DocumentsAutoencoder>(16, 45, 79);
    check<PageCleaner>(24, 70, 50);
    check<PixelShuffleUNet<4, 3, 3>>(16, 60, 70);
    check<DeGanGenerator<2>>(16, 70, 40);
    check<SRResNet<4, 2>>(8, 21, 30);
    check<RRDB<4, 1>>(8, 21, 30);
}

TEST_CASE("a picture smaller than the margin around it") {
    check<PageCleaner>(24, 1, 1);
    check<PageCleaner>(24, 2, 3);
    check<SRResNet<4, 2>>(8, 3, 1);
}

TEST_CASE("a tile as large as the picture, and larger") {
    check<Depixelizer>(64, 64, 64);
    check<Depixelizer>(500, 33, 64);
}

TEST_CASE("networks that halve, and windows that overlap") {
    check<Sequential<Conv<1, 2, 5, Stride<2>>, Conv<2, 1, 3>>>(6, 31, 40);
    check<Sequential<Conv<1, 2, 3>, AveragePool<2>, Conv<2, 4, 4, Padding<1, 2>>, PixelShuffle<2>>>(4, 30, 41);
}

TEST_CASE("padding by reflection and replication inside the network") {
    using Reflected =
        Sequential<ReflectPadding<1>, Conv<1, 4, 3, Padding<0>>, ReLU, ReflectPadding<2>, Conv<4, 1, 5, Padding<0>>>;
    check<Reflected>(7, 20, 31);
    check<Reflected>(16, 1, 2);
    check<Sequential<ReplicationPadding<1>, Conv<1, 4, 3, Padding<0>>, ReLU, ReplicationPadding<2>,
                     Conv<4, 1, 5, Padding<0>>>>(7, 20, 31);
    // Padded more than the convolution after it reads: the edge shows in the rest of the map.
    check<Sequential<Conv<1, 2>, ReflectPadding<4>, Conv<2, 2, 3, Padding<0>>, Conv<2, 1, 7, Padding<0>>>>(6, 20, 31);
    check<Sequential<ReflectPadding<3>, Conv<1, 3, 7, Padding<0>>, ReflectPadding<1>,
                     Conv<3, 4, 3, Stride<2>, Padding<0>>, ReLU, ReflectPadding<1>, Conv<4, 4, 3, Padding<0>>,
                     PixelShuffle<2>, ReplicationPadding<1>, Conv<1, 1, 3, Padding<0>>>>(8, 30, 41);
}

TEST_CASE("such a network that sees further than the margin around the picture") {
    using Block = Sequential<ReflectPadding<3>, Conv<1, 1, 7, Padding<0>>>;
    using Network = Sequential<Block, Block, Block, Block, Block, Block, Block, Block, Block, Block, Block, Block>;
    static_assert(receptive_field<Network>() == 73);
    check<Network>(10, 35, 24);
    check<Network>(20, 3, 50);
    check<Sequential<ReflectPadding<1>, Conv<1, 4, 3, Stride<2>, Padding<0>>,
                     Repeat<20, Sequential<ReplicationPadding<1>, Conv<4, 4, 3, Padding<0>>>>, PixelShuffle<2>>>(10, 36,
                                                                                                                 25);
}

TEST_CASE("enlargement with weights, and poolings with padding") {
    check<Sequential<Conv<1, 2>, Upsample<2, Bilinear>, Conv<2, 1>>>(5, 20, 31);
    check<Sequential<Conv<1, 2>, Upsample<3, Bicubic>, Conv<2, 1>>>(5, 20, 31);
    check<Sequential<Conv<1, 2, 3, Stride<2>>, Upsample<2, Bicubic>, Conv<2, 1>, Upsample<2, Bilinear>>>(6, 21, 30);
    check<Sequential<Conv<1, 2>, Upsample<3, Divisor<2>, Bilinear>, Conv<2, 1>>>(6, 21, 30);
    check<Sequential<Conv<1, 2>, Upsample<4, Divisor<3>>, Conv<2, 1>>>(6, 21, 30);
    check<Sequential<PixelUnshuffle<2, 1>, Conv<4, 8>, SimpleGate, LayerNorm2d<4>, PixelShuffle<2>>>(6, 21, 30);
    check<Sequential<Conv<1, 2>, MaxPool<3, Stride<2>, Padding<1>>, GELU, Conv<2, 4>, PixelShuffle<2>>>(6, 21, 30);
    check<Sequential<Conv<1, 2>, AveragePool<3, Stride<1>, Padding<1>>, MaxPool<2, CeilMode>, Upsample<2>>>(6, 21, 30);
    check<Sequential<Conv<1, 2>, AveragePool<3, Stride<2>, CeilMode>, Softmax, Upsample<2>>>(6, 21, 30);
}

TEST_CASE("groups, dilation, and kernels that are not square") {
    check<Sequential<Conv<1, 4, 3, Dilation<4>>, ReLU, Conv<4, 4, 3, Groups<4>>, Conv<4, 1, 3, Dilation<2>>>>(9, 40,
                                                                                                              50);
    check<Sequential<Conv<1, 2, 7, KernelSize<1, 7>>, Conv<2, 4, 5, KernelSize<5, 1>, Stride<2>>, PixelShuffle<2>>>(
        6, 31, 40);
    check<Sequential<Conv<2, 2, 2, Dilation<3>, Groups<2>>, Conv<2, 1, 4, KernelSize<2, 4>>>>(7, 20, 33);
}

TEST_CASE("tiles that see less than they depend on") {
    using Network = Sequential<Conv<1, 1, 5>, Conv<1, 1, 5>>;  // 4 pixels each way
    const Model<Network> model(1);
    const Inference<Network, Reference> network{model};
    const Image image = noise<Network>(20, 24), whole = restore(network, image);
    for (const int reach : {4, 100}) CHECK(restore(network, image, Tiles{.size = 8, .reach = reach}) == whole);
    const Image limited = restore(network, image, Tiles{.size = 8, .reach = 1});
    REQUIRE(limited.shape == whole.shape);
    CHECK(limited(0, 12, 12) == whole(0, 12, 12));  // in the middle of a tile
    CHECK(limited(0, 8, 8) != whole(0, 8, 8));
}

TEST_CASE("what cannot be is named") {
    const Model<Depixelizer> model(1);
    const Inference<Depixelizer> network{model, 1};
    CHECK_THROWS_AS(restore(network, Image({3, 16, 16}), Tiles{.size = 0}), Error);
    CHECK_THROWS_AS(restore(network, Image({3, 16, 16}), Tiles{.size = 8, .jobs = 0}), Error);
    CHECK_THROWS_AS(restore(network, Image({1, 16, 16}), Tiles{}), ShapeError);
    CHECK_THROWS_AS(restore(network, Image({3, 0, 16}), Tiles{}), ShapeError);
}

TEST_CASE("every tile is reported once") {
    using Network = Sequential<Conv<1, 1>>;
    const Model<Network> model(1);
    const Inference<Network> network{model, 1};
    for (const int jobs : {1, 2}) {
        std::vector<std::pair<int, int>> reported;
        const auto note = [&](int done, int count) { reported.emplace_back(done, count); };
        restore(network, Image({1, 20, 30}), Tiles{.size = 10, .jobs = jobs, .progress = note});
        CHECK(reported == std::vector<std::pair<int, int>>{{1, 6}, {2, 6}, {3, 6}, {4, 6}, {5, 6}, {6, 6}});
    }
}
