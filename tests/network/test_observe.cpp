// observe: what it calls its visitor with, unusual networks, and what it refuses. test_observe_models.cpp has the
// published networks.
#include <array>
#include <stdexcept>

#include "observe_check.hpp"

using namespace depix_test;

TEST_CASE("layers have the names of the state_dict, and joins those of their part") {
    CHECK(layer_names_of<Sequential<Named<"encoder", Conv<1, 2>, ReLU>, MaxPool<2>>>() == "encoder.0 encoder.1 1");
    CHECK(layer_names_of<Sequential<Conv<1, 2>, Residual<Conv<2, 2>, ReLU>, SkipConcat<ReLU>>>() ==
          "0 1.0 1.1 1.add 2.0 2.concatenate");
    CHECK(layer_names_of<Residual<Named<"head", Conv<1, 1>>, ReLU>>() == "head 1 add");
    CHECK(layer_names_of<Sequential<Conv<1, 2>, Named<"blocks", Repeat<2, Residual<Conv<2, 2>>>>>>() ==
          "0 blocks.0.0 blocks.0.add blocks.1.0 blocks.1.add");
    // Parts without names, as in the U-Nets, whose layers without parameters share a path.
    using Level = Named<"", SkipConcat<MaxPool<2>, Named<"up", Conv<2, 8>>, PixelShuffle<2>>>;
    CHECK(layer_names_of<Sequential<Conv<1, 2>, Level, Conv<4, 2>, Level>>() ==
          "0 0_1 up 2 concatenate 2_1 0_2 up_1 2_2 concatenate_1");
    CHECK(layer_names_of<Sequential<Sequential<Sequential<ReLU>>>>() == "0.0.0");
}

TEST_CASE("the visitor gets name, kind and output in order of execution") {
    using Network = Sequential<Named<"in", Conv<1, 2, 1>>, Residual<BatchNorm<2>, ReLU>, MaxPool<2>>;
    const Model<Network> model;
    std::string seen;
    observe(Inference<Network, Unfused<Cpu>>{model}, Image({1, 4, 6}, 0.5f),
            [&](std::string_view name, std::string_view kind, View<const float> output) {
                seen.append(name).append(" ").append(kind).append(" " + to_string(output.shape()) + "\n");
            });
    CHECK(seen == "in Conv2d 2x4x6\n1.0 BatchNorm2d 2x4x6\n1.1 ReLU 2x4x6\n1.add Add 2x4x6\n2 MaxPool2d 2x2x3\n");
}

TEST_CASE("what Cpu fuses is seen layer by layer") {
    using Network = Sequential<Conv<3, 16>, BatchNorm<16>, ReLU, MaxPool<2>, Conv<16, 16>, LeakyReLU<>, Upsample<2>,
                               Conv<16, 8, 2, Padding<0, 1>>, ReLU, Conv<8, 12>, PixelShuffle<2>, PReLU<>, Conv<3, 5>,
                               Sigmoid, ConvTranspose<5, 2, 2, Stride<2>>, BatchNorm<2>, ReLU>;
    static_assert(cpu::inference_plan<Network>.step_count == 6);
    static_assert(cpu::inference_plan<detail::LayerByLayer<Network>>.step_count == 17);
    check_observed<Network>({3, 12, 26});
    check_observed<Network>({3, 2, 2});
}

TEST_CASE("a batch norm whose scale is 0 does not hide the convolution before it") {
    using Network = Sequential<Conv<2, 3>, BatchNorm<3>, ReLU>;
    Model<Network> model;
    std::ranges::fill(model.tensors()[2].values, 0.f);
    const auto picture = noise<float>(1, {2, 5, 7}, 3);
    const auto all = observe_all(Inference<Network, Unfused<Cpu>>{model}, picture);
    const Textbook<float> textbook(model, picture);
    CHECK(largest_of(all[0].output.data) > 0.1);
    CHECK(largest_difference(all[0].output.data, textbook.outputs()[0].data) < 1e-5);
    CHECK(largest_of(all[1].output.data) == 0);
}

TEST_CASE("unusual networks") {
    using Inner = SkipConcat<MaxPool<2>, Conv<4, 8>, ReLU, PixelShuffle<2>>;
    check_observed<
        Sequential<Conv<3, 4>, ReLU, SkipConcat<Residual<Inner, Conv<6, 4>, LeakyReLU<>>, Conv<4, 3>>, Conv<7, 2>>>(
        {3, 10, 22});
    using Short = SkipConcat<Conv<3, 2>, ReLU>;
    check_observed<Sequential<Conv<1, 3>, SkipConcat<Short, MaxPool<2>, Conv<5, 8>, PixelShuffle<2>>, Conv<5, 1>>>(
        {1, 6, 18});
    check_observed<Sequential<SkipConcat<Conv<3, 5>, ReLU>, Residual<Conv<8, 8>, ReLU>, Conv<8, 1>>>({3, 7, 17});
    check_observed<Sequential<Residual<Conv<2, 2>, LeakyReLU<>>, Residual<ReLU>>>({2, 7, 17});
    check_observed<Sequential<Conv<2, 2>, SkipConcat<ReLU>, SkipConcat<Tanh, Dropout<std::ratio<1, 4>>>>>({2, 3, 5});
    check_observed<Sequential<Conv<3, 8>, ReLU, MaxPool<2>, Conv<8, 16>, ReLU, GlobalAveragePool,
                              Residual<Dense<16, 16>, ReLU, Dense<16, 16, NoBias>>, SkipConcat<Dense<16, 3>>>>(
        {3, 12, 10});
    check_observed<Sequential<Conv<1, 1, 1>>>({1, 1, 1});
}

TEST_CASE("several threads, and maps large enough to share memory") {
    check_observed<Sequential<Conv<2, 8>, LeakyReLU<>, SkipConcat<MaxPool<2>, Conv<8, 16, 3, Stride<2>>, Upsample<4>>,
                              Conv<24, 2>>>({2, 160, 200});
}

TEST_CASE("observe refuses what inference refuses, and batches") {
    const Inference<Depixelizer, Unfused<Cpu>> inference{Model<Depixelizer>{}};
    const auto nothing = [](std::string_view, std::string_view, View<const float>) {};
    CHECK_THROWS_WITH_AS(observe(inference, Image({1, 64, 64}), nothing),
                         "depix: the network cannot take a picture of 1x64x64: it takes 3 channels, not 1", ShapeError);
    CHECK_THROWS_WITH_AS(observe(inference, Image({3, 64, 60}), nothing),
                         "depix: the network cannot take a picture of 3x64x60: height and width must be positive "
                         "multiples of 8",
                         ShapeError);
    CHECK_THROWS_WITH_AS(observe(inference, Tensor<float>(2, {3, 8, 8}), nothing),
                         "depix: observe takes one picture, not a batch of 2", ShapeError);
}

TEST_CASE("an exception of the visitor is passed on, and the inference can go on") {
    const Inference<Depixelizer, Unfused<Cpu>> inference{lively_model<Depixelizer>(), 3};
    const auto picture = noise<float>(1, {3, 16, 24}, 3);
    const auto before = inference(picture).data;
    int calls = 0;
    CHECK_THROWS_AS(observe(inference, picture,
                            [&](std::string_view, std::string_view, View<const float>) {
                                if (++calls == 4) throw std::runtime_error("enough");
                            }),
                    std::runtime_error);
    CHECK(calls == 4);
    CHECK(inference(picture).data == before);
}
