// Training with fused steps against the textbook, which runs one step for each layer, in every way that steps can meet.
#include "agree.hpp"

using namespace depix_test;

namespace {

/// A model whose batch norms change the sign of some channels, and push others below 0, whole windows of them.
template <class Network>
Model<Network> contrary_model() {
    Model<Network> model = lively_model<Network>();
    Random random(9);
    for (const auto& tensor : model.tensors()) {
        const bool weight = tensor.name.ends_with("weight");
        if (tensor.shape.size() != 1 || !(weight || tensor.name.ends_with("bias"))) continue;
        for (float& value : tensor.values)
            if (random.uniform() < 0.4) value = weight ? -value : value - 1;
    }
    return model;
}

template <class Network>
void check(std::initializer_list<Shape> shapes, int images = 3) {
    const Model<Network> model = contrary_model<Network>();
    for (const Shape shape : shapes) check_training_pass(model, shape, images);
}

using Leaky = LeakyReLU<std::ratio<1, 5>>;

}  // namespace

TEST_CASE("batch norm, rectifier and pooling") {
    const auto sizes = {Shape{2, 5, 7}, {2, 16, 33}, {2, 2, 2}, {2, 64, 40}, {2, 3, 2}, {2, 7, 31}};
    check<Sequential<Conv<2, 5>, BatchNorm<5>, ReLU, MaxPool<2>, Conv<5, 2>>>(sizes);
    check<Sequential<Conv<2, 5>, BatchNorm<5>, Leaky, MaxPool<2>, Conv<5, 2>>>(sizes);
    check<Sequential<Conv<2, 5>, BatchNorm<5>, MaxPool<2>, Conv<5, 2>>>(sizes);
    // Without a border, the next row of the pooled map follows immediately, and a last column must not read it.
    check<Sequential<Conv<2, 5, 1>, BatchNorm<5>, Leaky, MaxPool<2>, Conv<5, 2, 1>>>(
        {{2, 5, 9}, {2, 6, 17}, {2, 7, 33}});
    check<Sequential<Conv<2, 5>, BatchNorm<5>, ReLU, Conv<5, 2>>>(sizes);
    check<Sequential<Conv<2, 5>, BatchNorm<5>, Leaky, Conv<5, 2>>>(sizes);
}

TEST_CASE("windows without anything above 0") {
    using Network = Sequential<Conv<2, 3>, BatchNorm<3>, ReLU, MaxPool<2>, Conv<3, 2>>;
    Model<Network> model = lively_model<Network>();
    const std::span<float> biases = model.tensors()[3].values;
    for (float& bias : biases) bias = -9;
    biases[1] = 1;
    check_training_pass(model, {2, 6, 9}, 2);
}

TEST_CASE("a network begins or ends with a fused step") {
    const auto sizes = {Shape{3, 6, 9}, {3, 9, 34}};
    check<Sequential<BatchNorm<3>, ReLU, MaxPool<2>, Conv<3, 2>>>(sizes);
    check<Sequential<BatchNorm<3>, MaxPool<2>>>(sizes);
    check<Sequential<BatchNorm<3>, Leaky, Conv<3, 2>, Leaky>>(sizes);
    check<Sequential<Conv<3, 3>, Leaky, BatchNorm<3>, ReLU>>(sizes);
    check<Sequential<Conv<3, 3>, BatchNorm<3>, Leaky, MaxPool<2>>>(sizes);
}

TEST_CASE("convolutions and rectifiers in a row") {
    const auto sizes = {Shape{3, 6, 10}, {3, 10, 34}};
    check<Sequential<Conv<3, 5>, ReLU, Conv<5, 4, 5>, Leaky, Conv<4, 4, 1>, ReLU, Conv<4, 2>>>(sizes);
    check<Sequential<Conv<3, 5, 3, Stride<2>>, ReLU, ConvTranspose<5, 4, 2, Stride<2>>, Leaky, Conv<4, 2>>>(sizes);
    check<Sequential<Conv<3, 4, 4, Stride<2>, Padding<1>>, Leaky, Conv<4, 6, 3, Stride<3>>, Leaky, Conv<6, 2, 1>>>(
        sizes);
    // Wide maps of many channels are computed in bands of rows.
    check<Sequential<Conv<3, 24, 1>, Leaky, Conv<24, 3, 5>>>({{3, 40, 150}}, 1);
}

TEST_CASE("convolutions by Winograd") {
    using Network = Sequential<Conv<3, 16>, Leaky, Conv<16, 24>, ReLU, Conv<24, 16>, Leaky, Conv<16, 2>, ReLU>;
    REQUIRE(uses_winograd<Network>());
    check<Network>({{3, 6, 9}, {3, 21, 34}});
    check<Sequential<Conv<3, 16>, Leaky, Residual<Conv<16, 16>, Leaky, Conv<16, 16>>, Leaky>>({{3, 7, 18}});
}

