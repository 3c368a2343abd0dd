// The weights that ship for pages of text, on pages drawn here.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "../data/roboto.hpp"
#include "depix/data/damage.hpp"
#include "depix/data/sources/drawn_page_source.hpp"
#include "depix/data/sources/pair_folder.hpp"
#include "depix/data/sources/value_range.hpp"
#include "depix/depix.hpp"
#include "depix/metrics/binarization.hpp"
#include "depix/metrics/fidelity.hpp"
#include "depix/models/binarizer.hpp"
#include "depix/restore/binarize_page.hpp"

using namespace depix;

namespace {

template <class Network>
Model<Network> shipped(const std::string& path) {
    Model<Network> model;
    load(model, DEPIX_SOURCE_DIR "/examples/" + path);
    return model;
}

DrawnPageSource drawn_pages(DrawnPageOptions page, Damage damage) {
    return DrawnPageSource({*roboto()}, {.shape = {1, 256, 256},
                                         .pairs = 4,
                                         .page = std::move(page),
                                         .damage = std::move(damage),
                                         .seed = 11,
                                         .redraw = Redraw::Never});
}

ImagePair drawn_pair(const DrawnPageSource& source, std::size_t index) {
    ImagePair both{Image(source.target_shape()), Image(source.input_shape())};
    source.pair(0, index, both.damaged.view(), both.clean.view());
    return both;
}

/// Otsu's, Sauvola's and a network's summed F-measures over pages, which `find_ink` makes black and white.
template <class FindInk>
std::array<double, 3> f_measures(const DrawnPageSource& pages, const FindInk& find_ink) {
    std::array<double, 3> sums{};
    for (std::size_t i = 0; i < pages.size(); ++i) {
        const auto [clean, damaged] = drawn_pair(pages, i);
        sums[0] += score_binarization(binarize(damaged, otsu_threshold(damaged)), clean).f_measure;
        sums[1] += score_binarization(binarize_sauvola(damaged), clean).f_measure;
        sums[2] += score_binarization(find_ink(damaged), clean).f_measure;
    }
    return sums;
}

const DrawnPageOptions old_page{
    .smallest_size = 40, .largest_size = 70, .min_margin = 0, .binary = true, .threshold = 0.7};

}  // namespace

TEST_CASE("the shipped binarizer finds the ink, and leaves clean pages and blank ones alone") {
    DEPIX_NEEDS_ROBOTO();
    const Model<Binarizer> model = shipped<Binarizer>("03_de_gan/binarizer.safetensors");
    const Inference<Binarizer> network{model, 1};
    const auto find_ink = [&](const Image& page) { return binarize(binarize_page(network, page), 0.5); };
    const auto [otsu, sauvola, ours] = f_measures(drawn_pages(old_page, {}), find_ink);
    CHECK(ours > otsu + 16);
    CHECK(ours > sauvola + 16);

    const Image clean = drawn_pair(drawn_pages(old_page, {}), 0).clean;
    CHECK(find_ink(clean).pixels == clean.pixels);
    Image pale = clean;  // grey ink on grey paper
    for (float& value : pale.pixels) value = 0.2f + 0.6f * value;
    CHECK(score_binarization(find_ink(pale), clean).f_measure > 98);
    for (const float paper : {0.3f, 0.8f, 1.0f}) {
        const Image blank = find_ink(Image({1, 64, 80}, paper));
        CHECK(std::all_of(blank.pixels.begin(), blank.pixels.end(), [](float value) { return value == 1; }));
    }

    const Image page = crop(drawn_pair(drawn_pages(old_page, {}), 1).damaged, 0, 0, 96, 96);
    const Image whole = binarize_page(network, page), tiled = binarize_page(network, page, {.size = 64});
    const Image reference = binarize_page(Inference<Binarizer, Reference>{model, 1}, page);
    CHECK(mean_squared_error(whole, tiled) < 1e-8);
    CHECK(mean_squared_error(whole, reference) < 1e-8);
}

TEST_CASE("the shipped DE-GANs clean pages that are drawn here") {
    DEPIX_NEEDS_ROBOTO();
    using Network = DeGanGenerator<8>;
    SUBCASE("they find the ink better than Otsu and Sauvola do") {
        const Inference<Network> network{shipped<Network>("03_de_gan/de_gan_binarize_8.safetensors"), 1};
        const auto [otsu, sauvola, ours] = f_measures(drawn_pages(old_page, {}), [&](const Image& page) {
            const Image grey = network(page);
            return binarize(grey, otsu_threshold(grey));
        });
        CHECK(ours > otsu + 4);
        CHECK(ours > sauvola + 4);
    }
    SUBCASE("they sharpen, and take off watermarks") {
        const auto gain = [&](const DrawnPageSource& source, auto&& restored) {
            double before = 0, after = 0;
            for (std::size_t i = 0; i < source.size(); ++i) {
                const auto [clean, damaged] = drawn_pair(source, i);
                before += mean_squared_error(damaged, clean);
                after += mean_squared_error(restored(damaged), clean);
            }
            return decibels(after) - decibels(before);
        };
        const Inference<Network> unwatermark{shipped<Network>("03_de_gan/de_gan_unwatermark_8.safetensors"), 1};
        CHECK(gain(drawn_pages({}, watermark_damage({*roboto()})), unwatermark) > 2);

        using Sharpener = DeGanPyTorchGenerator<8>;
        const Inference<Sharpener> deblur{shipped<Sharpener>("03_de_gan/de_gan_pytorch_deblur_8.safetensors"), 1};
        const auto sharpened = [&](const Image& page) {
            constexpr ValueRange range{-1, 1};
            return from_range(deblur(to_range(page, range)), range);
        };
        CHECK(gain(drawn_pages({}, deblurring_damage()), sharpened) > 2);
        const PageBlur gaussian{.min_sigma = 2, .max_sigma = 2, .discs = 0, .moved = 0};
        CHECK(gain(drawn_pages({}, gaussian), sharpened) > 4);
    }
}
