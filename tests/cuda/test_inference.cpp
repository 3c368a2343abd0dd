// The results of Inference<Network, Cuda>, emulated, against the textbook's.
#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "depix/cuda/inference.cuh"
#include "depix/models/depixelizer.hpp"
#include "depix/models/documents_autoencoder.hpp"
#include "depix/models/pixel_shuffle_unet.hpp"
#include "depix/models/rrdb.hpp"
#include "depix/models/srgan_discriminator.hpp"
#include "depix/models/srresnet.hpp"

using namespace depix;

namespace {

Tensor<float> draw(int batch, Shape shape, std::uint64_t seed) {
    Random random(seed);
    Tensor<float> images(batch, shape);
    for (float& value : images.data) value = static_cast<float>(random.uniform());
    return images;
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
    REQUIRE(a.size() == b.size());
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference = std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
        largest = std::isnan(difference) ? INFINITY : std::max(largest, difference);
    }
    return largest;
}

double range(const std::vector<float>& values) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    return static_cast<double>(*high) - static_cast<double>(*low);
}

/// A model with running statistics that are not the initial ones.
template <class Network>
Model<Network> make_model() {
    Model<Network> model(3);
    Random random(4);
    for (auto& tensor : model.tensors()) {
        const bool mean = tensor.name.ends_with("running_mean");
        if (!mean && !tensor.name.ends_with("running_var")) continue;
        for (float& value : tensor.values)
            value = static_cast<float>(mean ? random.uniform(-0.2, 0.2) : random.uniform(0.5, 1.5));
    }
    return model;
}

/// The output's difference from the textbook's, relative to the output's range.
template <class Network, class Backend = Cuda>
double error(Shape shape, int batch = 1) {
    const Model<Network> model = make_model<Network>();
    const Tensor<float> images = draw(batch, shape, 7);
    const Tensor<float> exact = Inference<Network, Reference>{model}(images);
    const Tensor<float> result = Inference<Network, Backend>{model}(images);
    return largest_difference(result.data, exact.data) / range(exact.data);
}

/// Skips in skips, a skip of the network's own input, and an output that is a concatenation.
using Odd = Sequential<SkipConcat<Conv<2, 3>, ReLU, SkipConcat<Conv<3, 4>, Sigmoid>>, Residual<Conv<9, 9>, PReLU<9>>>;

}  // namespace

// float32: the sums have another order, which makes some roundings of 2^-24 each. 2e-6 is 30 of them.
TEST_CASE("the five systems' networks") {
    CHECK(error<Depixelizer>({3, 16, 24}, 2) < 2e-6);
    CHECK(error<DocumentsAutoencoder>({1, 12, 20}) < 2e-6);
    CHECK(error<PixelShuffleUNet<4>>({3, 32, 32}) < 2e-6);
    CHECK(error<SRResNet<8, 2>>({3, 6, 7}) < 2e-6);
}

TEST_CASE("odd networks") {
    CHECK(error<Odd>({2, 7, 5}, 3) < 2e-6);
    CHECK(error<Sequential<Conv<3, 4>, Upsample<2>, Conv<4, 2, 2, Padding<0, 1>>, Tanh>>({3, 5, 6}) < 2e-6);
    CHECK(error<Sequential<Conv<3, 8, 3, Stride<2>>, LeakyReLU<>, PixelShuffle<2>, MaxPool<2>>>({3, 8, 12}) < 2e-6);
    // Batch norms are folded into grouped convolutions of both directions.
    using Grouped = Sequential<Conv<3, 6, 3, Groups<3>>, BatchNorm<6>, ReLU, Conv<6, 4, 3, Groups<2>, Dilation<2>>,
                               BatchNorm<4>, ConvTranspose<4, 6, 2, Groups<2>, Stride<2>>, BatchNorm<6>, ReLU,
                               MaxPool<2>, Conv<6, 2, 5, KernelSize<1, 5>>, PixelShuffle<1>>;
    CHECK(error<Grouped>({3, 8, 12}, 2) < 2e-6);
}

TEST_CASE("other precisions") {
    // Every factor is rounded by 2^-11, in float16 every map too, and some layers add these errors. bfloat16 rounds by
    // 2^-8. The shared memory is too small for the depixelizer's one kernel, which computes in float32 whatever the
    // precision is.
#ifdef DEPIX_CUDA_EMULATED
    const std::size_t shared = std::exchange(emulator::shared_capacity, 24 * 1024);
#endif
    CHECK(error<Depixelizer, CudaWith<precision::TF32>>({3, 16, 24}) < 0.005);
    CHECK(error<Depixelizer, CudaWith<precision::Float16>>({3, 16, 24}) < 0.005);
    CHECK(error<Depixelizer, CudaWith<precision::BFloat16>>({3, 16, 24}) < 0.04);
#ifdef DEPIX_CUDA_EMULATED
    emulator::shared_capacity = shared;
#endif
    CHECK(error<Odd, CudaWith<precision::Float16>>({2, 7, 5}, 3) < 0.005);
}

// Tests of what only the emulator can count or make fail.
#ifdef DEPIX_CUDA_EMULATED

TEST_CASE("nothing is allocated after preparation, and one launch of a graph does it all") {
    const Inference<Depixelizer, Cuda> network{make_model<Depixelizer>()};
    network.prepare({3, 16, 16}, 2);
    const std::size_t allocations = emulator::allocations;
    const Tensor<float> first = network(draw(2, {3, 16, 16}, 1)), second = network(draw(2, {3, 16, 16}, 2));
    CHECK(emulator::allocations == allocations);
    CHECK(first.data != second.data);
    CHECK(first.data == network(draw(2, {3, 16, 16}, 1)).data);
    network(draw(1, {3, 24, 16}, 1));  // another shape
    CHECK(first.data == network(draw(2, {3, 16, 16}, 1)).data);
}

TEST_CASE("workspace_bytes is what is taken") {
    const Inference<Depixelizer, Cuda> network{make_model<Depixelizer>()};
    const std::size_t before = emulator::used();
    network.prepare({3, 16, 24});
    CHECK(emulator::used() - before == network.workspace_bytes({3, 16, 24}));
}

TEST_CASE("errors are exceptions, and the network works on when the cause is gone") {
    const Model<Depixelizer> model = make_model<Depixelizer>();
    const Inference<Depixelizer, Cuda> network{model};
    const Tensor<float> image = draw(1, {3, 16, 16}, 1), expected = network(image);

    CHECK_THROWS_AS(network(draw(1, {3, 15, 16}, 1)), ShapeError);
    const std::size_t capacity = std::exchange(emulator::capacity, emulator::used() + 1000);
    CHECK_THROWS_AS(network(draw(1, {3, 64, 64}, 1)), DeviceError);
    emulator::capacity = capacity;
    CHECK(network(image).data == expected.data);

    emulator::fail_launch = 0;
    CHECK_THROWS_WITH_AS(network(draw(1, {3, 64, 64}, 1)),
                         "depix: CUDA cannot launch a kernel: unspecified launch failure", DeviceError);
    emulator::fail_launch = -1;
    CHECK(network(image).data == expected.data);

    emulator::device_count = 0;
    CHECK_THROWS_AS((Inference<Depixelizer, Cuda>{model}), DeviceError);
    emulator::device_count = 1;
}

#endif
