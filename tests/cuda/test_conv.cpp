// The table for the device code of convolutions, emulated. It also tests what the table does not reach: fused
// epilogues, the tiles that are chosen only for large pictures, and the plain twin of the tensor cores.
#include "cuda_check.hpp"
#include "depix/kernels/cuda/conv.cuh"
#include "depix/kernels/cuda/conv_transpose.cuh"

using namespace depix_test;
using cuda::Factor;
using cuda::Gather;
using cuda::GatherKind;

// The rows of a convolution, and the two phases of a transposed one. With stride 2, 3 taps are split into 1 and 2.
static_assert(cuda::gather_forward({1, 1, 3, 2, 1, 1}, 8, 8).axis(0, 8).shift == -1);
static_assert(cuda::gather_backward({1, 1, 3, 2, 1, 1}, 7, 7).axis(0, 7).size == 4);
static_assert(cuda::gather_backward({1, 1, 3, 2, 1, 1}, 7, 7).axis(0, 7).taps == 1);
static_assert(cuda::gather_backward({1, 1, 3, 2, 1, 1}, 7, 7).axis(1, 7).taps == 2);
static_assert(cuda::gather_backward({1, 1, 3, 2, 1, 1}, 7, 7).axis(1, 7).first_tap == 2);
static_assert(cuda::gather_backward({1, 1, 2, 3}, 1, 1).axis(2, 1).size == 0, "three phases, one pixel");
static_assert(cuda::gather_backward({1, 1, 2, 3}, 9, 9).axis(2, 9).taps == 0, "pixels that no stamp reaches");
static_assert(GatherKind<4, 4, 4, 2, true>::fixed_taps == 2 && GatherKind<4, 4, 3, 2, true>::fixed_taps == 0);

static_assert([] {
    for (const int divisor : {1, 2, 3, 7, 18, 33, 39, 255})
        for (int dividend = 0; dividend < 4096; ++dividend)
            if (cuda::SmallDivisor(divisor).quotient(dividend) != dividend / divisor) return false;
    return true;
}());

// Tensor cores are never used for float32, for three channels, or for strides above 2.
static_assert(!cuda::use_tensor_cores<precision::Float32, GatherKind<64, 64, 3, 1, false>>());
static_assert(cuda::use_tensor_cores<precision::TF32, GatherKind<64, 64, 3, 1, false>>());
static_assert(cuda::use_tensor_cores<precision::Float16, GatherKind<64, 64, 9, 1, false>>());
static_assert(cuda::use_tensor_cores<precision::BFloat16, GatherKind<12, 12, 3, 2, true>>());
static_assert(!cuda::use_tensor_cores<precision::TF32, GatherKind<64, 3, 3, 1, false>>());
static_assert(!cuda::use_tensor_cores<precision::TF32, GatherKind<3, 64, 3, 1, false>>());
static_assert(!cuda::use_tensor_cores<precision::TF32, GatherKind<64, 64, 4, 4, false>>());
static_assert(!cuda::use_tensor_cores<precision::TF32, GatherKind<64, 64, 63, 1, false>>());

static_assert(cuda::images_at_once(7, 1000) == 7);
static_assert(cuda::images_at_once(7, 1 << 29) == 2);
static_assert(cuda::images_at_once(7, 1ll << 31) == 1);

// The gradient's parts: enough blocks, none of them idle, and no more than 64 MB.
static_assert(cuda::GradientParts::choose(64, 576, 1 << 20).parts == 114);
static_assert(cuda::GradientParts::choose(6, 27, 1 << 20).parts == 1024);
static_assert(cuda::GradientParts::choose(6, 27, 100).parts == 1);
static_assert(cuda::GradientParts::choose(512, 4608, 1 << 20).parts == 2);
static_assert(cuda::GradientParts::choose(4096, 4096, 1 << 20).parts == 1);
static_assert(cuda::GradientParts::choose(8, 8, 0).parts == 1);
static_assert(kernels::Kernel<Cuda, Conv<512, 512>>::scratch_size(64, {512, 128, 128}) <= 16u << 20);

