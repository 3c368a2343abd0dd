// Integers against floats: how many decibels int8 costs, and how fast it is, for the networks that ship and for
// Real-ESRGAN's Compact (with random weights, so without decibels).
//
//     cmake --build --preset release --target benchmark_int8
//     build/release/benchmarks/benchmark_int8 [DOCUMENTS] [--calibration minmax|percentile|mse] [--equalize] [--report]
//
// Run it in the repository. DOCUMENTS is a folder as examples/05_documents takes it; without it, pages are left out.
// Each network is quantized with eight pictures that are not in its test set. Decibels are those of the examples'
// `evaluate`: 800 drawn texts, and the held-out pages in full size, all rounded as in a PNG file. Both kinds of
// inference take turns on one thread, 31 times. A time is that of the processor, the smallest of these, because others
// use the machine too. "The rule takes" is the backend that faster_inference chooses; --report prints the rule for each
// convolution.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <iostream>

#include "depix/depix.hpp"
#include "depix/models/compact.hpp"
#include "depix/quantize.hpp"
#include "int8_pictures.hpp"

namespace {

using namespace depix;

struct Options {
    QuantizeOptions quantize;
    bool report = false, equalize = false;
};

template <class Inference>
double milliseconds(const Inference& inference, const Image& image, Image& restored, int runs) {
    const std::clock_t start = std::clock();
    for (int i = 0; i < runs; ++i) inference.run(image.view(), restored.view());
    return static_cast<double>(std::clock() - start) * 1000 / CLOCKS_PER_SEC / runs;
}

template <class Network>
void measure(const char* name, const std::string& weights, const Int8Pictures& set, Shape shape,
             const Options& options) {
    Model<Network> model;
    if (!weights.empty()) load(model, weights);
    if (options.equalize) equalize(model);
    const Quantized<Network> small = quantize(model, std::span<const Image>(set.calibration), options.quantize);
    if (options.report) std::cout << small.report() << speed_report<Network>();
    const Inference<Network> floats{model, 1};
    const Inference<Network, Int8<Cpu>> integers{small, 1};
    std::printf("| %s, %s | %zu of %zu |", name, to_string(shape).c_str(),
                small.layers.size() - static_cast<std::size_t>(small.float_steps()), small.layers.size());
    if (set.test.empty()) {
        std::printf(" | | |");
    } else {
        const double before = score(floats, set), after = score(integers, set);
        std::printf(" %.2f dB | %.2f dB | %.2f |", before, after, before - after);
    }
    const Image image(shape, 0.5f);
    Image restored(Network::output(shape));
    const double once = milliseconds(floats, image, restored, 1);
    const int runs = std::max(1, static_cast<int>(3 / std::max(once, 1e-3)));
    double of_floats = 1e9, of_integers = 1e9;
    for (int turn = 0; turn < 31; ++turn) {
        of_floats = std::min(of_floats, milliseconds(floats, image, restored, runs));
        of_integers = std::min(of_integers, milliseconds(integers, image, restored, runs));
    }
    std::printf(" %.3f ms | %.3f ms | %.2f | %s | %.0f KiB | %.0f KiB |\n", of_floats, of_integers,
                of_floats / of_integers, integers_are_faster<Network> ? "integers" : "floats",
                static_cast<double>(model.parameters().size_bytes()) / 1024, static_cast<double>(small.bytes()) / 1024);
    std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
    Options options;
    std::string documents;
    for (int i = 1; i < count; ++i) {
        const std::string argument = arguments[i];
        if (argument == "--report") {
            options.report = true;
        } else if (argument == "--equalize") {
            options.equalize = true;
        } else if (argument == "--calibration" && i + 1 < count) {
            const std::string how = arguments[++i];
            options.quantize.calibration = how == "minmax"       ? Calibration::MinMax
                                           : how == "percentile" ? Calibration::Percentile
                                                                 : Calibration::MeanSquaredError;
        } else {
            documents = argument;
        }
    }
    std::printf(
        "| network | steps in integers | PSNR, float | PSNR, int8 | loss, dB | time, float | time, int8 | times as "
        "fast | "
        "the rule takes | weights, float | weights, int8 |\n");
    std::printf("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    const Int8Pictures texts = drawn_texts();
    const std::string one = "examples/01_depixelizer/", five = "examples/05_documents/";
    measure<Depixelizer>("depixelizer", one + "depixelizer.safetensors", texts, {3, 64, 256}, options);
    measure<TextRestorer>("text restorer", one + "text_restorer.safetensors", texts, {3, 64, 256}, options);
    if (!documents.empty()) {
        const Int8Pictures scans = pages(documents);
        measure<DocumentsAutoencoder>("documents autoencoder", five + "documents_autoencoder.safetensors", scans,
                                      {1, 420, 540}, options);
        measure<PageCleaner>("page cleaner", five + "page_cleaner.safetensors", scans, {1, 424, 544}, options);
    }
    Int8Pictures random;
    random.calibration.assign(texts.calibration.begin(), texts.calibration.begin() + 1);
    measure<Compact<>>("Compact", "", random, {3, 128, 128}, options);
}
