// ncnn itself runs what `depix import --to ncnn` writes, and gives what depix gives in double: ncnn_runtime. It is
// built where CMake finds ncnn.
#include <net.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string_view>
#include <vector>

#include "../../examples/depix/import/ncnn_files.hpp"
#include "../../examples/depix/import/read_graph.hpp"
#include "depix/inference.hpp"
#include "depix/kernels/reference/reference.hpp"
#include "models.hpp"
#include "onnx_networks.hpp"

using namespace depix;

namespace {

int failures = 0;

// The output, or nothing where ncnn refuses the files.
std::vector<float> run_ncnn(const tool::NcnnFiles& files, const Tensor<float>& input) {
    ncnn::Net net;
    net.opt.num_threads = 1;
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_bf16_storage = false;
    std::vector<std::uint32_t> bin((files.bin.size() + 3) / 4);  // ncnn wants it to be aligned
    if (!files.bin.empty()) std::memcpy(bin.data(), files.bin.data(), files.bin.size());
    if (net.load_param_mem(files.param.c_str()) != 0) return {};
    const auto read = net.load_model(reinterpret_cast<const unsigned char*>(bin.data()));
    if (static_cast<std::size_t>(read) != files.bin.size()) return {};
    const Shape shape = input.shape;
    ncnn::Mat picture(shape.width, shape.height, shape.channels);
    const auto area = static_cast<std::size_t>(shape.area());
    for (int c = 0; c < shape.channels; ++c)
        std::copy_n(input.data.data() + static_cast<std::size_t>(c) * area, area,
                    static_cast<float*>(picture.channel(c)));
    ncnn::Extractor run = net.create_extractor();
    ncnn::Mat output;
    if (run.input("data", picture) != 0 || run.extract("output", output) != 0) return {};
    std::vector<float> result;
    for (int c = 0; c < output.c; ++c) {
        const float* values = output.channel(c);
        result.insert(result.end(), values, values + output.w * output.h);
    }
    return result;
}

template <class Network>
void check(const char* name) {
    const Model<Network> model(7);
    Tensor<float> input(1, {Network::in_channels, 32, 48});
    Random random(5);
    for (float& value : input.data) value = static_cast<float>(random.uniform());
    Tensor<double> wide(1, input.shape);
    std::copy(input.data.begin(), input.data.end(), wide.data.begin());
    const Model<Network, double> exact(model);
    const Tensor<double> wanted = Inference<Network, Reference, double>{exact}(wide);

    const tool::Graph graph = tool::read_graph(OnnxFile::parse(onnx_bytes(model), name));
    const std::vector<float> output = run_ncnn(tool::ncnn_files(graph), input);
    double difference = 0, largest = 1e-30;
    for (std::size_t i = 0; i < wanted.data.size() && output.size() == wanted.data.size(); ++i) {
        difference = std::max(difference, std::fabs(static_cast<double>(output[i]) - wanted.data[i]));
        largest = std::max(largest, std::fabs(wanted.data[i]));
    }
    // Some hundred roundings of 6e-8, which norms enlarge.
    const bool good = output.size() == wanted.data.size() && difference <= 3e-5 * largest;
    std::printf("%-22s %6zu values of %6zu, difference %.1e of the largest%s\n", name, output.size(),
                wanted.data.size(), difference / largest, good ? "" : ": FAILED");
    failures += good ? 0 : 1;
}

}  // namespace

int main() try {
#define CHECK_NETWORK(name, ...) \
    if (std::string_view(#name) != "norms") check<__VA_ARGS__>(#name);  // has LayerNorm2d, which ncnn has no layer for
    EACH_ONNX_NETWORK(CHECK_NETWORK)
    EACH_MODEL(CHECK_NETWORK)
    return failures == 0 ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