namespace {

/// What follows the sums of a convolution.
struct After {
    float negative_slope = 1;
    bool pool = false;
    int shuffle = 1;
    bool accumulate = false;
};

/// Checks a convolution L and what follows it on the device against the textbook. On the device it calls
/// convolve(stream, x, weight, epilogue, y).
template <class L, class Precision, class Convolve>
void check_fused(Shape shape, const After& after, const Convolve& convolve) {
    CAPTURE(to_string(shape));
    CAPTURE(after.pool);
    CAPTURE(after.shuffle);
    using S = typename CudaWith<Precision>::Storage;
    constexpr ConvGeometry g = L::geometry;
    constexpr int images = 2, around = 1;
    const Shape sums = L::output(shape);
    const Shape result = after.pool ? MaxPool<2>::output(sums)
                                    : Shape{sums.channels / (after.shuffle * after.shuffle),
                                            sums.height * after.shuffle, sums.width * after.shuffle};
    Random random(11);
    const std::vector<double> x = rounded<S>(draw(images * shape.size(), -1, 1, random));
    const std::vector<double> before = rounded<S>(draw(images * result.size(), -1, 1, random));
    const std::vector<double> weights = draw(g.weight_count(), -1, 1, random);
    const std::vector<double> bias = draw(static_cast<std::size_t>(g.out_channels), -1, 1, random);
    std::vector<double> parameters = weights, sum(images * sums.size()), y(before.size());
    parameters.insert(parameters.end(), bias.begin(), bias.end());

    kernels::Forward<double> call;
    call.input = View<const double>(x.data(), images, shape);
    call.output = View<double>(sum.data(), images, sums);
    call.parameters = parameters.data();
    kernels::Kernel<Reference, L>::forward(call);
    for (double& value : sum) value = value > 0 ? value : static_cast<double>(after.negative_slope) * value;
    const View<const double> from(sum.data(), images, sums);
    if (after.pool)
        reference::max_pool_forward<MaxPool<2>, double>(from, View<double>(y.data(), images, result));
    else
        reference::pixel_shuffle_forward(from, after.shuffle, View<double>(y.data(), images, result));
    for (std::size_t i = 0; after.accumulate && i < y.size(); ++i) y[i] += before[i];

    const MapsOnDevice<S> device_x(x, images, shape, around), device_y(before, images, result, around);
    const OnDevice<float> device_weights(weights), device_bias(bias);
    cuda::ConvEpilogue epilogue;
    epilogue.bias = device_bias.memory.data();
    epilogue.rectifier = {after.negative_slope};
    epilogue.pool = after.pool;
    epilogue.shuffle = after.shuffle;
    epilogue.accumulate = after.accumulate;
    const cuda::Stream stream;
    convolve(stream, View<const S>(device_x.view), device_weights.memory.data(), epilogue, device_y.view);
    // A result is a sum of `window` products of numbers within +-1. Each factor and the result are rounded, and the
    // errors add up like a random walk, as in cuda_check.hpp. The sum itself is a random walk too, up to some
    // sqrt(window), and is rounded in float with every product. What follows makes no difference larger.
    const double window = static_cast<double>(g.weight_count()) / std::min(g.in_channels, g.out_channels);
    const double bound = 8 * unit_roundoff<Precision>() * (4 + std::sqrt(window)) + 0x1p-24 * window;
    CHECK(largest_difference(device_y.values(), y) < bound);
    CHECK(device_y.surroundings_untouched());
}

/// Checks the kernel that convolve() chooses.
template <class L, class Precision = precision::Float32>
void check_fused(Shape shape, const After& after) {
    check_fused<L, Precision>(shape, after, [](const auto& stream, auto x, auto weight, const auto& epilogue, auto y) {
        cuda::convolve<Precision, L>(stream, x, weight, epilogue, y);
    });
}

/// Checks the direct kernel for this many output channels a block, plain and pooled.
template <class L, int BlockOut, int Taps>
void check_direct_tile() {
    CAPTURE(BlockOut);
    const Shape shape{L::in_channels, 9, 61};  // 1098 pixels of two pictures: three tiles, the last not full
    for (const bool pool : {false, true})
        check_fused<L, precision::Float32>(shape, {.negative_slope = .2f, .pool = pool},
                                           [](const auto& stream, auto x, auto weight, const auto& epilogue, auto y) {
                                               const Shape sums = L::output(x.shape());
                                               cuda::launch_directly<BlockOut, Taps>(
                                                   stream, cuda::gather_forward(L::geometry, sums.height, sums.width),
                                                   x, weight, cuda::ConvOutput<float>{y, epilogue});
                                           });
}

/// Checks the tensor cores' kernel with this tile.
template <class L, class Precision, int BlockOut, int TileRows>
void check_tensor_tile(Shape shape, const After& after) {
    CAPTURE(BlockOut);
    CAPTURE(TileRows);
    check_fused<L, Precision>(shape, after, [](const auto& stream, auto x, auto weight, const auto& epilogue, auto y) {
        using S = typename CudaWith<Precision>::Storage;
        const Shape sums = L::output(x.shape());
        cuda::launch_by_tensor_cores<Precision::factor, BlockOut, TileRows>(
            stream, cuda::gather_forward(L::geometry, sums.height, sums.width), x, weight,
            cuda::ConvOutput<S>{y, epilogue});
    });
}

/// Computes D = A B for a warp's 2 x 3 tiles. The fragments are laid out as the top of tensor_core.cuh describes.
template <Factor F>
__global__ void multiply_matrices(const float* a, const float* b, float* d) {
    constexpr int rows = 2, columns = 3, per_word = cuda::factors_per_word<F>, depth = 8 * per_word;
    const int lane = static_cast<int>(threadIdx.x), group = lane / 4, member = lane % 4;
    std::uint32_t left[rows][4], right[columns][2];
    float sum[rows][columns][4] = {};
    const auto word = [&](const auto& factor, int index) {
        float values[per_word];
        for (int h = 0; h < per_word; ++h) values[h] = factor(index * per_word + h);
        return cuda::factor_word<F>(values);
    };
    for (int r = 0; r < rows; ++r)
        for (int e = 0; e < 4; ++e)
            left[r][e] = word([&](int k) { return a[(r * 16 + group + e % 2 * 8) * depth + k]; }, member + e / 2 * 4);
    for (int c = 0; c < columns; ++c)
        for (int e = 0; e < 2; ++e)
            right[c][e] = word([&](int k) { return b[k * columns * 8 + c * 8 + group]; }, member + e * 4);
    cuda::multiply_add<F>(sum, left, right);
    for (int r = 0; r < rows; ++r)
        for (int c = 0; c < columns; ++c)
            for (int e = 0; e < 4; ++e)
                d[(r * 16 + group + e / 2 * 8) * columns * 8 + c * 8 + member * 2 + e % 2] = sum[r][c][e];
}

template <Factor F>
void check_product() {
    constexpr int rows = 32, columns = 24, depth = 8 * cuda::factors_per_word<F>;
    // All types of factors hold whole numbers up to 5, and the sums are far below 2^24, so the results are exact.
    std::vector<double> a(rows * depth), b(depth * columns), d(rows * columns), exact(rows * columns);
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<double>(i * 7 % 11) - 5;
    for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<double>(i * 5 % 11) - 5;
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < columns; ++j)
            for (std::size_t k = 0; k < depth; ++k) exact[i * columns + j] += a[i * depth + k] * b[k * columns + j];
    const OnDevice<float> left(a), right(b), product(d);
    const cuda::Stream stream;
    cuda::launch(stream, multiply_matrices<F>, dim3(1), dim3(32), 0, left.memory.data(), right.memory.data(),
                 product.memory.data());
    CHECK(product.values() == exact);
}

}  // namespace

