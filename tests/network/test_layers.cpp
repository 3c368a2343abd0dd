// Single layers inside networks: names, fused steps, several threads, training. The table of tests/kernels has the
// layers alone.
#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "agree.hpp"

using namespace depix_test;

TEST_CASE("PixelUnshuffle undoes PixelShuffle") {
    using Network = Sequential<Conv<8, 8, 1>, PixelShuffle<2>, PixelUnshuffle<2>>;
    using Alone = Sequential<Conv<8, 8, 1>>;
    const Model<Network> model(3);
    Model<Alone> alone;
    std::copy(model.parameters().begin(), model.parameters().end(), alone.parameters().begin());
    const auto x = noise<float>(2, {8, 6, 9}, 4);
    CHECK(Inference<Network, Reference>{model}(x).data == Inference<Alone, Reference>{alone}(x).data);
}

TEST_CASE("a parameter that is called as its layer") {
    using Block = Sequential<Named<"conv", Conv<2, 2, 1, NoBias>>, Named<"beta", ChannelScale<2, Initial::Zeros>>>;
    using Network = Sequential<Named<"blocks", Block, Block>, ChannelScale<2>>;
    Model<Network> model;
    std::vector<std::string> names;
    for (const auto& tensor : model.tensors()) names.push_back(tensor.name);
    CHECK(names == std::vector<std::string>{"blocks.0.conv.weight", "blocks.0.beta", "blocks.1.conv.weight",
                                            "blocks.1.beta", "1"});
    CHECK(model.tensors()[1].shape == std::vector<std::size_t>{1, 2, 1, 1});
    CHECK(model.tensors()[1].values[0] == 0);
    CHECK(model.tensors()[4].values[1] == 1);
    model.tensors()[3].values[1] = 7;
    CHECK(part<"blocks.1.beta">(model).parameters()[1] == 7);
    CHECK(part<"blocks.1">(model).parameters().size() == 6);
}

TEST_CASE("in networks, on one thread and several") {
    check_images<Sequential<Conv<3, 4>, PixelUnshuffle<2>, Conv<16, 8>, PixelShuffle<2>>>({3, 6, 34}, 2);
    check_images<Sequential<PixelUnshuffle<4, 1>, Conv<16, 3>>>({1, 8, 20}, 1);
    check_images<Sequential<Conv<3, 8>, SimpleGate, ChannelScale<4>, Conv<4, 6>, Softmax>>({3, 7, 33}, 2);
    check_images<Sequential<Conv<3, 5>, BatchNorm<5, NoAffine>, ReLU, Conv<5, 2>>>({3, 7, 33}, 2);
    check_images<Sequential<Conv<3, 5, 3, NoBias>, BatchNorm<5, NoAffine>, MaxPool<2>>>({3, 8, 18}, 1);
    check_images<Sequential<Conv<3, 5>, MaxPool<2>, BatchNorm<5, NoAffine>>>({3, 8, 18}, 1);
    check_gradients<Sequential<Conv<3, 5>, BatchNorm<5, NoAffine>, ReLU, MaxPool<2>, Conv<5, 6>, SimpleGate,
                               ChannelScale<3>, PixelUnshuffle<2>, Softmax>>({3, 8, 20}, 3);
}

TEST_CASE("activations are part of the convolution's step before them") {
    static_assert(
        plan_for_inference<Sequential<Conv<3, 4>, SiLU, Conv<4, 4>, GELU, Conv<4, 4>, GELUTanh>>().step_count == 3);
    static_assert(plan_for_inference<Sequential<Conv<3, 4>, Mish, Conv<4, 4>, Hardswish>>().step_count == 2);
    static_assert(plan_for_inference<Sequential<Conv<3, 4>, Hardsigmoid, Conv<4, 4>, ReLU6>>().step_count == 2);
    static_assert(plan_for_inference<Sequential<Conv<3, 4>, BatchNorm<4, NoAffine>, ReLU, MaxPool<2>>>().step_count ==
                  1);
    // Only a pooling without padding is.
    static_assert(plan_for_inference<Sequential<Conv<3, 4>, ReLU, MaxPool<2, CeilMode>>>().step_count == 2);
}

TEST_CASE("norms in networks, on one thread and several") {
    check_images<Sequential<Conv<3, 6>, LayerNorm2d<6>, SiLU, Conv<6, 2>>>({3, 7, 33}, 2);
    check_images<Sequential<Conv<3, 6>, GroupNorm<2, 6>, ReLU, Conv<6, 4>, InstanceNorm<4>, Conv<4, 2>>>({3, 7, 33}, 2);
    check_images<Sequential<LayerNorm2d<3>, Residual<InstanceNorm<3, Affine<true>>, Conv<3, 3>>>>({3, 9, 16}, 1);
    check_gradients<Sequential<Conv<3, 6>, LayerNorm2d<6>, GELU, Residual<Conv<6, 6>, GroupNorm<3, 6>, ReLU>,
                               Conv<6, 4>, InstanceNorm<4, Affine<true>>>>({3, 7, 20}, 3);
}

TEST_CASE("poolings with padding in networks, on one thread and several") {
    check_images<Sequential<Conv<3, 4>, ReLU, MaxPool<3, Stride<2>, Padding<1>>, Conv<4, 2>>>({3, 8, 34}, 2);
    check_images<Sequential<Conv<3, 4>, MaxPool<2, CeilMode>, Conv<4, 2>>>({3, 8, 34}, 1);
    check_images<Sequential<Conv<3, 4>, AveragePool<3, Stride<1>, Padding<1>>, ELU<>, Conv<4, 2>>>({3, 7, 33}, 2);
    check_gradients<Sequential<Conv<3, 6>, BatchNorm<6>, MaxPool<3, Stride<2>, Padding<1>>, Conv<6, 4>,
                               AveragePool<2, CeilMode>, Conv<4, 2>>>({3, 12, 20}, 3);
}

TEST_CASE("edges and enlargement in networks, on one thread and several") {
    check_images<Sequential<ReflectPadding<1>, Conv<3, 4, 3, Padding<0>>, ReLU, ReplicationPadding<2>,
                            Conv<4, 2, 5, Padding<0>>>>({3, 7, 33}, 2);
    check_images<Sequential<Conv<3, 4>, Upsample<2, Bilinear>, Conv<4, 2>>>({3, 7, 33}, 2);
    check_images<Sequential<Conv<3, 4>, Upsample<3, Bicubic>>>({3, 5, 20}, 1);
    check_images<Sequential<Conv<3, 4>, Upsample<2, Bilinear, AlignCorners>, Conv<4, 2>>>({3, 7, 70}, 1);
    check_gradients<Sequential<ReflectPadding<1>, Conv<3, 4, 3, Padding<0>>, Mish, Upsample<2, Bicubic>, Conv<4, 4>,
                               ReplicationPadding<1>, Upsample<2, Bilinear>, Conv<4, 2>>>({3, 6, 20}, 3);
}

TEST_CASE("a map that is too small to be reflected is refused") {
    using Network = Sequential<Conv<1, 2>, MaxPool<2>, ReflectPadding<3>, Conv<2, 1, 7, Padding<0>>>;
    const Model<Network> model(1);
    const Inference<Network> network{model, 1};
    CHECK(network(Image({1, 8, 8})).shape == Shape{1, 4, 4});
    CHECK_THROWS_WITH_AS(network(Image({1, 8, 6})),
                         "depix: the network cannot take a picture of 1x8x6: it is too small: its layer number 3, "
                         "ReflectionPad2d, gives no output for 2x4x3",
                         ShapeError);
}
