// The networks that people restore with, at small widths, against PyTorch's golden files.
#include "depix/models/compact.hpp"
#include "depix/models/dncnn.hpp"
#include "depix/models/drunet.hpp"
#include "depix/models/edsr.hpp"
#include "depix/models/ffdnet.hpp"
#include "depix/models/ircnn.hpp"
#include "depix/models/mlperf_tiny.hpp"
#include "depix/models/nafnet.hpp"
#include "depix/models/span.hpp"
#include "depix/models/upconv_7.hpp"
#include "golden_check.hpp"

using namespace depix_test;

namespace {

template <class Small>
void check(const std::string& name) {
    CAPTURE(name);
    check_names<Small>(shipped + name + ".safetensors");
    check_output<Small, Cpu, float>(shipped + name + ".safetensors");
    check_output<Small, Reference, double>(shipped + name + ".safetensors");
    check_training<Small, Cpu, float>(shipped + name + "_step.safetensors");
    check_training<Small, Reference, double>(shipped + name + "_step.safetensors");
}

}  // namespace

TEST_CASE("Compact") {
    static_assert(Compact<64, 16, 4>::output({3, 128, 100}) == Shape{3, 512, 400});
    static_assert(Compact<64, 32, 2>::parameter_count == 1192524);
    static_assert(receptive_field<Compact<>>() == 37);
    check<Compact<8, 2>>("compact");
}

TEST_CASE("DnCNN") {
    static_assert(DnCNN<3, 20>::parameter_count == 668227);
    static_assert(receptive_field<DnCNN<>>() == 35);
    check<DnCNN<1, 5, 8>>("dncnn");
}

TEST_CASE("FFDNet") {
    static_assert(FFDNet<>::in_channels == 4);
    static_assert(FFDNet<>::output({4, 64, 32}) == Shape{3, 64, 32});
    static_assert(FFDNet<>::size_multiple == 2);
    check<FFDNet<3, 4, 8>>("ffdnet");
}

TEST_CASE("DRUNet") {
    static_assert(DRUNet<>::in_channels == 4);
    static_assert(DRUNet<>::size_multiple == 8);
    static_assert(DRUNet<1>::parameter_count == 32638656);
    check<DRUNet<3, 2, 1>>("drunet");
}

TEST_CASE("EDSR") {
    static_assert(EDSR<2>::parameter_count == 1369859 + 24);
    static_assert(EDSR<3>::output({3, 10, 20}) == Shape{3, 30, 60});
    check<EDSR<4, 4, 2>>("edsr");
}

TEST_CASE("RCAN") {
    static_assert(is_global<RCAN<>>());
    check<RCAN<4, 8, 2, 2, 4>>("rcan");
}

TEST_CASE("SPAN") {
    static_assert(SPAN<>::parameter_count == 426288);
    static_assert(SPAN<2>::output({3, 10, 20}) == Shape{3, 20, 40});
    check<SPAN<4, 6>>("span");
}

TEST_CASE("IRCNN") {
    static_assert(receptive_field<IRCNN<>>() == 33);
    check<IRCNN<1, 4>>("ircnn");
}

TEST_CASE("NAFNet") {
    static_assert(is_global<NAFNet<>>());
    check<NAFNet<4, Blocks<1, 2>, 1, Blocks<1, 1>>>("nafnet");
}

TEST_CASE("MLPerf Tiny's networks, Cpu against the textbook") {
    const auto check_tiny = [&]<class Network>(Shape shape) {
        CAPTURE(to_string(shape));
        Model<Network> model(5);
        Random random(6);
        for (const auto& tensor : model.tensors())  // statistics that have an effect
            if (tensor.name.ends_with("running_var"))
                for (float& value : tensor.values) value = static_cast<float>(random.uniform(0.2, 0.6));
        Tensor<float> x(1, shape);
        for (float& value : x.data) value = static_cast<float>(random.uniform(-1, 1));
        const Tensor<float> y = Inference<Network>{model}(x);
        const Tensor<double> exact =
            Inference<Network, Reference, double>{Model<Network, double>(model)}(convert<double>(x));
        const std::vector<float> expected(exact.data.begin(), exact.data.end());
        // Some twenty layers, each of which rounds to 2^-24 of its largest value.
        CHECK(largest_difference(y.data, expected) <
              2e-6 * largest_difference(expected, std::vector<float>(expected.size())));
    };
    check_tiny.template operator()<TinyAnomalyDetection>({640, 1, 1});
    check_tiny.template operator()<TinyResNet>({3, 32, 32});
    check_tiny.template operator()<TinyKeywords>({1, 50, 10});
    check_tiny.template operator()<TinyMobileNet>({3, 96, 96});
}

TEST_CASE("upconv_7 for whole pictures, in tiles and at once") {
    const Model<PaddedUpConv7> model(3);
    const Inference<PaddedUpConv7> network{model};
    Image image({3, 40, 51});
    Random random(5);
    for (float& value : image.pixels) value = static_cast<float>(random.uniform());
    const Image whole = restore(network, image), tiled = restore(network, image, Tiles{.size = 16});
    CHECK(whole.shape == Shape{3, 80, 102});
    CHECK(largest_difference(whole.pixels, tiled.pixels) < 1e-6);
}