TEST_CASE("Conv") {
    LayerTable(check_layer_of).convolutions();
    check_layer<Conv<3, 9>>("two tiles of channels", {3, 6, 5}, 1);
    check_layer<Conv<3, 33, 3, NoBias>>("large tiles of weights' gradients", {3, 6, 5}, 1);
}

TEST_CASE("Conv with strides and paddings") {
    LayerTable(check_layer_of).convolutions_with_options();
    check_layer<Conv<2, 3, 3, Padding<4, 3>>>("padding beyond the kernel", {2, 7, 35}, 2, 1);
}

TEST_CASE("Conv with groups, with dilation, and with a kernel that is not square") {
    LayerTable(check_layer_of).grouped_convolutions();
    LayerTable(check_layer_of).dilated_and_rectangular_convolutions();
    check_layer<Conv<4, 4, 3, Groups<4>, Stride<2>>, precision::Float16>("in float16", {4, 7, 35}, 2, 1);
    check_layer<Conv<4, 6, 5, KernelSize<1, 5>, Groups<2>, Dilation<2>>, precision::BFloat16>("in bfloat16", {4, 7, 35},
                                                                                              2, 1);
}

TEST_CASE("ConvTranspose") { LayerTable(check_layer_of).transposed_convolutions(); }

TEST_CASE("ConvTranspose with groups, with dilation, and with a kernel that is not square") {
    LayerTable(check_layer_of).grouped_transposed_convolutions();
}

