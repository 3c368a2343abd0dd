// Writes each network of onnx_networks.hpp as NAME.onnx, with NAME.numbers (the input's shape, and depix's
// rounding error in 1e-9), NAME.input and NAME.output,
// for onnx_runtime.js: onnx_runtime FOLDER.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <span>
#include <string>

#include "depix/inference.hpp"
#include "depix/kernels/reference/reference.hpp"
#include "onnx_networks.hpp"

using namespace depix;

namespace {

template <class Network>
void write_network(const std::string& path) {
    Model<Network> model(7);
    Random random(5);
    for (float& value : model.statistics()) value = static_cast<float>(random.uniform(0.5, 1.5));
    Tensor<float> input(1, {Network::in_channels, 20, 28});
    for (float& value : input.data) value = static_cast<float>(random.uniform());
    const Model<Network, double> exact(model);
    Tensor<double> wide(1, input.shape);
    std::copy(input.data.begin(), input.data.end(), wide.data.begin());
    const Tensor<double> result = Inference<Network, Reference, double>{exact}(wide);
    const std::vector<float> output(result.data.begin(), result.data.end());
    // The rounding error of the textbook in float, which norms enlarge, is the measure of ONNX Runtime's.
    const Tensor<float> rounded = Inference<Network, Reference>{model}(input);
    double error = 0;
    for (std::size_t i = 0; i < output.size(); ++i)
        error = std::max(error, std::fabs(static_cast<double>(rounded.data[i]) - result.data[i]));
    export_onnx(model, path + ".onnx");
    write_file(path + ".input", std::as_bytes(std::span(input.data)));
    write_file(path + ".output", std::as_bytes(std::span(output)));
    write_file(path + ".numbers",
               "1 " + std::to_string(Network::in_channels) + " 20 28 " + std::to_string(1e9 * error));
}

}  // namespace

int main(int count, char** arguments) try {
    if (count != 2) return 2;
    const std::string folder = std::string(arguments[1]) + "/";
#define WRITE(name, ...) write_network<__VA_ARGS__>(folder + #name);
    EACH_ONNX_NETWORK(WRITE)
    write_network<Sequential<Conv<3, 4>, GELUTanh, Dropout<std::ratio<1, 2>>>>(folder + "tanh");
    write_network<Sequential<Conv<3, 4>, BatchNorm<4, NoAffine>, MaxPool<3, Stride<2>, CeilMode>>>(folder + "ceil");
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
