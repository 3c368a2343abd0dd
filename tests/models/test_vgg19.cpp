// VGG19's features: the type and, where the real weights exist, numbers that PyTorch computes with them.
#include "depix/models/vgg19.hpp"

#include "../io/error_message.hpp"
#include "../io/temporary_folder.hpp"
#include "golden_check.hpp"

using namespace depix_test;

namespace {

const std::string weights = std::string(DEPIX_SHARED_DIR) + "/weights/vgg19_features_f16.safetensors";

/// A picture of numbers in 0..1 without a pattern, in the form that the weights in shared/ need.
Image prepared_image(int height, int width) {
    Image image({3, height, width});
    constexpr const ChannelMap& map = VggInput::caffe;
    for (int c = 0; c < 3; ++c)
        for (int i = 0; i < height; ++i)
            for (int j = 0; j < width; ++j) {
                const auto channel = static_cast<std::size_t>(c);
                const int number = (53 * map.source[channel] + 17 * i + 29 * j) % 97;
                image(c, i, j) = map.scale[channel] * (static_cast<float>(number) / 96) + map.offset[channel];
            }
    return image;
}

struct Pin {
    int channel, row, column;
    double value;
};

/// Compares with numbers from PyTorch in double. `rounding` is the largest error of PyTorch in float on this picture.
/// Another order of summation may be a few times worse.
template <class Network, class Backend>
void check_pins(Shape size, double mean, double rounding, const std::vector<Pin>& pins) {
    if (!have(weights)) return;
    Model<Network> model;
    load(model, weights, {.name_map = vgg19_part<Network>});
    const Inference<Network, Backend> see{model};
    const Image features = see(prepared_image(size.height, size.width));
    CHECK(features.shape == Network::output(size));
    for (const Pin& pin : pins) {
        CAPTURE(pin.channel);
        CHECK(std::fabs(static_cast<double>(features(pin.channel, pin.row, pin.column)) - pin.value) <= 4 * rounding);
    }
    double sum = 0;
    for (const float value : features.pixels) sum += static_cast<double>(value);
    CHECK(std::fabs(sum / static_cast<double>(features.pixels.size()) - mean) <= 4 * rounding);
}

}  // namespace

TEST_CASE("the types are parts of torchvision's vgg19") {
    // PyTorch's counts and shapes, of features[:n].
    static_assert(Vgg19Features<1>::parameter_count == 1792);
    static_assert(Vgg19Features<5>::parameter_count == 38720);
    static_assert(Vgg22::parameter_count == 260160);
    static_assert(Vgg54::parameter_count == 20024384);
    static_assert(Vgg19Features<37>::parameter_count == 20024384);
    static_assert(Vgg19Features<1>::output({3, 7, 9}) == Shape{64, 7, 9});
    static_assert(Vgg19Features<5>::output({3, 48, 32}) == Shape{64, 24, 16});
    static_assert(Vgg22::output({3, 48, 32}) == Shape{128, 24, 16});
    static_assert(Vgg54::output({3, 48, 32}) == Shape{512, 3, 2});
    static_assert(Vgg54BeforeReLU::output({3, 48, 32}) == Shape{512, 3, 2});
    static_assert(Vgg19Features<37>::output({3, 96, 64}) == Shape{512, 3, 2});
    static_assert(Vgg19Features<4>::size_multiple == 1);
    static_assert(Vgg22::size_multiple == 2);
    static_assert(Vgg54::size_multiple == 16);
    static_assert(receptive_field<Vgg22>() == 14);
    static_assert(receptive_field<Vgg54>() == 252);

    static_assert(
        std::is_same_v<Vgg19Features<5>,
                       Sequential<Named<"features", Sequential<Conv<3, 64>, ReLU, Conv<64, 64>, ReLU, MaxPool<2>>>>>);
    constexpr auto before = summary<Vgg54BeforeReLU>({3, 16, 16});
    constexpr auto behind = summary<Vgg54>({3, 16, 16});
    static_assert(before.rows.size() == 36);
    static_assert(before.rows.back().parameters == 512 * 512 * 9 + 512);
    static_assert(std::string_view(behind.rows.back().layer) == "ReLU");
}

