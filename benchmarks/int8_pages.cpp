// What 8-bit integers cost the tool's models for pages that benchmark_int8 does not measure: PSNR in float and in int8,
// on pages that are drawn here.
//
//     cmake --build --preset release --target benchmark_int8_pages
//     build/release/benchmarks/benchmark_int8_pages [--equalize]
//
// Run it in the repository. Eight pages of 256x256 show which values the maps hold, and the PSNR is that of the mean
// error of twelve others.
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "depix/data/damage.hpp"
#include "depix/data/sources/drawn_page_source.hpp"
#include "depix/data/sources/pair_folder.hpp"
#include "depix/data/sources/super_resolution.hpp"
#include "depix/data/sources/value_range.hpp"
#include "depix/depix.hpp"
#include "depix/image/local_contrast.hpp"
#include "depix/metrics/fidelity.hpp"
#include "depix/models/binarizer.hpp"
#include "depix/quantize.hpp"
#include "depix/quantize/pack.hpp"
#include "depix/restore/restore.hpp"

namespace {

using namespace depix;

constexpr std::size_t calibration_pages = 8, test_pages = 12;
constexpr ValueRange signed_range{-1, 1};

// A page as a network takes it, and what its result is compared with.
struct Pages {
    Damage damage = {};
    std::function<Image(const ImagePair&)> input = [](const ImagePair& pair) { return pair.damaged; };
    std::function<Image(const ImagePair&)> target = [](const ImagePair& pair) { return pair.clean; };
    std::function<Image(Image)> result = [](Image made) { return made; };
};

std::vector<ImagePair> draw(const Damage& damage) {
    const DrawnPageSource source({Font(find_font("Roboto-Regular.ttf"))}, {.shape = {1, 256, 256},
                                                                           .pairs = calibration_pages + test_pages,
                                                                           .page = {.min_margin = 0},
                                                                           .damage = damage,
                                                                           .seed = 2026,
                                                                           .redraw = Redraw::Never});
    std::vector<ImagePair> pairs;
    for (std::size_t i = 0; i < source.size(); ++i) {
        pairs.push_back({Image(source.target_shape()), Image(source.input_shape())});
        source.pair(0, i, pairs.back().damaged.view(), pairs.back().clean.view());
    }
    return pairs;
}

// In dB, of the mean error: an empty page may have none.
template <class Restorer>
double psnr_of_mean(const Restorer& network, const Pages& pages, const std::vector<ImagePair>& pairs) {
    double sum = 0;
    for (std::size_t i = calibration_pages; i < pairs.size(); ++i)
        sum += mean_squared_error(quantized(pages.result(restore(network, pages.input(pairs[i])))),
                                  pages.target(pairs[i]));
    return decibels(sum / test_pages);
}

template <class Network>
void measure(const char* name, const char* weights, const Pages& pages, bool equalizes) {
    const std::vector<ImagePair> pairs = draw(pages.damage);
    Model<Network> model;
    load(model, std::string("examples/") + weights);
    if (equalizes) equalize(model);
    std::vector<Image> calibration;
    for (std::size_t i = 0; i < calibration_pages; ++i) calibration.push_back(pages.input(pairs[i]));
    const Quantized<Network> small = quantize(model, std::span<const Image>(calibration));
    const double in_float = psnr_of_mean(Inference<Network>{model, 1}, pages, pairs);
    const double in_int8 = psnr_of_mean(Inference<Network, Int8<Cpu>>{small, 1}, pages, pairs);
    std::printf("| %s | %zu of %zu | %.2f dB | %.2f dB | %.2f | %.0f KiB | %.0f KiB |\n", name,
                small.layers.size() - static_cast<std::size_t>(small.float_steps()), small.layers.size(), in_float,
                in_int8, in_float - in_int8, static_cast<double>(model.parameters().size_bytes()) / 1024,
                static_cast<double>(pack(small).bytes()) / 1024);
    std::fflush(stdout);
}

Image in_colours(const Image& grey) { return convert_channels(grey, 3); }

}  // namespace

int main(int count, char** arguments) {
    const bool equalizes = count > 1 && std::strcmp(arguments[1], "--equalize") == 0;
    if (count > 2 || (count == 2 && !equalizes)) {
        std::fprintf(stderr, "usage: %s [--equalize]\n", arguments[0]);
        return 2;
    }
    const Pages old_pages{.input = [](const ImagePair& pair) { return local_contrast(pair.damaged); }};
    const Pages blurred{.damage = deblurring_damage(),
                        .input = [](const ImagePair& pair) { return to_range(pair.damaged, signed_range); },
                        .result = [](Image made) { return from_range(made, signed_range); }};
    const Pages small_pages{
        .input =
            [](const ImagePair& pair) {
                const Image low = make_super_resolution_pair(in_colours(pair.clean)).low;
                return to_range(low, low_resolution_range);
            },
        .target = [](const ImagePair& pair) { return make_super_resolution_pair(in_colours(pair.clean)).high; },
        .result = [](Image made) { return from_range(made, high_resolution_range); }};
    try {
        const Pages marked{.damage = watermark_damage({Font(find_font("Roboto-Regular.ttf"))})};
        std::printf(
            "| model | steps in integers | PSNR, float | PSNR, int8 | loss, dB | weights, float | weights, int8 |\n"
            "| --- | --- | --- | --- | --- | --- | --- |\n");
        measure<Binarizer>("binarize", "03_de_gan/binarizer.safetensors", old_pages, equalizes);
        measure<DeGanPyTorchGenerator<8>>("deblur", "03_de_gan/de_gan_pytorch_deblur_8.safetensors", blurred,
                                          equalizes);
        measure<DeGanGenerator<8>>("unwatermark", "03_de_gan/de_gan_unwatermark_8.safetensors", marked, equalizes);
        measure<SRResNet<32, 4>>("enlarge_pages", "04_srgan/srresnet_small_pages.safetensors", small_pages, equalizes);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
