#include "evaluation.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "../08_photographs/tasks.hpp"
#include "../median.hpp"
#include "depix/data/pages/degrade_page.hpp"
#include "depix/image/binarize.hpp"
#include "depix/image/fill_holes.hpp"
#include "depix/image/pixelate.hpp"
#include "depix/image/resize.hpp"
#include "depix/metrics/binarization.hpp"

namespace {

using depix::Image;
using depix::Random;
using tool::ClassicalMethod;
using tool::Damaged;
using tool::Evaluation;

// The mean colour of what is not missing, in the holes.
Image with_mean_colour(Image image, const Image& mask) {
    const std::size_t area = mask.shape.area();
    for (std::size_t first = 0; first < image.pixels.size(); first += area) {
        double sum = 0, count = 0;
        for (std::size_t i = 0; i < area; ++i)
            if (!(mask.pixels[i] > 0)) sum += static_cast<double>(image.pixels[first + i]), ++count;
        const auto mean = static_cast<float>(count > 0 ? sum / count : 0);
        for (std::size_t i = 0; i < area; ++i)
            if (mask.pixels[i] > 0) image.pixels[first + i] = mean;
    }
    return image;
}

// Unsharp masking: in + (in - blurred in), the blur a Gaussian.
Image unsharp(const Image& image, double sigma) {
    Image result = example::blurred(image, example::gaussian_kernel(sigma));
    for (std::size_t i = 0; i < result.pixels.size(); ++i)
        result.pixels[i] = std::clamp(2 * image.pixels[i] - result.pixels[i], 0.0f, 1.0f);
    return result;
}

// Smooth where a pixelated picture has blocks: shrunk to a pixel a block, and enlarged again.
Image smoothed_blocks(const Image& image, int window) {
    const auto [channels, height, width] = image.shape;
    const Image small = depix::resize(image, std::max(1, height / window), std::max(1, width / window));
    Image result = depix::resize(small, height, width);
    for (float& value : result.pixels) value = std::clamp(value, 0.0f, 1.0f);
    return result;
}

ClassicalMethod median() {
    return {"median 3x3", [](const Damaged& damaged) { return example::median_of_nine(damaged.picture); }};
}
ClassicalMethod unsharp_masking() {
    return {"unsharp mask", [](const Damaged& damaged) { return unsharp(damaged.picture, 1.5); }};
}
ClassicalMethod otsu() {
    return {"Otsu", [](const Damaged& damaged) {
                return depix::binarize(damaged.picture, depix::otsu_threshold(damaged.picture));
            }};
}
ClassicalMethod sauvola() {
    return {"Sauvola", [](const Damaged& damaged) { return depix::binarize_sauvola(damaged.picture); }};
}
ClassicalMethod resized(const char* name, int scale, depix::Resampling resampling) {
    return {name, [=](const Damaged& damaged) {
                const depix::Shape shape = damaged.picture.shape;
                return depix::resize(damaged.picture, scale * shape.height, scale * shape.width, resampling);
            }};
}

// The damages that a task of the example 08_photographs is measured with.
Evaluation of_task(const example::Task& task, std::string name, std::string title, std::vector<ClassicalMethod> methods,
                   std::vector<std::string> models) {
    Evaluation evaluation{.name = std::move(name),
                          .title = std::move(title),
                          .damages = {},
                          .methods = std::move(methods),
                          .models = std::move(models),
                          .score = {},
                          .scale = task.scale};
    const bool has_holes = task.measured == example::Measured::Holes;
    for (const example::NamedDamage& kind : task.test_damages) {
        const auto draw = [task, kind, has_holes](const Image& clean, bool is_grey, Random& random) {
            Damaged damaged{.picture = {}, .truth = example::fitting(task, clean), .mask = {}};
            Image input = kind.degrade(damaged.truth, is_grey, random);
            if (!has_holes) {
                damaged.picture = std::move(input);
                return damaged;
            }
            damaged.mask = example::mask_of(input);
            damaged.picture = damaged.truth;
            depix::apply_mask(damaged.picture, damaged.mask, 1);
            return damaged;
        };
        evaluation.damages.push_back({kind.name, draw, 0, {}});
    }
    evaluation.score = [task](const Image& restored, const Damaged& damaged) {
        return example::score(task, restored, damaged.truth, damaged.mask);
    };
    return evaluation;
}

std::vector<ClassicalMethod> hole_filling() {
    return {{"smooth filling", [](const Damaged& damaged) { return depix::fill_holes(damaged.picture, damaged.mask); }},
            {"mean colour", [](const Damaged& damaged) { return with_mean_colour(damaged.picture, damaged.mask); }}};
}

Evaluation enlargement(int scale, std::vector<std::string> models) {
    const std::string times = std::to_string(scale);
    return of_task(
        example::enlarge(scale), "enlarge", "enlarged " + times + " times: PSNR of the luma of 16..235 in dB",
        {resized("nearest", scale, depix::Resampling::Nearest), resized("bicubic", scale, depix::Resampling::Bicubic)},
        std::move(models));
}

// Of what choose() knows: which model is right. Above quality 90 dejpeg gains nothing.
void set_right(Evaluation& evaluation, const std::string& model) {
    evaluation.is_choosable = true;
    for (tool::DamageKind& damage : evaluation.damages) {
        if (damage.name.starts_with("quality ")) damage.jpeg_quality = std::stoi(damage.name.substr(8));
        damage.right = damage.name == "clean" || damage.jpeg_quality > 90 ? "" : model;
    }
}

double page_score(const Image& restored, const Damaged& damaged) {
    return depix::decibels(std::max(depix::mean_squared_error(restored, damaged.truth), 1e-7));
}

Evaluation of_pages(const char* name, const char* title, const char* row, const depix::Damage& damage,
                    std::vector<ClassicalMethod> methods, std::vector<std::string> models) {
    const auto draw = [damage](const Image& clean, bool /*is_grey*/, Random& random) {
        Damaged damaged{.picture = clean, .truth = clean, .mask = {}};
        damage(damaged.picture, random);
        damaged.picture = depix::quantized(std::move(damaged.picture));
        return damaged;
    };
    return {.name = name,
            .title = title,
            .damages = {{row, draw, 0, {}}},
            .methods = std::move(methods),
            .models = std::move(models),
            .score = page_score};
}

}  // namespace

