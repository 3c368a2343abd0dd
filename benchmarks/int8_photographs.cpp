// What 8-bit integers cost the models for photographs: PSNR in float and in int8, and which layers stay float, for each
// damage that `examples/08_photographs evaluate` measures.
//
//     cmake --build --preset release --target benchmark_int8_photographs
//     build/release/benchmarks/benchmark_int8_photographs CALIBRATION PICTURES [NUMBER] [--equalize] [--report]
//
// Run it in the repository. CALIBRATION and PICTURES are folders of photographs. Eight of CALIBRATION, each damaged at
// random as in training, show which values the maps hold. The PSNR is the mean over the first NUMBER of PICTURES (20),
// damaged and measured as by `evaluate`. The table has one damage for each model. The bytes of int8 are those that
// firmware reads (quantize/pack.hpp). --equalize equalises the channels of each map first, and --report prints the rule
// for every layer.
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "../examples/08_photographs/tasks.hpp"
#include "depix/data/sources/image_folder.hpp"
#include "depix/depix.hpp"
#include "depix/models/denoiser.hpp"
#include "depix/models/enlarger.hpp"
#include "depix/models/inpainter.hpp"
#include "depix/quantize.hpp"
#include "depix/quantize/pack.hpp"
#include "depix/restore/restore.hpp"

namespace {

using namespace depix;

struct Options {
    std::string calibration, pictures;
    std::size_t count = 20;
    bool report = false, equalize = false;
};

// What a network is given of eight pictures: their middles, at most 256 pixels each way.
template <class Network>
std::vector<Image> calibration_pictures(const ImageFolder& folder, const example::Task& task) {
    std::vector<Image> pictures;
    for (std::size_t i = 0; i < std::min<std::size_t>(8, folder.size()); ++i) {
        Image clean = folder.read(i * folder.size() / 8);
        const int height = std::min(256, clean.shape.height), width = std::min(256, clean.shape.width);
        clean = crop(clean, (clean.shape.height - height) / 2, (clean.shape.width - width) / 2, height, width);
        Random random(1, 0, i);
        const Image input = task.training_damage(example::fitting(task, clean), false, random);
        const auto fits = [](int side) { return side / Network::size_multiple * Network::size_multiple; };
        pictures.push_back(crop(input, 0, 0, fits(input.shape.height), fits(input.shape.width)));
    }
    return pictures;
}

template <class Restorer>
double mean_score(const Restorer& restorer, const example::Task& task, const example::NamedDamage& damage,
                  const ImageFolder& folder, std::size_t count) {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const Image clean = example::fitting(task, folder.read(i));
        Random random(2026, 0, i);
        const Image input = damage.degrade(clean, false, random);
        sum += example::score(task, quantized(restore(restorer, input)), clean, example::mask_of(input));
    }
    return sum / static_cast<double>(count);
}

template <class Network>
void measure(const char* weights, const char* task_name, std::size_t damage, const Options& options) {
    const example::Task task = example::task_called(task_name);
    const ImageFolder calibration(options.calibration, {.channels = 3}), test(options.pictures, {.channels = 3});
    Model<Network> model;
    load(model, std::string("examples/08_photographs/") + weights + ".safetensors");
    if (options.equalize) equalize(model);
    const std::vector<Image> pictures = calibration_pictures<Network>(calibration, task);
    const Quantized<Network> small = quantize(model, std::span<const Image>(pictures));
    if (options.report) std::cout << weights << "\n" << small.report();
    std::string kept;
    for (const QuantizedLayer& layer : small.layers)
        if (!layer.is_integer) kept += (kept.empty() ? "" : "; ") + layer.kind + " " + layer.name + ": " + layer.reason;
    const std::size_t count = std::min(options.count, test.size());
    const example::NamedDamage& kind = task.test_damages.at(damage);
    const double in_float = mean_score(Inference<Network>{model, 1}, task, kind, test, count);
    const double in_int8 = mean_score(Inference<Network, Int8<Cpu>>{small, 1}, task, kind, test, count);
    std::printf("| %s, %s | %zu of %zu | %s | %.2f dB | %.2f dB | %.2f | %.0f KiB | %.0f KiB |\n", weights,
                kind.name.c_str(), small.layers.size() - static_cast<std::size_t>(small.float_steps()),
                small.layers.size(), kept.empty() ? "none" : kept.c_str(), in_float, in_int8, in_float - in_int8,
                static_cast<double>(model.parameters().size_bytes()) / 1024,
                static_cast<double>(pack(small).bytes()) / 1024);
    std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
    Options options;
    int folders = 0;
    for (int i = 1; i < count; ++i) {
        const std::string argument = arguments[i];
        if (argument == "--report")
            options.report = true;
        else if (argument == "--equalize")
            options.equalize = true;
        else if (folders < 2)
            (folders++ == 0 ? options.calibration : options.pictures) = argument;
        else
            options.count = static_cast<std::size_t>(std::max(1, std::atoi(argument.c_str())));
    }
    if (folders < 2) {
        std::fprintf(stderr, "usage: %s CALIBRATION PICTURES [NUMBER] [--equalize] [--report]\n", arguments[0]);
        return 2;
    }
    try {
        std::printf(
            "| model, damage | steps in integers | stay float | PSNR, float | PSNR, int8 | loss, dB | weights, float | "
            "weights, int8 |\n"
            "| --- | --- | --- | --- | --- | --- | --- | --- |\n");
        measure<Denoiser>("denoiser", "denoise", 1, options);      // sigma 25
        measure<Denoiser>("dejpeg", "dejpeg", 2, options);         // quality 20
        measure<Denoiser>("deblur_photos", "deblur", 2, options);  // Gaussian, sigma 2
        measure<Enlarger<4>>("enlarge_photos", "enlarge_4", 0, options);
        measure<Inpainter>("inpaint", "inpaint", 2, options);  // text
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
