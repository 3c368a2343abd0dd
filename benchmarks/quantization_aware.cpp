// How many decibels of int8's loss training with rounding gains back, for the autoencoders that ship.
//
//     cmake --build --preset release --target benchmark_quantization_aware
//     build/release/benchmarks/benchmark_quantization_aware DOCUMENTS [--steps N] [--learning-rate R]
//
// Run it in the repository. Each network is quantized as in benchmark_int8. Then it is trained for N more steps (400)
// of Adam, once with rounding (QuantizationAware) and once without, from the same weights on the same batches: 32 drawn
// texts, or 16 squares of 128x128 from the pages that are not in the test set. The learning rate R (3e-4) falls to 0
// along half a cosine. What was trained without rounding is quantized anew.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <numbers>

#include "depix/quantize.hpp"
#include "depix/train/quantization_aware.hpp"
#include "int8_pictures.hpp"

namespace {

using namespace depix;

struct Options {
    int steps = 400;
    double learning_rate = 3e-4;
};

using DrawPair = std::function<ImagePair(Random&)>;

template <class Trainer>
void train(Trainer& trainer, const DrawPair& draw, int images, const Options& options) {
    for (int step = 0; step < options.steps; ++step) {
        Tensor<float> input, target;
        for (int n = 0; n < images; ++n) {
            Random random(3, static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(n));
            const ImagePair pair = draw(random);
            if (n == 0)
                input = Tensor<float>(images, pair.damaged.shape), target = Tensor<float>(images, pair.clean.shape);
            copy(pair.damaged.view(), input.view().images(n, 1));
            copy(pair.clean.view(), target.view().images(n, 1));
        }
        const double part = static_cast<double>(step) / options.steps;
        trainer.optimizer.learning_rate = options.learning_rate * (1 + std::cos(std::numbers::pi * part)) / 2;
        trainer.step(input, target);
    }
}

template <class Network>
void measure(const char* name, const std::string& weights, const Int8Pictures& set, const DrawPair& draw, int images,
             const Options& options) {
    Model<Network> model;
    load(model, weights);
    const std::span<const Image> pictures(set.calibration);
    const Quantized<Network> before = quantize(model, pictures);
    const auto floats = [&](const Model<Network>& of) { return score(Inference<Network>{of}, set); };
    const auto integers = [&](const Quantized<Network>& of) { return score(Inference<Network, Int8<Cpu>>{of}, set); };
    Model<Network> with = model, without = model;
    Trainer aware{with, MeanSquaredError{}, Adam{}, QuantizationAware{before}};
    train(aware, draw, images, options);
    Trainer plain{without, MeanSquaredError{}, Adam{}};
    train(plain, draw, images, options);
    std::printf("| %s | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f |\n", name, floats(model), integers(before),
                floats(without), integers(quantize(without, pictures)), floats(with), integers(quantize(with, before)));
    std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
    Options options;
    std::string documents;
    for (int i = 1; i < count; ++i) {
        if (std::strcmp(arguments[i], "--steps") == 0 && i + 1 < count)
            options.steps = std::atoi(arguments[++i]);
        else if (std::strcmp(arguments[i], "--learning-rate") == 0 && i + 1 < count)
            options.learning_rate = std::atof(arguments[++i]);
        else
            documents = arguments[i];
    }
    std::printf(
        "PSNR in dB\n| network | float | int8 | trained on, float | int8 | trained with rounding, float | int8 |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n");
    const TextImages images({Font(find_font("Roboto-Regular.ttf"))}, {});
    const DrawPair text = [&](Random& random) {
        TextPair pair = images.draw(random);
        return ImagePair{std::move(pair.clean), std::move(pair.pixelated)};
    };
    measure<Depixelizer>("depixelizer", "examples/01_depixelizer/depixelizer.safetensors", drawn_texts(), text, 32,
                         options);
    if (documents.empty()) return 0;
    const PairSplit split = split_by_page(document_pairs(documents));
    std::vector<ImagePair> scans;
    for (std::size_t i = 0; i < split.train.size(); ++i) scans.push_back(split.train.read(i));
    const DrawPair square = [&](Random& random) {
        const ImagePair& page = scans[static_cast<std::size_t>(random.integer(0, static_cast<int>(scans.size()) - 1))];
        const int top = random.integer(0, page.clean.shape.height - 128),
                  left = random.integer(0, page.clean.shape.width - 128);
        return ImagePair{crop(page.clean, top, left, 128, 128), crop(page.damaged, top, left, 128, 128)};
    };
    measure<DocumentsAutoencoder>("documents autoencoder", "examples/05_documents/documents_autoencoder.safetensors",
                                  pages(documents), square, 16, options);
}
