// Networks of convolutions with groups, with dilation, and with kernels that are not square: inference with all that is
// fused with them, and training, against the textbook.
#include "agree.hpp"

using namespace depix_test;

namespace {

using Leaky = LeakyReLU<std::ratio<1, 5>>;

template <int C, int K = 3, class... Options>
using Depthwise = Conv<C, C, K, Groups<C>, Options...>;

template <class... Layers>
void check(std::initializer_list<Shape> shapes) {
    using Network = Sequential<Layers...>;
    const Model<Network> model = lively_model<Network>();
    for (const Shape shape : shapes) {
        check_images<Network>(shape, 2);
        check_training_pass(model, shape, 3);
    }
}

/// How many steps the plan of a network has.
template <class... Layers>
constexpr int steps = plan_for_inference<Sequential<Layers...>>().step_count;

}  // namespace

// Batch norm and an activation are fused with such a convolution; pooling, shuffling and upsampling are not.
static_assert(steps<Depthwise<4>, BatchNorm<4>, ReLU> == 1);
static_assert(steps<Depthwise<4>, BatchNorm<4>, ELU<>> == 1);
static_assert(steps<Depthwise<4>, ReLU, MaxPool<2>> == 2);
static_assert(steps<Conv<4, 4, 3, Dilation<2>>, PixelShuffle<2>> == 2);
static_assert(steps<Upsample<2>, Conv<4, 4, 2, Groups<2>>> == 2 && steps<Upsample<2>, Conv<4, 4, 2>> == 1);
static_assert(steps<Upsample<2>, Conv<4, 4, 2, KernelSize<2, 1>>> == 2);

TEST_CASE("depthwise and pointwise, with batch norm, rectifier and a sum") {
    // MobileNetV2's block: widen, convolve each channel, narrow.
    using Block = Residual<Conv<6, 12, 1, NoBias>, BatchNorm<12>, ReLU, Depthwise<12, 3, NoBias>, BatchNorm<12>, ReLU,
                           Conv<12, 6, 1, NoBias>, BatchNorm<6>>;
    check<Conv<3, 6>, ReLU, Block, Block, Depthwise<6, 3, Stride<2>>, BatchNorm<6>, Leaky, Conv<6, 2, 1>>(
        {{3, 8, 10}, {3, 12, 34}});
}

TEST_CASE("what may stand after, and before") {
    const auto sizes = {Shape{4, 6, 10}, {4, 12, 34}};
    check<Depthwise<4>, ELU<>, Depthwise<4, 5>, Sigmoid>(sizes);
    check<Conv<4, 8, 3, Groups<2>>, Leaky, MaxPool<2>, Conv<8, 8, 3, Dilation<2>>, PixelShuffle<2>>(sizes);
    check<Upsample<2>, Conv<4, 4, 2, Groups<2>>, ReLU, Conv<4, 3, 5, KernelSize<1, 5>>, BatchNorm<3>, Tanh>(sizes);
    check<Depthwise<4>, PReLU<>, SkipConcat<Depthwise<4, 7>, Leaky>, Conv<8, 2, 3, Dilation<3>>>(sizes);
    check<Conv<4, 4>, Leaky, Residual<Depthwise<4, 3, Dilation<2>>, Leaky, Depthwise<4>>, Leaky>(sizes);
    check<Conv<4, 5>, ReLU, Conv<5, 4, 3, KernelSize<3, 1>, Stride<2>>, ReLU, ConvTranspose<4, 3, 2, Stride<2>>>(sizes);
}

TEST_CASE("transposed ones") {
    const auto sizes = {Shape{4, 6, 10}, {4, 12, 34}};
    using Up = ConvTranspose<6, 4, 4, Groups<2>, Stride<2>, Padding<1>>;
    check<Conv<4, 6>, Leaky, Up, BatchNorm<4>, ReLU, Conv<4, 2>>(sizes);
    check<Conv<4, 6>, Up, ELU<>, ConvTranspose<4, 2, 3, Dilation<2>, Padding<2>>, Leaky>(sizes);
    check<Conv<4, 6>, Leaky, Residual<MaxPool<2>, Up, Leaky, Conv<4, 6, 1>>, BatchNorm<6>>(sizes);
}

