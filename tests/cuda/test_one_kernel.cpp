// Tiny networks as one kernel, emulated, against the textbook.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "depix/cuda/inference.cuh"
#include "depix/layers/dropout.hpp"
#include "depix/layers/leaky_relu.hpp"
#include "depix/layers/prelu.hpp"
#include "depix/models/depixelizer.hpp"
#include "depix/models/documents_autoencoder.hpp"
#include "depix/models/pixel_shuffle_unet.hpp"
#include "depix/models/srgan_discriminator.hpp"
#include "depix/models/srresnet.hpp"

using namespace depix;
using cuda::one_kernel_tiles;
using cuda::OneKernel;

#ifndef __CUDACC__  // nvcc cannot write some of these types where it rewrites the conditions

// ---- which networks

template <class... Children>
constexpr bool possible = OneKernel<Sequential<Children...>>::possible;

static_assert(OneKernel<Depixelizer>::possible && OneKernel<Depixelizer>::Chain::size == 6);
static_assert(OneKernel<DocumentsAutoencoder>::possible && OneKernel<DocumentsAutoencoder>::Chain::size == 4);
static_assert(!OneKernel<PixelShuffleUNet<4>>::possible);   // skips, pixel shuffles
static_assert(!OneKernel<SRResNet<8, 2>>::possible);        // likewise
static_assert(!OneKernel<SrganDiscriminator<>>::possible);  // dense layers

static_assert(possible<Conv<3, 32>, Tanh>);
static_assert(!possible<Conv<3, 33>>);
static_assert(!possible<Conv<3, 4, 7>>);
static_assert(!possible<Conv<4, 4, 3, Groups<2>>> && !possible<Conv<3, 4, 3, Dilation<2>>>);
static_assert(!possible<Conv<3, 4>, ReLU, BatchNorm<4>>);  // a batch norm that cannot be folded
static_assert(!possible<Conv<3, 4>, Sigmoid, Sigmoid>);
static_assert(!possible<Conv<3, 4>, PReLU<4>>);
static_assert(!possible<Conv<3, 4>, MaxPool<3>>);
static_assert(!possible<Conv<3, 4>, Dropout<std::ratio<1, 2>>>);
static_assert(!possible<Conv<3, 4>, PixelShuffle<2>>);
static_assert(!possible<MaxPool<2>, Conv<3, 4>>);
static_assert(!possible<Residual<Conv<3, 3>>>);
static_assert(!possible<Repeat<8, Conv<32, 32>>>);  // 295 KB of weights

// ---- how they are cut

// The receptive field of 8 x 16 pixels of the depixelizer. The first layer pools 10 x 14 pixels from 20 x 28.
using SmallTile = cuda::ChainTile<OneKernel<Depixelizer>::Chain, 8, 16>;
static_assert(SmallTile::Step<0>::Rows::in_first == -7 && SmallTile::Step<0>::Rows::in_count == 22);
static_assert(SmallTile::Step<0>::Columns::in_count == 30);
static_assert(SmallTile::Step<0>::Rows::out_count == 10 && SmallTile::Step<0>::Columns::out_count == 14);
static_assert(SmallTile::Step<0>::patches == 10 * 14);
static_assert(SmallTile::Step<5>::Rows::in_count == 4 && SmallTile::Step<5>::Columns::in_count == 8);

// One convolution of 3x3 computes nothing twice. Of two, the first also computes a rim of one pixel around the tile.
static_assert(OneKernel<Conv<3, 3>>::facts.recomputation[1] == 1);
static_assert(OneKernel<Sequential<Conv<4, 4>, Conv<4, 4>>>::facts.recomputation[1] == (18. * 18 / 256 + 1) / 2);

constexpr int in_percent(double factor) { return static_cast<int>(100 * factor + 0.5); }
static_assert(in_percent(OneKernel<Depixelizer>::facts.recomputation[0]) == 261);
static_assert(in_percent(OneKernel<Depixelizer>::facts.recomputation[4]) == 131);
static_assert(in_percent(OneKernel<DocumentsAutoencoder>::facts.recomputation[4]) == 115);

// Tiles advance by whole rows everywhere.
using FiveHalvings = Repeat<5, Conv<2, 2, 3, Stride<2>>>;
static_assert(OneKernel<Sequential<FiveHalvings, Repeat<5, ConvTranspose<2, 2, 2, Stride<2>>>>>::divides({32, 64}));
static_assert(!OneKernel<Sequential<FiveHalvings, Repeat<5, ConvTranspose<2, 2, 2, Stride<2>>>>>::divides({16, 32}));
static_assert(OneKernel<FiveHalvings>::divides({8, 16}));

