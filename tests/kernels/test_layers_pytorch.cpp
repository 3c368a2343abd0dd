// Single layers against PyTorch: the textbook in double, forward and backward, on tests/golden/layers.safetensors.
// (The tables of this folder compare the other backends with the textbook.)
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "depix/depix.hpp"

using namespace depix;

namespace {

const SafetensorsFile& golden() {
    static const SafetensorsFile file =
        SafetensorsFile::read(std::string(DEPIX_SOURCE_DIR) + "/tests/golden/layers.safetensors");
    return file;
}

struct Values {
    int images;
    Shape shape;
    std::vector<double> data;

    explicit Values(const std::string& name) {
        const auto extent = golden().shape(name);
        REQUIRE(extent.size() == 4);
        const auto side = [&](std::size_t i) { return static_cast<int>(extent[i]); };
        images = side(0);
        shape = {side(1), side(2), side(3)};
        data = read(name);
    }
    static std::vector<double> read(const std::string& name) {
        const std::vector<float> values = golden().values<float>(name);
        return {values.begin(), values.end()};
    }
    View<double> view() { return {data.data(), images, shape}; }
};

/// The file's numbers are rounded to float, the inputs and weights before the results were computed, the results after.
/// So own results differ by 2^-24 of each, and of the largest of a sum.
void check_same(const std::vector<double>& own, const std::vector<double>& pytorch) {
    REQUIRE(own.size() == pytorch.size());
    double largest = 0, difference = 0;
    for (std::size_t i = 0; i < own.size(); ++i) {
        largest = std::max(largest, std::fabs(pytorch[i]));
        difference = std::max(difference, std::fabs(own[i] - pytorch[i]));
    }
    CHECK(difference <= 2 * 0x1p-24 * largest);
}

/// L on the file's input, with the parameters that are called so there, in training.
template <class L>
void check(const std::string& name, std::vector<std::string> parameters = {}) {
    CAPTURE(name);
    Values x(name + ".input"), expected(name + ".output"), dy(name + ".output_gradient");
    REQUIRE(L::output(x.shape) == expected.shape);
    std::vector<double> weights, expected_gradients;
    for (const std::string& parameter : parameters) {
        const std::vector<double> own = Values::read(name + "." + parameter);
        const std::vector<double> gradient = Values::read(name + ".g." + parameter);
        weights.insert(weights.end(), own.begin(), own.end());
        expected_gradients.insert(expected_gradients.end(), gradient.begin(), gradient.end());
    }
    REQUIRE(weights.size() == layer_info<L>.parameter_count);
    std::vector<double> statistics(layer_info<L>.statistic_count + 1), gradients(weights.size());
    std::vector<double> saved(L::saved_size(x.images, x.shape) + 1);
    std::vector<double> y(expected.data.size()), dx(x.data.size());

    kernels::Forward<double> forward;
    forward.input = x.view();
    forward.output = View<double>(y.data(), x.images, expected.shape);
    forward.parameters = weights.data();
    forward.statistics = forward.new_statistics = statistics.data();
    forward.saved = saved.data();
    kernels::Kernel<Reference, L>::forward(forward);
    check_same(y, expected.data);

    kernels::Backward<double> backward;
    backward.input = forward.input;
    backward.output = forward.output;
    backward.output_gradient = dy.view();
    backward.input_gradient = View<double>(dx.data(), x.images, x.shape);
    backward.parameters = weights.data();
    backward.parameter_gradients = gradients.data();
    backward.saved = saved.data();
    kernels::Kernel<Reference, L>::backward(backward);
    check_same(dx, Values::read(name + ".input_gradient"));
    check_same(gradients, expected_gradients);
}

}  // namespace

TEST_CASE("activations") {
    check<SiLU>("silu");
    check<GELU>("gelu");
    check<GELUTanh>("gelu_tanh");
    check<Mish>("mish");
    check<Hardsigmoid>("hardsigmoid");
    check<Hardswish>("hardswish");
    check<Clamp<std::ratio<-3, 2>, std::ratio<1, 4>>>("hardtanh");
    check<ReLU6>("relu6");
}

TEST_CASE("channels") {
    check<PixelUnshuffle<2>>("pixel_unshuffle_2");
    check<PixelUnshuffle<3>>("pixel_unshuffle_3");
    check<ChannelScale<4>>("channel_scale", {"beta"});
    check<SimpleGate>("simple_gate");
    check<Softmax>("softmax");
    check<BatchNorm<3, NoAffine>>("batch_norm_not_affine");
}

TEST_CASE("norms") {
    check<LayerNorm2d<6>>("layer_norm", {"weight", "bias"});
    check<InstanceNorm<3>>("instance_norm");
    check<InstanceNorm<3, Affine<true>>>("instance_norm_affine", {"weight", "bias"});
    check<GroupNorm<2, 6>>("group_norm", {"weight", "bias"});
    check<GroupNorm<3, 6, NoAffine>>("group_norm_not_affine");
}

TEST_CASE("pooling") {
    check<MaxPool<3, Stride<2>, Padding<1>>>("max_pool_padded");
    check<MaxPool<2, CeilMode>>("max_pool_ceil");
    check<MaxPool<3, Stride<2>, Padding<1>, CeilMode>>("max_pool_padded_ceil");
    check<AveragePool<3, Stride<2>, Padding<1>>>("average_pool_padded");
    check<AveragePool<3, Stride<2>, CeilMode>>("average_pool_ceil");
    check<AveragePool<4, Stride<3>, Padding<2>, CeilMode>>("average_pool_padded_ceil");
}

TEST_CASE("edges and enlargement") {
    check<ReflectPadding<2>>("reflect_padding");
    check<ReplicationPadding<2>>("replication_padding");
    check<Crop<1, 2>>("crop");
    check<Upsample<2, Bilinear>>("bilinear_2");
    check<Upsample<3, Bilinear>>("bilinear_3");
    check<Upsample<2, Bilinear, AlignCorners>>("bilinear_corners");
    check<Upsample<2, Bicubic>>("bicubic_2");
    check<Upsample<4, Bicubic>>("bicubic_4");
    check<Upsample<3, Divisor<2>>>("nearest_3_2");
    check<Upsample<3, Divisor<2>, Bilinear>>("bilinear_3_2");
    check<Upsample<3, Divisor<2>, Bilinear, AlignCorners>>("bilinear_corners_3_2");
    check<Upsample<5, Divisor<4>, Bicubic>>("bicubic_5_4");
}