TEST_CASE("maps of several bands, which share memory") {
    using Network = Sequential<Conv<2, 24>, ReLU, Depthwise<24>, BatchNorm<24>, ReLU, Conv<24, 24, 1>,
                               Depthwise<24, 5, Stride<2>>, Conv<24, 6, 3, Groups<3>, Dilation<2>>, Conv<6, 1>>;
    static_assert(!cpu::make_layout<Network>({2, 120, 150}, 2).apart);
    check_images<Network>({2, 120, 150}, 1);
}

TEST_CASE("a row does not depend on the number of threads, and a training repeats itself bit for bit") {
    using Network = Sequential<Depthwise<3>, ReLU, Conv<3, 6, 3, Groups<3>, Stride<2>>, Conv<6, 2, 3, Dilation<2>>>;
    const Model<Network> model = lively_model<Network>();
    const auto input = noise<float>(1, {3, 20, 36}, 3);
    const auto one = Inference<Network>{model, 1}(input).data;
    CHECK(Inference<Network>{model, 2}(input).data == one);
    CHECK(Inference<Network>{model, 3}(input).data == one);
    for (const int threads : {1, 3}) {
        const auto first = train_once<Cpu>(model, {3, 20, 36}, 2, threads);
        const auto again = train_once<Cpu>(model, {3, 20, 36}, 2, threads);
        CHECK(first.gradients == again.gradients);
        CHECK(first.input_gradient == again.input_gradient);
    }
}

TEST_CASE("convolutions of 1x1, on maps of every width") {
    static_assert(steps<Conv<3, 8>, LayerNorm2d<8>, Conv<8, 16, 1>, SimpleGate, Conv<8, 8, 1>, ChannelScale<8>> == 4);
    // What lies between is read twice, so that the norm stays a step of its own.
    static_assert(steps<Conv<3, 8>, LayerNorm2d<8>, Sum<Identity, Conv<8, 8, 1>>> == 4);
    static_assert(steps<Conv<3, 8>, LayerNorm2d<8>, Conv<8, 8>> == 3);
    static_assert(steps<Conv<8, 32, 1>, PixelShuffle<2>> == 2);
    using Norms = Sequential<Conv<3, 9>, LayerNorm2d<9>, Conv<9, 20, 1>, SimpleGate, Conv<10, 11, 1>, ChannelScale<11>,
                             Residual<LayerNorm2d<11>, Conv<11, 11, 1, NoBias>, ChannelScale<11>, GELU>,
                             Conv<11, 36, 1>, PixelShuffle<2>>;
    using Limits = Sequential<Conv<8, 30, 1, NoBias>, BatchNorm<30>, ReLU6, Conv<30, 30, 3, Groups<30>>, BatchNorm<30>,
                              Clamp<std::ratio<-1, 4>, std::ratio<1, 2>>, Conv<30, 12, 1>, LeakyReLU<>, Conv<12, 9, 1>,
                              SiLU, Conv<9, 5>>;
    for (const Shape& size : {Shape{0, 5, 7}, Shape{0, 7, 16}, Shape{0, 3, 1}, Shape{0, 4, 50}}) {
        check_images<Norms>({3, size.height, size.width}, 2);
        check_images<Limits>({8, size.height, size.width}, 2);
    }
    // The network's own output, which has no padding, and more pixels than are copied at once.
    check_images<Sequential<Conv<8, 9, 1>>>({8, 5, 19}, 2);
    check_images<Sequential<Conv<8, 9, 1>>>({8, 5, 3}, 2);
    check_images<Sequential<Conv<3, 8>, Conv<8, 17, 1>, Tanh, Conv<17, 8, 1>>>({3, 40, 67}, 1);
}