// One small picture on a large GPU gets small tiles, many get the largest, and no tile is larger than shared memory.
constexpr cuda::DeviceLimits h100{132, 227 * 1024}, small_shared{132, 48 * 1024};
static_assert(OneKernel<Depixelizer>::choose_tile(1, {3, 64, 256}, h100) == 0);
static_assert(OneKernel<Depixelizer>::choose_tile(64, {3, 64, 256}, h100) == 4);
static_assert(OneKernel<Depixelizer>::choose_tile(64, {3, 64, 256}, small_shared) == 2);
static_assert(OneKernel<Depixelizer>::choose_tile(1, {3, 64, 256}, {132, 16 * 1024}) == -1);

#endif

namespace {

/// A model in which no constant initial values remain. The slopes and the batch norms' weights may be negative.
template <class Network>
Model<Network> make_model() {
    Model<Network> model(3);
    Random random(4);
    for (const auto& tensor : model.tensors()) {
        const bool constant = std::ranges::all_of(tensor.values, [&](float v) { return v == tensor.values[0]; });
        for (float& value : tensor.values)
            if (!tensor.trainable)
                value = static_cast<float>(random.uniform(0.5, 1.5));
            else if (constant)
                value = static_cast<float>(random.uniform(-1, 1));
    }
    return model;
}

template <class T>
cuda::Memory<T> to_device(const std::vector<T>& values) {
    cuda::Memory<T> memory(values.size());
    const cuda::Stream stream;
    cuda::upload(stream, values.data(), memory.data(), values.size());
    stream.wait();
    return memory;
}

/// Lets `run` choose the tile.
constexpr std::size_t any_tile = one_kernel_tiles.size();

/// The largest difference from the textbook in double, relative to the textbook's range. The result lies between the
/// channels of other maps, which must stay as they are.
template <class Network, std::size_t Tile>
double error(Shape shape, int batch) {
    const Model<Network> model = make_model<Network>();
    const Shape output = Network::output(shape), around{output.channels + 2, output.height, output.width};
    Random random(7);
    Tensor<double> images(batch, shape);
    for (double& value : images.data) value = static_cast<float>(random.uniform());
    const Tensor<double> exact = Inference<Network, Reference, double>{Model<Network, double>(model)}(images);

    const cuda::Memory<float> x = to_device(std::vector<float>(images.data.begin(), images.data.end()));
    const cuda::Memory<float> packed =
        to_device(OneKernel<Network>::pack(model.parameters().data(), model.statistics().data()));
    std::vector<float> result(static_cast<std::size_t>(batch) * around.size(), 123.f);
    const cuda::Memory<float> y = to_device(result);
    const View<const float> from(x.data(), batch, shape);
    const View<float> to = View<float>(y.data(), batch, around).slice(1, output.channels);
    const cuda::Stream stream;
    if constexpr (Tile == any_tile)
        OneKernel<Network>::run(stream, from, packed.data(), to);
    else
        OneKernel<Network>::template run_with_tile<Tile>(stream, from, packed.data(), to);
    cuda::download(stream, static_cast<const float*>(y.data()), result.data(), result.size());
    stream.wait();

    double largest = 0;
    const View<const float> all(result.data(), batch, around);
    const View<const double> expected = exact.view();
    for (int n = 0; n < batch; ++n)
        for (int c = 0; c < around.channels; ++c)
            for (int i = 0; i < output.height; ++i)
                for (int j = 0; j < output.width; ++j) {
                    const bool ours = c > 0 && c <= output.channels;
                    const double difference =
                        std::fabs(static_cast<double>(all(n, c, i, j)) - (ours ? expected(n, c - 1, i, j) : 123.));
                    largest = std::isnan(difference) ? INFINITY : std::max(largest, difference);
                }
    const auto [low, high] = std::minmax_element(exact.data.begin(), exact.data.end());
    return largest / (*high - *low);
}

// float32 with folded batch norms makes some roundings of 2^-24 in each of up to six layers. The largest of them sums
// 288 products. 2e-6 is 30 roundings of the output's range.
constexpr double bound = 2e-6;

/// Checks some of one_kernel_tiles, as far as the device's shared memory allows.
template <class Network, std::size_t... Tiles>
void check(Shape shape, int batch) {
    const auto on_tile = [&]<std::size_t Tile>() {
        CAPTURE(Tile);
        CAPTURE(to_string(shape));
        if (OneKernel<Network>::facts.shared_bytes[Tile] <= cuda::DeviceLimits::get().shared_bytes)
            CHECK(error<Network, Tile>(shape, batch) < bound);
    };
    (on_tile.template operator()<Tiles>(), ...);
}

}  // namespace

