// depix's integers in the race of int8.py, one program for each network; the protocol is in worker.hpp. NETWORK is
// followed by "_int8". With `export` in place of `restore` it writes what ONNX Runtime is given: NETWORK_int8.onnx,
// NETWORK_int8_float_prelu.onnx and NETWORK_nothing.onnx, which returns the picture, with the picture and with what
// depix makes of it (.input.f32, .output.f32), and prints the step of the output.
#include <cstring>

#include "depix/io/atomic_file.hpp"
#include "depix/quantize/cpu.hpp"
#include "onnx_int8.hpp"
#include "worker_networks.hpp"

namespace {

using namespace depix;
using peers::Network;

void write_floats(const std::string& path, const std::vector<float>& values) {
    write_file(path, std::as_bytes(std::span(values)));
}

void export_files(const std::string& path, const Quantized<Network>& small, const Model<Network>& model,
                  const Image& image, const Image& restored) {
    OnnxWriter nothing;
    nothing.node("Identity", {"input"}, {"output"});
    for (const char* ending : {"_int8", "_int8_float_prelu", "_nothing"}) {
        write_floats(path + ending + ".input.f32", image.pixels);
        write_floats(path + ending + ".output.f32",
                     std::strcmp(ending, "_nothing") == 0 ? image.pixels : restored.pixels);
    }
    write_file(path + "_int8.onnx", peers::onnx_int8_bytes(small, model, image, peers::Prelu::AfterCoding));
    write_file(path + "_int8_float_prelu.onnx", peers::onnx_int8_bytes(small, model, image, peers::Prelu::InFloat));
    const std::vector<std::string> shape{"1", std::to_string(image.shape.channels), std::to_string(image.shape.height),
                                         std::to_string(image.shape.width)};
    nothing.input("input", shape);
    nothing.output("output", shape);
    write_file(path + "_nothing.onnx", nothing.bytes());
    std::printf("%.9g\n", static_cast<double>(small.program.encoding(integer_plan<Network>.output).scale));
}

}  // namespace

int main(int count, char** arguments) {
    return peers::run(count, arguments, [&](const peers::Job& job) {
        peers::Job of_network = job;
        for (std::string* name : {&of_network.network, &of_network.path}) {
            if (!name->ends_with("_int8")) throw std::runtime_error(*name + " does not end in _int8");
            name->resize(name->size() - 5);
        }
        const Model<Network> model = peers::read_model(of_network);
        Image image({job.channels, job.height, job.width});
        image.pixels = peers::read_floats(of_network.path + ".input.f32");
        // The weights are random, so nothing is kept in float for the sake of quality.
        const Quantized<Network> small = quantize(model, std::span<const Image>(&image, 1), {.min_decibels = 0});
        if (small.float_steps() > 0) throw std::runtime_error("a step stays float:\n" + small.report());
        const Inference<Network, Int8<Cpu>> network{small, job.threads};
        Image restored(Network::output(image.shape));
        network.run(image.view(), restored.view());
        if (std::string(arguments[5]) == "export") return export_files(of_network.path, small, model, image, restored);
        const double error = peers::largest_difference(restored.pixels, peers::read_floats(job.path + ".output.f32"));
        peers::announce(peers::error_fact(error));
        peers::serve([&] { network.run(image.view(), restored.view()); });
    });
}