TEST_CASE_TEMPLATE("Few channels, in every precision", P, precision::TF32, precision::Float16, precision::BFloat16) {
    check_layer<Conv<3, 6>, P>("3 to 6", {3, 7, 35}, 2, 1);
    check_layer<ConvTranspose<3, 2, 2, Stride<2>>, P>("doubling", {3, 6, 5}, 1);
}

TEST_CASE_TEMPLATE("On tensor cores", P, precision::TF32, precision::Float16, precision::BFloat16) {
    // Channels that fill no step and no tile, widths that fill no tile, forward and backward.
    check_layer<Conv<13, 17>, P>("13 to 17", {13, 9, 19}, 1, 1);
    check_layer<Conv<2, 33, 3, NoBias>, P>("large tiles of weights' gradients", {2, 6, 5}, 1);
    check_layer<Conv<21, 12, 1, NoBias>, P>("1x1, several steps at once", {21, 5, 5}, 1);
}
TEST_CASE("On tensor cores, more geometries") {
    check_layer<Conv<12, 14, 2, Padding<0, 1>>, precision::TF32>("2x2", {12, 5, 18}, 1);
    check_layer<Conv<12, 14, 3, Stride<2>>, precision::TF32>("stride 2", {12, 9, 18}, 1);
    check_layer<Conv<8, 12, 5>, precision::Float16>("5x5", {8, 7, 5}, 1);
    check_layer<ConvTranspose<12, 6, 2, Stride<2>>, precision::TF32>("doubling", {12, 5, 9}, 1, 1);
    using Transposed = ConvTranspose<13, 12, 3, Stride<2>, Padding<1>, OutputPadding<1>>;
    check_layer<Transposed, precision::Float16>("3x3, stride 2", {13, 5, 9}, 1);
}

TEST_CASE_TEMPLATE("Every tile of the tensor cores", P, precision::TF32, precision::Float16) {
    check_tensor_tile<Conv<9, 14>, P, 16, 8>({9, 9, 17}, {.negative_slope = .2f, .pool = true});
    check_tensor_tile<Conv<9, 14>, P, 16, 16>({9, 11, 17}, {.negative_slope = 0.f});
    check_tensor_tile<Conv<9, 27>, P, 32, 8>({9, 11, 15}, {.pool = true});
    check_tensor_tile<Conv<9, 27>, P, 32, 16>({9, 17, 5}, {.negative_slope = .2f, .shuffle = 3});
    check_tensor_tile<Conv<9, 34, 5>, P, 64, 8>({9, 7, 5}, {});  // two rows of taps at once
    check_tensor_tile<Conv<9, 70>, P, 64, 8>({9, 7, 5}, {.accumulate = true});
    check_tensor_tile<Conv<9, 40>, P, 64, 16>({9, 19, 17}, {.negative_slope = .2f, .pool = true});
}

TEST_CASE("Every tile of the direct kernel") {
    using Three = Conv<3, 35>;
    check_direct_tile<Three, 4, 3>();
    check_direct_tile<Three, 8, 3>();
    check_direct_tile<Three, 16, 3>();
    check_direct_tile<Three, 32, 3>();
    check_direct_tile<Conv<3, 20, 5>, 32, 0>();
    check_direct_tile<Conv<40, 9, 5>, 16, 0>();  // weights in several slabs
}

TEST_CASE("Fused epilogues") {
    check_fused<Conv<3, 6>>({3, 7, 9}, {.negative_slope = 0.f});
    check_fused<Conv<3, 6>>({3, 7, 9}, {.negative_slope = .25f, .pool = true});
    check_fused<Conv<3, 6>>({3, 12, 20}, {.pool = true});
    check_fused<Conv<3, 6>>({3, 1, 20}, {.pool = true});  // no window at all
    check_fused<Conv<3, 12>>({3, 7, 9}, {.negative_slope = .25f, .shuffle = 2});
    check_fused<Conv<3, 18>>({3, 7, 9}, {.shuffle = 3, .accumulate = true});
    check_fused<Conv<3, 8, 3, Stride<2>>>({3, 9, 13}, {.negative_slope = .25f, .pool = true});
    check_fused<ConvTranspose<4, 3, 2, Stride<2>>>({4, 5, 7}, {.negative_slope = .25f});
    check_fused<ConvTranspose<4, 3, 3, Stride<2>, Padding<1>>>({4, 5, 7}, {.negative_slope = .25f, .accumulate = true});
    check_fused<Conv<12, 20>, precision::BFloat16>({12, 9, 21}, {.negative_slope = .25f, .shuffle = 2});
    check_fused<Conv<3, 6>, precision::Float16>({3, 7, 9}, {.pool = true});
}