TEST_CASE("the depixelizer") {
    check<Depixelizer, 0, 1, 2, 3, 4>({3, 8, 8}, 1);    // smaller than a tile
    check<Depixelizer, 0, 1, 2, 3, 4>({3, 48, 40}, 1);  // not a multiple of any
    check<Depixelizer, 0, 1>({3, 32, 48}, 2);
    CHECK(error<Depixelizer, any_tile>({3, 16, 72}, 3) < bound);
}

TEST_CASE("the documents autoencoder") {
#ifdef DEPIX_CUDA_EMULATED
    const std::size_t capacity = std::exchange(emulator::shared_capacity, 163 * 1024);  // as on an A100
#endif
    check<DocumentsAutoencoder, 0, 1, 2, 3, 4>({1, 36, 44}, 1);
    check<DocumentsAutoencoder, 0, 1>({1, 16, 32}, 2);
    CHECK(error<DocumentsAutoencoder, any_tile>({1, 12, 20}, 2) < bound);
#ifdef DEPIX_CUDA_EMULATED
    emulator::shared_capacity = capacity;
#endif
}

TEST_CASE("rectifiers, activations, paddings, strides, kernels") {
    using Rectified = Sequential<Conv<2, 6>, BatchNorm<6, Epsilon<std::ratio<1, 10>>>, LeakyReLU<std::ratio<1, 5>>,
                                 MaxPool<2>, Conv<6, 5, 1>, PReLU<>, Conv<5, 4, 3, Padding<1>, NoBias>, PReLU<>,
                                 MaxPool<2>, ConvTranspose<4, 3, 4, Stride<4>>, Sigmoid>;
    check<Rectified, 0>({2, 20, 36}, 2);

    // A sigmoid of 0 is not 0, but the values around a map are.
    check<Sequential<Conv<1, 2>, Sigmoid, Conv<2, 3>, Tanh, Conv<3, 1, 5>>, 0>({1, 9, 35}, 2);

    // Maps that grow and shrink by their paddings.
    check<Sequential<Conv<2, 3, 2, Padding<0, 1>>, ReLU, Conv<3, 3, 3, Padding<0>>, ReLU, Conv<3, 2, 4, Padding<3>>>,
          1>({2, 18, 21}, 1);

    // Stamps that overlap, touch, and leave gaps; a stride that is no power of two.
    check<Sequential<Conv<2, 4, 5, Stride<2>>, ReLU, ConvTranspose<4, 3, 5, Stride<2>, Padding<2>, OutputPadding<1>>>,
          0>({2, 20, 38}, 1);
    check<Sequential<ConvTranspose<2, 3, 3>, ReLU, ConvTranspose<3, 2, 4, Stride<2>, Padding<1>>>, 0>({2, 7, 11}, 1);
    check<Sequential<ConvTranspose<2, 3, 1, Stride<2>, OutputPadding<1>>, ReLU, Conv<3, 2>>, 0>({2, 9, 17}, 1);
    check<Sequential<Conv<1, 8, 3, Stride<4>, Padding<0>>, LeakyReLU<>, ConvTranspose<8, 2, 4, Stride<4>>>, 1>(
        {1, 36, 20}, 1);
}

#ifdef DEPIX_CUDA_EMULATED
TEST_CASE("Inference runs it where the GPU has enough shared memory, and else a kernel a step") {
    const Model<Depixelizer> model = make_model<Depixelizer>();
    Tensor<float> images(2, {3, 16, 24});
    Random random(1);
    for (float& value : images.data) value = static_cast<float>(random.uniform());
    const auto launches = [&](Tensor<float>& restored) {
        const Inference<Depixelizer, Cuda> network{model};
        const std::size_t before = emulator::launches;
        restored = network(images);
        return emulator::launches - before;
    };
    Tensor<float> at_once, step_by_step;
    CHECK(launches(at_once) == 1);
    CHECK(OneKernel<Depixelizer>::fits());
    const std::size_t capacity = std::exchange(emulator::shared_capacity, 24 * 1024);
    CHECK_FALSE(OneKernel<Depixelizer>::fits());
    CHECK(launches(step_by_step) == 6);
    CHECK_THROWS_WITH_AS((error<Depixelizer, any_tile>({3, 16, 16}, 1)),
                         "depix: the GPU has too little shared memory for a network as one kernel", DeviceError);
    emulator::shared_capacity = capacity;

    const auto [low, high] = std::minmax_element(at_once.data.begin(), at_once.data.end());
    for (std::size_t i = 0; i < at_once.data.size(); ++i)
        CHECK(std::fabs(at_once.data[i] - step_by_step.data[i]) < 2 * static_cast<float>(bound) * (*high - *low));
}
#endif
