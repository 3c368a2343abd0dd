// The networks that people restore with, at small widths, against PyTorch's golden files.
#include "depix/models/compact.hpp"
#include "depix/models/dncnn.hpp"
#include "depix/models/drunet.hpp"
#include "depix/models/edsr.hpp"
#include "depix/models/ffdnet.hpp"
#include "depix/models/fold_span.hpp"
#include "depix/models/ircnn.hpp"
#include "depix/models/mlperf_tiny.hpp"
#include "depix/models/nafnet.hpp"
#include "depix/models/span.hpp"
#include "golden_check.hpp"

using namespace depix_test;

TEST_CASE("Compact") {
    static_assert(Compact<64, 16, 4>::output({3, 128, 100}) == Shape{3, 512, 400});
    static_assert(Compact<64, 32, 2>::parameter_count == 1192524);
    static_assert(receptive_field<Compact<>>() == 37);
    check_restorer<Compact<8, 2>>("compact");
}

TEST_CASE("DnCNN") {
    static_assert(DnCNN<3, 20>::parameter_count == 668227);
    static_assert(receptive_field<DnCNN<>>() == 35);
    check_restorer<DnCNN<1, 5, 8>>("dncnn");
}

TEST_CASE("FFDNet") {
    static_assert(FFDNet<>::in_channels == 4);
    static_assert(FFDNet<>::output({4, 64, 32}) == Shape{3, 64, 32});
    static_assert(FFDNet<>::size_multiple == 2);
    check_restorer<FFDNet<3, 4, 8>>("ffdnet");
}

TEST_CASE("DRUNet") {
    static_assert(DRUNet<>::in_channels == 4);
    static_assert(DRUNet<>::size_multiple == 8);
    static_assert(DRUNet<1>::parameter_count == 32638656);
    check_restorer<DRUNet<3, 2, 1>>("drunet");
}

TEST_CASE("EDSR") {
    static_assert(EDSR<2>::parameter_count == 1369859 + 24);
    static_assert(EDSR<3>::output({3, 10, 20}) == Shape{3, 30, 60});
    check_restorer<EDSR<4, 4, 2>>("edsr");
}

TEST_CASE("RCAN") {
    static_assert(is_global<RCAN<>>());
    check_restorer<RCAN<4, 8, 2, 2, 4>>("rcan");
}

TEST_CASE("SPAN") {
    static_assert(SPAN<2>::output({3, 10, 20}) == Shape{3, 20, 40});
    check_restorer<SPAN<4, 6>>("span");
}

// in = 1, middle = 2, wide = 2, out = 1: what the compiler folds.
constexpr auto folded_by_the_compiler = [] {
    const std::array<float, 2> first{2, -1}, first_bias{1, 3}, second_bias{5, -2}, third{1, 2};
    const std::array<float, 1> third_bias{7}, skip{100}, skip_bias{1000};
    std::array<float, 36> second{};
    for (std::size_t i = 0; i < second.size(); ++i) second[i] = static_cast<float>(i % 9);
    std::array<float, 10> result{};
    fold_branches<float>({first, first_bias, second, second_bias, third, third_bias, skip, skip_bias},
                         std::span(result).first(9), std::span(result).last(1));
    return result;
}();

TEST_CASE("SPAN as it is trained, and folded") {
    check_restorer<TrainedSPAN<4, 3>>("span_trained");

    // Each tap k is (1 + 2) * (2 - 1) * k; the skip is at the centre.
    static_assert(folded_by_the_compiler[0] == 0 && folded_by_the_compiler[3] == 9);
    static_assert(folded_by_the_compiler[4] == 112 && folded_by_the_compiler[8] == 24);
    // (1 + 2) * (1 + 3) * (0 + ... + 8) of the first bias, then 5 - 2 * 2, 7 and 1000.
    static_assert(folded_by_the_compiler[9] == 432 + 1 + 1007);

    Model<TrainedSPAN<4, 3>, double> trained;
    load(trained, shipped + "span_trained.safetensors", {.prefix = "w."});
    Model<SPAN<4, 3>, double> folded(1);
    fold_span(trained, folded);
    const SafetensorsFile file = SafetensorsFile::read(shipped + "span_trained.safetensors");
    const Tensor<double> input = convert<double>(tensor(file, "input"));
    const Tensor<double> output = Inference<TrainedSPAN<4, 3>, Reference, double>{trained}(input);
    const Tensor<double> fast = Inference<SPAN<4, 3>, Reference, double>{folded}(input);
    double difference = 0;
    for (std::size_t i = 0; i < output.data.size(); ++i)
        difference = std::max(difference, std::fabs(output.data[i] - fast.data[i]));
    CHECK(difference < 1e-14);  // some fifty roundings of 1e-16, of values below 1

    // Files have both forms, and each type takes its own.
    CHECK(span_folded_name("block_1.c1_r.sk.weight").empty());
    CHECK(span_folded_name("conv_1.conv.0.bias").empty());
    CHECK(span_folded_name("conv_1.eval_conv.bias") == "conv_1.eval_conv.bias");
    CHECK(span_trained_name("conv_1.eval_conv.bias").empty());
    CHECK(span_trained_name("conv_cat.weight") == "conv_cat.weight");
    Model<SPAN<4, 3>, double> other(2);
    CHECK_THROWS_WITH_AS(fold_span(other, folded), "depix: fold_span: the trained model has no conv_1.conv.0.weight",
                         Error);
}

TEST_CASE("IRCNN") {
    static_assert(receptive_field<IRCNN<>>() == 33);
    check_restorer<IRCNN<1, 4>>("ircnn");
}

TEST_CASE("NAFNet") {
    static_assert(is_global<NAFNet<>>());
    check_restorer<NAFNet<4, Blocks<1, 2>, 1, Blocks<1, 1>>>("nafnet");
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