TEST_CASE("The tensor cores' twin is a product of matrices") {
    check_product<Factor::TF32>();
    check_product<Factor::Float16>();
    check_product<Factor::BFloat16>();
#ifdef DEPIX_CUDA_EMULATED  // device code, which a GPU's host cannot call
    // Ten bits of mantissa remain, and ties round away from zero. Infinity and NaN are unchanged.
    CHECK(cuda::to_tf32(1.f) == 0x3F800000u);
    CHECK(cuda::to_tf32(1.f + 0x1p-11f) == 0x3F802000u);
    CHECK(cuda::to_tf32(-1.f - 0x1p-11f) == 0xBF802000u);
    CHECK(cuda::to_tf32(1.f + 0x1p-12f) == 0x3F800000u);
    CHECK(cuda::to_tf32(INFINITY) == 0x7F800000u);
    CHECK(std::isnan(std::bit_cast<float>(cuda::to_tf32(NAN))));
#endif
}

TEST_CASE("NaN is not pooled away") {
    const std::vector<double> values{1, NAN, 2, 3};
    const MapsOnDevice<float> x(values, 1, {1, 2, 2}), y({0}, 1, {1, 1, 1});
    const OnDevice<float> weight(std::vector<double>{1});
    const cuda::Stream stream;
    cuda::ConvEpilogue epilogue;
    epilogue.pool = true;
    cuda::convolve<precision::Float32, Conv<1, 1, 1>>(stream, View<const float>(x.view), weight.memory.data(), epilogue,
                                                      y.view);
    CHECK(std::isnan(y.values()[0]));
}

TEST_CASE("A training repeats itself bit for bit") {
    using L = Conv<2, 3>;
    using K = kernels::Kernel<Cuda, L>;
    const Shape shape{2, 40, 40};
    Random random(2);
    const MapsOnDevice<float> x(draw(2 * shape.size(), -1, 1, random), 2, shape);
    const MapsOnDevice<float> dy(draw(2 * L::output(shape).size(), -1, 1, random), 2, L::output(shape));
    const cuda::Memory<float> scratch(K::scratch_size(2, shape));
    const cuda::Stream stream;
    std::vector<double> first;
    for (int run = 0; run < 2; ++run) {
        const OnDevice<float> gradients(std::vector<double>(layer_info<L>.parameter_count, 1));
        kernels::Backward<float, float> call;
        call.input = x.view;
        call.output_gradient = dy.view;
        call.parameter_gradients = gradients.memory.data();
        call.scratch = scratch.data();
        K::backward(call, stream);
        if (run == 0) first = gradients.values();
        CHECK(gradients.values() == first);
    }
}

TEST_CASE("What cannot be is refused") {
    const cuda::Stream stream;
    const View<const float> x(nullptr, 1, {3, 4, 4});
    const View<float> y(nullptr, 1, {6, 4, 4});
    cuda::ConvEpilogue pooled, shuffled;
    pooled.pool = true;
    shuffled.shuffle = 2;
    const auto conv = [&](const cuda::ConvEpilogue& epilogue) {
        cuda::convolve<precision::Float32, Conv<3, 6>>(stream, x, nullptr, epilogue, y);
    };
    const auto transposed = [&](const cuda::ConvEpilogue& epilogue) {
        cuda::convolve<precision::Float32, ConvTranspose<3, 6, 1>>(stream, x, nullptr, epilogue, y);
    };
    CHECK_THROWS_WITH_AS(conv(pooled), "depix: a convolution's output is 6x2x2, not 6x4x4", ShapeError);
    CHECK_THROWS_AS(conv(shuffled), ShapeError);
    CHECK_THROWS_WITH_AS(transposed(pooled),
                         "depix: the sums of a transposed convolution are neither pooled nor shuffled", Error);
    CHECK_THROWS_AS(transposed(shuffled), Error);
}