TEST_CASE("convolutions with strides by Winograd") {
    using Down = Conv<32, 34, 3, Stride<2>>;
    using Up = ConvTranspose<34, 32, 3, Stride<2>, Padding<1>, OutputPadding<1>>;
    static_assert(kernels::Kernel<Cpu, Down>::kernels.strided_winograd &&
                  kernels::Kernel<Cpu, Up>::kernels.strided_winograd);
    const auto sizes = {Shape{3, 6, 10}, {3, 10, 34}};
    check<Sequential<Conv<3, 32>, ReLU, Down, Leaky, Up, Leaky, Conv<32, 2>>>(sizes);
    check<Sequential<Conv<3, 32>, Leaky, Residual<Down, BatchNorm<34>, ReLU, Up>, ReLU, Down>>(sizes);
    // Here gradients of either direction are added to values that exist already.
    check<Sequential<Conv<3, 32>, Leaky, SkipConcat<Down, Residual<Up, Leaky, Down>, Leaky, Up>, Conv<64, 2>>>(sizes);
}

TEST_CASE("what is read twice") {
    const auto sizes = {Shape{3, 6, 10}, {3, 8, 34}};
    // The rectifier's output is read twice. Its gradient comes from the convolution last, after the skip's share, and
    // from a pooling.
    check<Sequential<Conv<3, 4>, Leaky, Residual<Conv<4, 4>>, Conv<4, 2>>>(sizes);
    check<Sequential<Conv<3, 4>, Leaky, SkipConcat<Conv<4, 3>, Leaky>, Conv<7, 2>>>(sizes);
    check<Sequential<Conv<3, 4>, Leaky, SkipConcat<MaxPool<2>, Conv<4, 3>, Leaky, Upsample<2>>, Conv<7, 2>>>(sizes);
    check<Sequential<Conv<3, 4>, Leaky, SkipConcat<SkipConcat<Conv<4, 3>, Leaky>, Conv<7, 2>, Leaky>, Leaky>>(sizes);
    check<Sequential<Conv<3, 4>, BatchNorm<4>, ReLU, SkipConcat<MaxPool<2>, ConvTranspose<4, 3, 2, Stride<2>>, Leaky>,
                     Conv<7, 2>>>(sizes);
    // The batch norm's input is read twice, so its gradient is added to values that exist already.
    check<Sequential<Conv<3, 4>, Residual<BatchNorm<4>, Leaky, Conv<4, 4>>, Conv<4, 2>>>(sizes);
    check<Sequential<Conv<3, 4>, SkipConcat<BatchNorm<4>, Leaky, MaxPool<2>, Conv<4, 4>, Upsample<2>>, Conv<8, 2>>>(
        sizes);
    check<Sequential<Conv<3, 4>, Leaky, SkipConcat<BatchNorm<4>, MaxPool<2>, Upsample<2>>, Leaky, Conv<8, 2>>>(sizes);
}

TEST_CASE("the network's own input is read twice") {
    check<Sequential<SkipConcat<Conv<3, 5>, ReLU>, Residual<Conv<8, 8>, ReLU>, Conv<8, 1>>>({{3, 7, 17}});
    check<Sequential<SkipConcat<BatchNorm<3>, Leaky, MaxPool<2>, Upsample<2>>, Conv<6, 2>, Leaky>>({{3, 6, 18}});
    check<Sequential<Residual<Conv<2, 2>, Leaky>, Residual<BatchNorm<2>, ReLU>>>({{2, 7, 17}});
}

TEST_CASE("elementwise layers after a fused step, in place or not") {
    const auto sizes = {Shape{3, 6, 10}, {3, 8, 34}};
    using Half = Dropout<std::ratio<1, 2>>;
    check<Sequential<Conv<3, 4>, ReLU, Half, Conv<4, 3>, BatchNorm<3>, ReLU, Half, Conv<3, 2>>>(sizes);
    check<Sequential<Conv<3, 4>, BatchNorm<4>, ReLU, MaxPool<2>, Half, Conv<4, 2>, PReLU<>, Half>>(sizes);
    // In place these would leave values with other signs.
    check<Sequential<Conv<3, 4>, Leaky, Scale<std::ratio<-1, 2>>, Conv<4, 2>, Leaky, Sigmoid>>(sizes);
    check<Sequential<Conv<3, 4>, BatchNorm<4>, Leaky, Scale<std::ratio<-1, 2>>, Conv<4, 2>>>(sizes);
}

TEST_CASE("a message names the layer by its number in the network") {
    using Network = Sequential<Conv<1, 2>, BatchNorm<2>, ReLU, MaxPool<2>, Conv<2, 2>, ReLU, Conv<2, 1>>;
    const auto message = [](std::size_t tensor) {
        Model<Network> model;
        model.tensors()[tensor].values[0] = std::numeric_limits<float>::quiet_NaN();
        TrainingPass<Network> pass;
        Random random(1);
        const auto input = noise<float>(1, {1, 4, 4}, 2);
        pass.prepare(1, {1, 4, 4}, 1);
        pass.forward(model, input.view(), random, cpu::Team{});
        return pass.describe_first_bad_layer();
    };
    CHECK(message(0) == "; the first layer with such an output is number 1, Conv2d");
    CHECK(message(3) == "; the first layer with such an output is number 2, BatchNorm2d");
    CHECK(message(6) == "; the first layer with such an output is number 5, Conv2d");
    CHECK(message(8) == "; the first layer with such an output is number 7, Conv2d");
}
