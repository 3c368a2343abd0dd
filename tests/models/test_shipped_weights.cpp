// The weights that ship with the examples, on the pictures that ship with them and on pictures drawn here. Those for
// pages are in test_shipped_pages.cpp.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "../../examples/08_photographs/blur.hpp"
#include "../data/roboto.hpp"
#include "depix/data/damage.hpp"
#include "depix/data/masks.hpp"
#include "depix/data/pages/clean_pages.hpp"
#include "depix/data/sources/pair_folder.hpp"
#include "depix/data/sources/super_resolution.hpp"
#include "depix/depix.hpp"
#include "depix/image/resize.hpp"
#include "depix/metrics/fidelity.hpp"
#include "depix/models/enlarger.hpp"
#include "depix/models/inpainter.hpp"
#include "depix/quantize/inference.hpp"
#include "depix/restore/inpaint.hpp"

using namespace depix;

namespace {

const std::string examples = std::string(DEPIX_SOURCE_DIR) + "/examples/";

template <class Network>
Model<Network> shipped(const std::string& path) {
    Model<Network> model;
    load(model, examples + path);
    return model;
}

/// A page of text, black on white.
Image written_page() {
    Image ink({1, 120, 160});
    Random random(5);
    TextMask{.fonts = {*roboto()}, .min_lines = 12, .max_lines = 12, .min_size = 0.13, .max_size = 0.13}(ink, random);
    for (float& value : ink.pixels) value = 1 - value;
    return ink;
}

/// A coffee stain and uneven light: the page is multiplied by what the paper reflects.
Image stained(Image page) {
    for (int y = 0; y < page.shape.height; ++y)
        for (int x = 0; x < page.shape.width; ++x) {
            const double ring = std::hypot(y - 60, x - 70) - 40;
            const double paper = 0.85 + 0.05 * std::sin(0.05 * x + 0.03 * y) - 0.25 * std::exp(-ring * ring / 18);
            page(0, y, x) *= static_cast<float>(paper);
        }
    return page;
}

/// A picture with colours, edges and shades, as photographs have.
Image scene() {
    Image image({3, 96, 128});
    for (int y = 0; y < 96; ++y)
        for (int x = 0; x < 128; ++x) {
            const bool ball = std::hypot(y - 50, x - 64)<28, ground = y> 70;
            const double shade = 0.5 + 0.4 * std::sin(0.04 * x) * std::cos(0.05 * y);
            image(0, y, x) = static_cast<float>(ball ? 0.8 * shade : ground ? 0.35 : 0.45);
            image(1, y, x) = static_cast<float>(ball ? 0.3 * shade : ground ? 0.40 : 0.60);
            image(2, y, x) = static_cast<float>(ball ? 0.2 : ground ? 0.25 : 0.80 - 0.2 * y / 96.0);
        }
    return image;
}

}  // namespace

TEST_CASE("the shipped depixelizer brings the sample pictures closer to the clean ones, on both backends") {
    const std::string example = std::string(DEPIX_SOURCE_DIR) + "/examples/01_depixelizer";
    Model<Depixelizer> model;
    load(model, example + "/depixelizer.safetensors");
    const Inference<Depixelizer, Cpu> fast{model, 1};
    const Inference<Depixelizer, Reference> plain{model};

    const PairFolder samples(example + "/samples", {.channels = 3});
    REQUIRE(samples.size() == 6);
    double before = 0, after = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const auto [clean, damaged] = samples.read(i);
        const Image restored = fast(damaged);
        before += mean_squared_error(damaged, clean) / 6;
        after += mean_squared_error(restored, clean) / 6;
        // These are sums of at most 600 products of numbers below 10, so the error is a few hundred units of 2^-24 at
        // most.
        CHECK(root_mean_squared_error(restored, plain(damaged)) < 1e-5);
    }
    CHECK(decibels(after) > decibels(before) + 1);
}

TEST_CASE("the shipped text restorer is far better than the depixelizer on the same pictures") {
    const Inference<Depixelizer> published{shipped<Depixelizer>("01_depixelizer/depixelizer.safetensors"), 1};
    const Inference<TextRestorer> own{shipped<TextRestorer>("01_depixelizer/text_restorer.safetensors"), 1};
    const PairFolder samples(examples + "01_depixelizer/samples", {.channels = 3});
    double theirs = 0, ours = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const auto [clean, damaged] = samples.read(i);
        theirs += mean_squared_error(published(damaged), clean) / 6;
        ours += mean_squared_error(own(damaged), clean) / 6;
    }
    CHECK(decibels(ours) > decibels(theirs) + 2);
}

TEST_CASE("in 8-bit integers the shipped networks for text lose at most 0.3 dB on the sample pictures") {
    const PairFolder samples(examples + "01_depixelizer/samples", {.channels = 3});
    std::vector<Image> pictures;
    for (std::size_t i = 0; i < samples.size(); ++i) pictures.push_back(samples.read(i).damaged);
    const auto loss = [&]<class Network>(const Model<Network>& model) {
        // Half of the pictures are for calibration.
        const Quantized<Network> small = quantize<Reference>(model, std::span<const Image>(pictures).first(3));
        INFO(small.report());
        CHECK(small.float_steps() == 0);
        const Inference<Network> numbers{model, 1};
        const Inference<Network, Int8<Reference>> integers{small};
        double before = 0, after = 0;
        for (std::size_t i = 0; i < samples.size(); ++i) {
            const auto [clean, damaged] = samples.read(i);
            before += mean_squared_error(numbers(damaged), clean) / 6;
            after += mean_squared_error(integers(damaged), clean) / 6;
        }
        return decibels(before) - decibels(after);
    };
    CHECK(loss(shipped<Depixelizer>("01_depixelizer/depixelizer.safetensors")) < 0.3);
    CHECK(loss(shipped<TextRestorer>("01_depixelizer/text_restorer.safetensors")) < 0.3);
}

