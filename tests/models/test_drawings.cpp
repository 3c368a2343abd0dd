// The networks for drawings, at small widths, against PyTorch's golden files.
#include "depix/models/artcnn.hpp"
#include "depix/models/cunet.hpp"
#include "depix/models/upconv_7.hpp"
#include "golden_check.hpp"

using namespace depix_test;

TEST_CASE("CUNet and UpCUNet") {
    static_assert(is_global<CUNet<>>());
    check_restorer<CUNet<4, 2>>("cunet");
    check_restorer<UpCUNet<4, 2>>("upcunet");

    // For whole pictures, of which waifu2x continues the edges.
    check_names<PaddedUpCUNet<4, 2>>(shipped + "upcunet.safetensors");
    const Model<PaddedUpCUNet<4, 2>> model(3);
    Image image({3, 21, 30});
    Random random(5);
    for (float& value : image.pixels) value = static_cast<float>(random.uniform());
    CHECK(restore(Inference<PaddedUpCUNet<4, 2>>{model}, image).shape == Shape{3, 42, 60});
}

TEST_CASE("ArtCNN") {
    static_assert(receptive_field<ArtCNN<>>() == 55);
    static_assert(ArtCNN<2, 32, 4, 1>::output({1, 10, 12}) == Shape{1, 20, 24});
    check_restorer<ArtCNN<4, 4, 2>>("artcnn");
}

TEST_CASE("upconv_7 for whole pictures, in tiles and at once") {
    CHECK(Model<UpConv7>().tensors()[0].name == "net.0.weight");
    const Model<PaddedUpConv7> model(3);
    CHECK(model.tensors()[0].name == "net.0.weight");
    const Inference<PaddedUpConv7> network{model};
    Image image({3, 40, 51});
    Random random(5);
    for (float& value : image.pixels) value = static_cast<float>(random.uniform());
    const Image whole = restore(network, image), tiled = restore(network, image, Tiles{.size = 16});
    CHECK(whole.shape == Shape{3, 80, 102});
    CHECK(largest_difference(whole.pixels, tiled.pixels) < 1e-6);
}
