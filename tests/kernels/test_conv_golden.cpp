// Convolutions with groups, dilation and kernels that are not square, against PyTorch: outputs and all gradients.
#include "../models/golden_check.hpp"

using namespace depix_test;

namespace {

/// Checks layer L with a backend against what golden/convolutions.safetensors has under this name. PyTorch computed it
/// in double and rounded it to float, and each of a float backend's sums is rounded up to `roundings` times.
template <class L, class Backend, class T>
void check(const SafetensorsFile& file, const std::string& name, int threads, double roundings) {
    CAPTURE(name);
    CAPTURE(Backend::name);
    CAPTURE(threads);
    using Network = Sequential<L>;
    using Pass = TrainingPass<Network, Backend, T>;
    Model<Network, T> model;
    for (const auto& parameter : model.tensors()) {
        const std::string key = name + "." + parameter.name.substr(2);
        REQUIRE(file.shape(key) == parameter.shape);
        file.copy_values<T>(key, parameter.values);
    }
    const auto input = convert<T>(tensor(file, name + ".input"));
    const auto gradient = convert<T>(tensor(file, name + ".output_gradient"));
    REQUIRE(Network::output(input.shape) == gradient.shape);
    std::vector<T> gradients(model.parameters().size());
    Pass pass;
    pass.prepare(input.batch, input.shape, threads);
    Random random(1);
    Pass::run(threads, [&](cpu::Team team) { pass.forward(model, input.view(), random, team); });
    const auto compare = [&](const std::vector<T>& values, const std::string& what) {
        CAPTURE(what);
        const std::vector<T> expected = file.values<T>(name + "." + what);
        REQUIRE(values.size() == expected.size());
        T largest = 0, difference = 0;
        for (std::size_t i = 0; i < values.size(); ++i) {
            largest = std::max(largest, std::abs(expected[i]));
            difference = std::max(difference, std::abs(values[i] - expected[i]));
        }
        CHECK(static_cast<double>(difference) <= roundings * 0x1p-24 * static_cast<double>(largest));
    };
    const auto values_of = [](View<const T> from) {
        Tensor<T> to(from.batch, from.shape());
        copy(from, to.view());
        return to.data;
    };
    compare(values_of(pass.output()), "output");
    copy(gradient.view(), pass.output_gradient());
    Pass::run(threads, [&](cpu::Team team) { pass.backward(model, gradients, team, Pass::InputGradient::Wanted); });
    compare(values_of(pass.input_gradient()), "d_input");
    for (const auto& parameter : model.name_parameters(std::span(gradients)))
        compare({parameter.values.begin(), parameter.values.end()}, "d_" + parameter.name.substr(2));
}

template <class L>
void check(const SafetensorsFile& file, const std::string& name) {
    check<L, Reference, double>(file, name, 1, 1);
    // The largest sums have 286 products, whose errors add up like a random walk.
    for (const int threads : {1, 2}) check<L, Cpu, float>(file, name, threads, 17);
}

}  // namespace

TEST_CASE("PyTorch's convolutions") {
    const auto file = SafetensorsFile::read(shipped + "convolutions.safetensors");
    check<Conv<4, 4, 3, Groups<4>>>(file, "depthwise");
    check<Conv<4, 4, 5, Groups<4>, Stride<2>>>(file, "depthwise_stride");
    check<Conv<4, 6, 3, Groups<2>, NoBias>>(file, "groups");
    check<Conv<3, 4, 3, Dilation<2>>>(file, "dilation");
    check<Conv<3, 4, 3, Dilation<3>, Stride<2>, Padding<1>>>(file, "dilation_stride");
    check<Conv<3, 4, 2, Dilation<3>>>(file, "same");
    check<Conv<3, 4, 7, KernelSize<1, 7>>>(file, "row");
    check<Conv<4, 6, 4, KernelSize<4, 2>, Groups<2>, Dilation<2>, Stride<3>, Padding<2>>>(file, "rectangle");
    check<Conv<3, 4, 4, KernelSize<4, 3>>>(file, "rectangle_same");
    check<ConvTranspose<4, 6, 4, Stride<2>, Padding<1>, Groups<2>>>(file, "transposed_groups");
    check<ConvTranspose<4, 4, 3, Stride<2>, Padding<1>, OutputPadding<1>, Dilation<2>, Groups<4>>>(
        file, "transposed_dilation");
    check<ConvTranspose<3, 2, 3, KernelSize<2, 3>, Dilation<3>>>(file, "transposed_rectangle");
}
