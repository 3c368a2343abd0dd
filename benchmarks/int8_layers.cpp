// How many times as fast as floats integers are, for single convolutions. quantize/faster.hpp has its costs from this.
//
//     cmake --build --preset release --target benchmark_int8_layers && build/release/benchmarks/benchmark_int8_layers
//
// or, for another instruction set than this machine's best, for example
//
//     g++ -std=c++20 -O3 -mavx2 -mfma -fopenmp -Iinclude benchmarks/int8_layers.cpp -o layers && ./layers
//
// A time is half of the difference between a chain of three convolutions and one, so that the picture and the result
// do not count. Both kinds of inference take turns on one thread, 25 times; a time is that of the processor, the
// smallest of these, because others use the machine too.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <span>
#include <vector>

#include "depix/layers/relu.hpp"
#include "depix/network/sequential.hpp"
#include "depix/quantize/cpu.hpp"

namespace {

using namespace depix;

template <class Inference>
double milliseconds(const Inference& inference, const Image& image, Image& restored, int runs) {
    const std::clock_t start = std::clock();
    for (int i = 0; i < runs; ++i) inference.run(image.view(), restored.view());
    return static_cast<double>(std::clock() - start) * 1000 / CLOCKS_PER_SEC / runs;
}

struct Milliseconds {
    double floats = 1e9, integers = 1e9;
};

template <class Network>
Milliseconds measure_network(int side) {
    const Model<Network> model(3, Initialisation::HeNormal);
    Random random(7);
    std::vector<Image> pictures(1, Image({Network::in_channels, 32, 32}));
    for (float& value : pictures[0].pixels) value = static_cast<float>(random.uniform());
    const Quantized<Network> small = quantize(model, std::span<const Image>(pictures), {.min_decibels = 0});
    const Inference<Network> floats{model, 1};
    const Inference<Network, Int8<Cpu>> integers{small, 1};
    const Image image({Network::in_channels, side, side}, 0.5f);
    Image restored(Network::output(image.shape));
    milliseconds(integers, image, restored, 1);
    const double once = milliseconds(floats, image, restored, 2);
    const int runs = std::max(1, static_cast<int>(2 / std::max(once, 1e-3)));
    Milliseconds least;
    for (int turn = 0; turn < 25; ++turn) {
        least.floats = std::min(least.floats, milliseconds(floats, image, restored, runs));
        least.integers = std::min(least.integers, milliseconds(integers, image, restored, runs));
    }
    return least;
}

template <class... Layers>
void measure(const char* name, int side) {
    const Milliseconds one = measure_network<Sequential<Layers...>>(side);
    const Milliseconds three = measure_network<Sequential<Layers..., Layers..., Layers...>>(side);
    const double floats = (three.floats - one.floats) / 2, integers = (three.integers - one.integers) / 2;
    std::printf("| %s | %.3f ms | %.3f ms | %.2f |\n", name, floats, integers, floats / integers);
    std::fflush(stdout);
}

template <int Kernel, int Padding, int OutputPadding>
using Pair =
    Sequential<Conv<16, 32, 3, Stride<2>>, ReLU,
               ConvTranspose<32, 16, Kernel, Stride<2>, depix::Padding<Padding>, depix::OutputPadding<OutputPadding>>,
               ReLU>;

}  // namespace

int main() {
    std::printf("| convolution | floats | integers | times as fast |\n| --- | --- | --- | --- |\n");
    measure<Conv<8, 8>, ReLU>("3x3, 8 channels", 128);
    measure<Conv<16, 16>, ReLU>("3x3, 16 channels", 128);
    measure<Conv<32, 32>, ReLU>("3x3, 32 channels", 128);
    measure<Conv<64, 64>, ReLU>("3x3, 64 channels", 96);
    measure<Conv<32, 32, 1>, ReLU>("1x1, 32 channels", 128);
    measure<Conv<16, 16, 5>, ReLU>("5x5, 16 channels", 128);
    measure<Pair<2, 0, 0>>("3x3 with stride 2, transposed 2x2 back, 16 and 32 channels", 128);
    measure<Pair<3, 1, 1>>("the same, transposed 3x3", 128);
    measure<Pair<4, 1, 0>>("the same, transposed 4x4", 128);
}