std::vector<Evaluation> tool::photograph_evaluations() {
    std::vector<Evaluation> all{
        of_task(example::denoise(), "noise", "noise: PSNR in dB", {median()}, {"denoise"}),
        of_task(example::dejpeg(), "jpeg", "JPEG: PSNR of the luma in dB", {median()}, {"dejpeg", "denoise"}),
        of_task(example::deblur(), "blur", "blur: PSNR in dB", {unsharp_masking()}, {"deblur_photos"}),
        enlargement(2, {"enlarge_photos"}), enlargement(4, {"enlarge_photos"})};
    set_right(all[0], "denoise");
    set_right(all[1], "dejpeg");
    try {
        all.push_back(
            of_task(example::inpaint(), "holes", "holes: PSNR inside them in dB", hole_filling(), {"inpaint"}));
    } catch (const depix::FileError&) {  // without the font that draws text into pictures
    }
    return all;
}

std::vector<Evaluation> tool::page_evaluations() {
    const std::vector<depix::Font> fonts = depix::page_fonts();
    const depix::Damage dirt = depix::AllOf{
        {depix::PaperTexture{}, depix::Stains{}, depix::AllOf{{depix::Folds{}}, 0.5}, depix::UnevenLight{}}};
    std::vector<Evaluation> all{of_pages("dirt", "dirt: PSNR in dB", "paper, stains, folds, uneven light", dirt,
                                         {sauvola()}, {"page_cleaner", "documents_autoencoder"}),
                                of_pages("ink", "old pages: F-measure in %", "faded, stained, other side shows",
                                         depix::binarization_damage(fonts), {otsu(), sauvola()}, {"binarize"}),
                                of_pages("blur", "blur: PSNR in dB", "defocus and motion", depix::deblurring_damage(),
                                         {unsharp_masking()}, {"deblur"}),
                                of_pages("watermark", "watermarks: PSNR in dB", "words across the page",
                                         depix::watermark_damage(fonts), {sauvola()}, {"unwatermark"})};
    all[1].score = [](const Image& restored, const Damaged& damaged) {
        const auto black_and_white = [](const Image& page) { return depix::binarize(page, 0.5); };
        return depix::f_measure(black_and_white(restored), black_and_white(damaged.truth));
    };

    all[0].damages.push_back({"clean", of_pages("", "", "", [](Image&, Random&) {}, {}, {}).damages[0].draw, 0, {}});
    set_right(all[0], "page_cleaner");

    Evaluation enlarged = of_pages("enlarge", "enlarged 4 times: PSNR in dB", "", {}, {}, {"enlarge_pages"});
    const auto shrink = [](const Image& clean, bool /*is_grey*/, Random& /*random*/) {
        auto [low, high] = depix::make_super_resolution_pair(clean, 4);
        return Damaged{.picture = std::move(low), .truth = std::move(high), .mask = {}};
    };
    enlarged.damages = {{"bicubic, 4 times", shrink, 0, {}}};
    enlarged.methods = {resized("nearest", 4, depix::Resampling::Nearest),
                        resized("bicubic", 4, depix::Resampling::Bicubic)};
    enlarged.scale = 4;
    all.push_back(std::move(enlarged));

    for (const int window : {2, 3, 4}) {
        const std::string title = "pixelated by " + std::to_string(window) + ": PSNR in dB";
        all.push_back(of_pages(
            "pixels", title.c_str(), "blocks of the means",
            [window](Image& page, Random&) { page = depix::pixelate(page, window); },
            {{"smoothed", [window](const Damaged& damaged) { return smoothed_blocks(damaged.picture, window); }}},
            {"text_restorer", "depixelizer"}));
        set_right(all.back(), "text_restorer");
    }
    return all;
}
