// 3: your network, with your weights from PyTorch.
//
// Write the nn.Module down as a type: nn.Sequential is Sequential, an attribute's name is Named, and the parameters get
// the names that state_dict gives them. Save the weights once, in Python:
//
//     from safetensors.torch import save_file
//     save_file(model.state_dict(), "weights.safetensors")
//
// The file that this program reads was written in this way by PyTorch 1.13. It holds the weights (with "w." before
// their names), an input, and PyTorch's output for it.
//
//     3_your_network_pytorch_weights tests/golden/depixelizer.safetensors
#include <depix/depix.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>

using namespace depix;

namespace mine {
// self.encoder = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2), ...)
// self.decoder = nn.Sequential(nn.ConvTranspose2d(24, 12, 2, stride=2), ...)
template <int In, int Out>
using Down = Sequential<Conv<In, Out>, BatchNorm<Out>, ReLU, MaxPool<2>>;  // "same" padding is the default

using Network = Sequential<Named<"encoder", Conv<3, 6>, BatchNorm<6>, ReLU, MaxPool<2>,  //
                                 Conv<6, 12>, BatchNorm<12>, ReLU, MaxPool<2>,           //
                                 Conv<12, 24>, BatchNorm<24>, ReLU, MaxPool<2>>,
                           Named<"decoder", ConvTranspose<24, 12, 2, Stride<2>>, BatchNorm<12>, ReLU,  //
                                 ConvTranspose<12, 6, 2, Stride<2>>, BatchNorm<6>, ReLU,               //
                                 ConvTranspose<6, 3, 2, Stride<2>>, BatchNorm<3>>>;
static_assert(Network::parameter_count == 5103);
static_assert(Down<3, 6>::output({3, 64, 256}) == Shape{6, 32, 128});  // a part is a network, too
}  // namespace mine

int main(int count, char** arguments) {
    if (count != 2) {
        std::fprintf(stderr, "usage: 3_your_network_pytorch_weights FILE.safetensors\n");
        return 2;
    }
    try {
        Model<mine::Network> model;
        for (const auto& tensor : model.tensors()) std::printf("%s ", tensor.name.c_str());
        std::printf("\n");
        load(model, arguments[1], {.prefix = "w."});  // .name_map maps names that differ

        const SafetensorsFile file = SafetensorsFile::read(arguments[1]);
        const auto shape = file.shape("input");  // (N, C, H, W)
        const auto extent = [&](std::size_t axis) { return static_cast<int>(shape[axis]); };
        Tensor<float> input(extent(0), {extent(1), extent(2), extent(3)});
        input.data = file.values<float>("input");
        const std::vector<float> expected = file.values<float>("output");

        const Tensor<float> output = Inference<mine::Network>{model}(input);
        float difference = 0;
        for (std::size_t i = 0; i < expected.size(); ++i)
            difference = std::max(difference, std::fabs(output.data[i] - expected[i]));
        std::printf("largest difference to PyTorch's output: %g\n", static_cast<double>(difference));
        return output.data.size() == expected.size() && difference < 1e-4f ? 0 : 1;  // rounding errors of float add up
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
