// Runs an imported network on the input of a golden file: import_golden WEIGHTS GOLDEN. import.sh compiles it with the
// header's name and the type's in HEADER and NETWORK.
#include HEADER

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>

using namespace depix;
using Network = imported::NETWORK;

namespace {

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
    if (a.size() != b.size()) throw Error("other sizes");
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::fabs(a[i] - b[i]));
    return largest;
}

// How many times PyTorch's own rounding error the result's is.
template <class Backend>
double ratio(const Model<Network>& model, const SafetensorsFile& golden) {
    const auto shape = golden.shape("input");
    const auto extent = [&](std::size_t axis) { return static_cast<int>(shape[axis]); };
    Tensor<float> input(extent(0), {extent(1), extent(2), extent(3)});
    input.data = golden.values<float>("input");
    const Tensor<float> output = Inference<Network, Backend>{model}(input);
    const std::vector<double> exact = golden.values<double>("output_f64");
    return largest_difference({output.data.begin(), output.data.end()}, exact) /
           largest_difference(golden.values<double>("output"), exact);
}

}  // namespace

int main(int, char** arguments) try {
    Model<Network> model;
    load(model, arguments[1]);
    const SafetensorsFile golden = SafetensorsFile::read(arguments[2]);
    const double reference = ratio<Reference>(model, golden), cpu = ratio<Cpu>(model, golden);
    std::printf("error / PyTorch's error: Reference %.2f, Cpu %.2f\n", reference, cpu);
    // 4 for another order of summation; Winograd's convolution, which Cpu uses, is allowed 20 as in tests/models.
    return reference <= 4 && cpu <= 20 ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