TEST_CASE("the names are torchvision's") {
    std::vector<std::string> names;
    const Model<Vgg22> model;
    for (const auto& tensor : model.tensors()) names.push_back(tensor.name);
    CHECK(names == std::vector<std::string>{"features.0.weight", "features.0.bias", "features.2.weight",
                                            "features.2.bias", "features.5.weight", "features.5.bias",
                                            "features.7.weight", "features.7.bias"});
    CHECK(Model<Vgg19Features<1>>{}.tensors()[0].name == "features.0.weight");
}

TEST_CASE("a part loads from a file that has more of VGG19, and from no other") {
    const TemporaryFolder folder;
    const Model<Vgg19Features<6>> larger(1);
    save(larger, folder / "larger.safetensors");
    Model<Vgg19Features<3>> part(2);
    load(part, folder / "larger.safetensors", {.name_map = vgg19_part<Vgg19Features<3>>});
    CHECK(std::ranges::equal(part.parameters(), larger.parameters().first(part.parameters().size())));

    // Without the map the file does not fit, and with it only VGG19's own tensors may be left out.
    const std::string complaint = message([&] { load(part, folder / "larger.safetensors"); });
    CHECK(contains(complaint, "unexpected features.5.weight (128, 64, 3, 3)"));
    CHECK(vgg19_part<Vgg22>("features.7.bias") == "features.7.bias");
    CHECK(vgg19_part<Vgg22>("features.10.weight").empty());
    CHECK(vgg19_part<Vgg22>("features.34.bias").empty());
    CHECK(vgg19_part<Vgg22>("classifier.0.weight").empty());
    CHECK(vgg19_part<Vgg22>("features.99.weight") == "features.99.weight");
    CHECK(vgg19_part<Vgg22>("module.features.10.weight") == "module.features.10.weight");
}

TEST_CASE("with the real weights VGG2,2 agrees with PyTorch, on both backends") {
    const std::vector<Pin> pins{{0, 1, 5, 0},
                                {16, 1, 5, 10.552602021741507},
                                {48, 1, 5, 721.923701926269},
                                {85, 0, 0, 1642.4300180151563},
                                {85, 4, 0, 1711.7370795780166},
                                {85, 4, 7, 1642.582003556801},
                                {112, 1, 5, 0}};
    check_pins<Vgg22, Cpu>({3, 12, 16}, 90.73093677033826, 9.8e-4, pins);
    check_pins<Vgg22, Reference>({3, 12, 16}, 90.73093677033826, 9.8e-4, pins);
}

TEST_CASE("with the real weights VGG5,4 before its ReLU agrees with PyTorch") {
    check_pins<Vgg54BeforeReLU, Cpu>({3, 32, 48}, -28.896770236552953, 1.05e-4,
                                     {{0, 1, 2, -27.705691281776335},
                                      {64, 1, 2, -33.59211144114148},
                                      {128, 1, 2, -5.940742638494062},
                                      {257, 0, 1, 69.30367093362456},
                                      {257, 1, 1, 67.99187851581758},
                                      {307, 0, 1, 70.8494494579253},
                                      {384, 1, 2, -29.671572095363057},
                                      {448, 1, 2, -36.5606628506375}});
}

TEST_CASE("the input notes are of pictures in 0..1") {
    const auto apply = [](const ChannelMap& map, std::array<float, 3> rgb, std::size_t c) {
        return map.scale[c] * rgb[static_cast<std::size_t>(map.source[c])] + map.offset[c];
    };
    // White, and torchvision's mean. The tolerance is a rounding of numbers below 256, and of numbers below 4.
    CHECK(apply(VggInput::caffe, {1, 1, 1}, 0) == doctest::Approx(255 - 103.939).epsilon(1e-6));
    CHECK(apply(VggInput::caffe, {0.25f, 0.5f, 1}, 0) == doctest::Approx(255 - 103.939).epsilon(1e-6));
    CHECK(apply(VggInput::caffe, {1, 0.5f, 0.25f}, 2) == doctest::Approx(255 - 123.68).epsilon(1e-6));
    for (std::size_t c = 0; c < 3; ++c)
        CHECK(std::fabs(apply(VggInput::torchvision, {0.485f, 0.456f, 0.406f}, c)) < 1e-6f);
    CHECK(apply(VggInput::torchvision, {1, 0, 0}, 0) == doctest::Approx((1 - 0.485) / 0.229).epsilon(1e-6));
}