TEST_CASE("the shipped document networks take off a stain that they have not seen") {
    DEPIX_NEEDS_ROBOTO();
    const Image clean = written_page(), dirty = stained(clean);
    const Inference<DocumentsAutoencoder> published{
        shipped<DocumentsAutoencoder>("05_documents/documents_autoencoder.safetensors"), 1};
    const Inference<PageCleaner> own{shipped<PageCleaner>("05_documents/page_cleaner.safetensors"), 1};
    const double before = root_mean_squared_error(dirty, clean);
    CHECK(root_mean_squared_error(restore(published, dirty), clean) < before / 2);
    CHECK(root_mean_squared_error(restore(own, dirty), clean) < before / 2);
}

TEST_CASE("the shipped denoiser takes off noise, and leaves a clean picture alone") {
    const Inference<Denoiser> denoise{shipped<Denoiser>("08_photographs/denoiser.safetensors"), 1};
    const Image clean = scene();
    CHECK(peak_signal_to_noise_ratio(restore(denoise, clean), clean) >
          40);  // its edges are harder than any photograph's
    Random random(3);
    Image noisy = clean;
    GaussianNoise{25 / 255.0, 25 / 255.0}(noisy, random);
    CHECK(peak_signal_to_noise_ratio(restore(denoise, noisy), clean) > peak_signal_to_noise_ratio(noisy, clean) + 10);
    const Image white({3, 90, 90}, 1.0f), grey({3, 90, 90}, 0.5f);
    CHECK(peak_signal_to_noise_ratio(restore(denoise, white), white) > 45);
    for (const float value : restore(denoise, grey).pixels) CHECK(value == doctest::Approx(0.5).epsilon(8 / 128.0));
}

TEST_CASE("the shipped dejpeg takes off what JPEG left, and leaves a clean picture alone") {
    const Inference<Denoiser> dejpeg{shipped<Denoiser>("08_photographs/dejpeg.safetensors"), 1};
    const Image clean = scene();
    CHECK(peak_signal_to_noise_ratio(restore(dejpeg, clean), clean) > 40);  // as above
    for (const int quality : {10, 20, 40}) {
        CAPTURE(quality);
        Image blocky = clean;
        Random random(3);
        JpegArtefacts{quality, quality}(blocky, random);
        CHECK(peak_signal_to_noise_ratio(restore(dejpeg, blocky), clean) >
              peak_signal_to_noise_ratio(blocky, clean) + 1);
    }
}

TEST_CASE("the shipped deblurrer sharpens, and leaves a clean picture alone") {
    const Inference<Denoiser> deblur{shipped<Denoiser>("08_photographs/deblur_photos.safetensors"), 1};
    const Image clean = scene(), soft = quantized(example::blurred(clean, example::gaussian_kernel(1.5)));
    CHECK(peak_signal_to_noise_ratio(restore(deblur, clean), clean) > 36);
    CHECK(peak_signal_to_noise_ratio(restore(deblur, soft), clean) > peak_signal_to_noise_ratio(soft, clean) + 0.5);
}

TEST_CASE("the shipped inpainter continues an edge through a stroke, and changes nothing beside it") {
    const Inference<Inpainter> network{shipped<Inpainter>("08_photographs/inpaint.safetensors"), 1};
    const Image clean = scene();
    Image mask({1, 96, 128});
    for (int y = 0; y < 96; ++y)
        for (int x = 60; x < 66; ++x) mask(0, y, x) = 1;
    const Image smooth = fill_holes(clean, mask), whole = inpaint(network, clean, mask);
    for (std::size_t i = 0; i < clean.pixels.size(); ++i)
        if (mask.pixels[i % mask.pixels.size()] == 0) REQUIRE(whole.pixels[i] == clean.pixels[i]);
    CHECK(peak_signal_to_noise_ratio(whole, clean) > peak_signal_to_noise_ratio(smooth, clean));
}

TEST_CASE("the shipped enlarger draws edges sharper than bicubic interpolation does") {
    const Inference<Enlarger<4>> network{shipped<Enlarger<4>>("08_photographs/enlarge_photos.safetensors"), 1};
    const Image clean = scene(), low = resize(clean, 24, 32);
    CHECK(peak_signal_to_noise_ratio(restore(network, low), clean) >
          peak_signal_to_noise_ratio(resize(low, 96, 128), clean) + 0.5);
}

TEST_CASE("the shipped SRResNet enlarges text better than bicubic") {
    DEPIX_NEEDS_ROBOTO();
    using Network = SRResNet<32, 4>;
    const Inference<Network> network{shipped<Network>("04_srgan/srresnet_small_pages.safetensors"), 1};
    Random random(2);
    const Image grey = draw_page(
        random, {*roboto()},
        {.height = 192, .width = 256, .smallest_size = 32, .largest_size = 32, .handwritten = 0, .min_margin = 0});
    Image page({3, 192, 256});
    for (int c = 0; c < 3; ++c) std::copy(grey.pixels.begin(), grey.pixels.end(), &page(c, 0, 0));
    const auto [low, high] = make_super_resolution_pair(page);
    const Image made = from_range(network(to_range(low, low_resolution_range)), high_resolution_range);
    const Image bicubic = resize(low, high.shape.height, high.shape.width);
    CHECK(peak_signal_to_noise_ratio(made, high) > peak_signal_to_noise_ratio(bicubic, high) + 3);
}
