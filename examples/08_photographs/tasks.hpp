// What there is to learn: the damage to train on, and the damages to measure with.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "blur.hpp"
#include "depix/data/damage.hpp"
#include "depix/data/masks.hpp"
#include "depix/data/sources/super_resolution.hpp"
#include "depix/metrics/fidelity.hpp"
#include "depix/restore/inpaint.hpp"

namespace example {

/// Gaussian noise, the same on all channels: the noise of a grey picture that is stored as RGB.
struct GreyNoise {
    double min_sigma = 0;
    double max_sigma = 75 / 255.0;

    void operator()(depix::Image& image, depix::Random& random) const {
        const double sigma = random.uniform(min_sigma, max_sigma);
        const std::size_t area = image.shape.area();
        for (std::size_t i = 0; i < area; ++i) {
            const double noise = sigma * random.normal();
            for (std::size_t at = i; at < image.pixels.size(); at += area)
                image.pixels[at] = depix::detail::clamped(static_cast<double>(image.pixels[at]) + noise);
        }
    }
};

/// The luma of a picture in all its channels.
inline depix::Image without_colour(const depix::Image& image) {
    return depix::convert_channels(depix::luma(image), image.shape.channels);
}

/// Noise of random kind and strength: one picture in eight stays clean. A grey picture has mostly the noise of a grey
/// picture.
inline void training_noise(depix::Image& image, bool is_grey, depix::Random& random) {
    const double kind = random.uniform();
    if (kind < 0.125) return;
    const double colour_noise = is_grey ? 0.25 : 0.50;
    if (kind < colour_noise)
        depix::GaussianNoise{0, 75 / 255.0}(image, random);
    else if (kind < 0.70)
        GreyNoise{0, 75 / 255.0}(image, random);
    else if (kind < 0.80)
        depix::PoissonNoise{15, 2000}(image, random);
    else {
        if (kind > 0.95) depix::GaussianNoise{0, 30 / 255.0}(image, random);
        depix::SaltAndPepper{0, 0.10}(image, random);
    }
}

/// JPEG of random quality. High qualities come often: there is little to mend there, and much to spoil.
inline void training_jpeg(depix::Image& image, bool /*is_grey*/, depix::Random& random) {
    const double kind = random.uniform();
    if (kind < 0.10) return;
    if (kind < 0.50)
        depix::JpegArtefacts{5, 60}(image, random);
    else
        depix::JpegArtefacts{60, 98}(image, random);
}

/// Small discs, as dust leaves on a scan.
struct DustMask {
    int max_count = 60;
    double max_radius = 2.5;  // pixels

    void operator()(depix::Image& mask, depix::Random& random) const {
        for (int count = random.integer(1, max_count); count > 0; --count) {
            const double x = random.uniform(0, mask.shape.width), y = random.uniform(0, mask.shape.height);
            depix::detail::mark_stroke(mask, x, y, x, y, random.uniform(0.5, max_radius));
        }
    }
};

/// Roboto, from Debian's fonts-roboto-unhinted. Throws FileError if it is missing.
inline std::vector<depix::Font> mask_fonts() { return {depix::Font(depix::find_font("Roboto-Regular.ttf"))}; }

/// A network's input for a clean picture.
using Degrade = std::function<depix::Image(const depix::Image& clean, bool is_grey, depix::Random&)>;

/// The damaged picture is the input.
template <class Damage>
Degrade damaged_by(Damage damage) {
    return [damage](depix::Image image, bool is_grey, depix::Random& random) {
        if constexpr (std::invocable<Damage, depix::Image&, bool, depix::Random&>)
            damage(image, is_grey, random);
        else
            damage(image, random);
        return depix::quantized(std::move(image));  // as a file would hold it
    };
}

/// The input of an inpainting network, with holes that the damage draws into a mask.
inline Degrade with_holes(depix::Damage draw) {
    return [draw](const depix::Image& image, bool /*is_grey*/, depix::Random& random) {
        depix::Image mask({1, image.shape.height, image.shape.width});
        draw(mask, random);
        return depix::inpainting_input(image, mask);
    };
}

struct NamedDamage {
    std::string name;
    Degrade degrade;
};

/// What a network restores, and so what is measured.
enum class Measured {
    Everything,  // all channels of all pixels
    Luma,        // as papers on JPEG do
    Holes,       // the pixels that are missing
    Enlarged     // the luma of 16..235 without a border of `scale` pixels, as papers on super-resolution do
};

/// One kind of damage, with a network of its own.
struct Task {
    std::string name;
    Degrade training_damage;
    std::vector<NamedDamage> test_damages;  // each on its own, at one strength
    Measured measured = Measured::Everything;
    int scale = 1;  // how many times as high and wide the result is
    int input_channels = 3;
};

inline Task denoise() {
    const auto colour = [](double sigma) { return damaged_by(depix::GaussianNoise{sigma / 255, sigma / 255}); };
    const auto grey = [](double sigma) { return damaged_by(GreyNoise{sigma / 255, sigma / 255}); };
    return {.name = "denoise",
            .training_damage = damaged_by(training_noise),
            .test_damages = {{"colour noise, sigma 15", colour(15)},
                             {"colour noise, sigma 25", colour(25)},
                             {"colour noise, sigma 50", colour(50)},
                             {"one noise on all channels, sigma 15", grey(15)},
                             {"one noise on all channels, sigma 25", grey(25)},
                             {"one noise on all channels, sigma 50", grey(50)},
                             {"salt and pepper, 5 %", damaged_by(depix::SaltAndPepper{0.05, 0.05})},
                             {"clean", damaged_by([](depix::Image&, depix::Random&) {})}}};
}

inline Task dejpeg() {
    Task task{
        .name = "dejpeg", .training_damage = damaged_by(training_jpeg), .test_damages = {}, .measured = Measured::Luma};
    for (const int quality : {5, 10, 20, 30, 40, 60, 80, 90, 95})
        task.test_damages.push_back(
            {"quality " + std::to_string(quality), damaged_by(depix::JpegArtefacts{quality, quality})});
    task.test_damages.push_back({"clean", damaged_by([](depix::Image&, depix::Random&) {})});
    return task;
}

inline Task inpaint() {
    const depix::TextMask text{.fonts = mask_fonts()};
    const depix::StrokeMask scratches{
        .max_count = 8, .min_vertices = 1, .max_vertices = 4, .min_width = 0.005, .max_width = 0.03};
    const depix::OneOf holes{{depix::RectangleMask{}, depix::RectangleMask{.max_count = 2, .max_side = 0.5},
                              depix::StrokeMask{}, depix::StrokeMask{.min_width = 0.02, .max_width = 0.06}, text,
                              scratches, DustMask{}}};
    return {.name = "inpaint",
            .training_damage = with_holes(holes),
            .test_damages = {{"rectangles", with_holes(depix::RectangleMask{})},
                             {"strokes", with_holes(depix::StrokeMask{})},
                             {"text", with_holes(text)},
                             {"scratches", with_holes(scratches)},
                             {"dust", with_holes(DustMask{})}},
            .measured = Measured::Holes,
            .input_channels = 4};
}

/// The input is the picture shrunk by antialiased bicubic interpolation, as MATLAB and PIL do it.
inline Task enlarge(int scale) {
    const auto shrunk = [scale](const depix::Image& image, bool /*is_grey*/, depix::Random& /*random*/) {
        return depix::make_super_resolution_pair(image, scale).low;
    };
    const std::string name = "enlarge_" + std::to_string(scale);
    return {.name = name,
            .training_damage = shrunk,
            .test_damages = {{"bicubic, " + std::to_string(scale) + " times", shrunk}},
            .measured = Measured::Enlarged,
            .scale = scale};
}

/// Blur by a Gaussian or by a straight motion, with a little noise, as all cameras have.
inline Task deblur() {
    constexpr double noise = 1 / 255.0;
    const auto gaussian = [](double sigma) { return damaged_by(GaussianBlur{sigma, sigma, noise, noise}); };
    const auto motion = [](double length) { return damaged_by(MotionBlur{length, length, noise, noise}); };
    return {.name = "deblur",
            .training_damage = damaged_by(training_blur),
            .test_damages = {{"Gaussian, sigma 1", gaussian(1)},
                             {"Gaussian, sigma 1.5", gaussian(1.5)},
                             {"Gaussian, sigma 2", gaussian(2)},
                             {"motion, 3 pixels", motion(3)},
                             {"motion, 5 pixels", motion(5)},
                             {"clean", damaged_by([](depix::Image&, depix::Random&) {})}}};
}

/// The names of all tasks, and a task by its name.
inline const std::vector<std::string> task_names{"denoise", "dejpeg", "inpaint", "enlarge_2", "enlarge_4", "deblur"};
inline Task task_called(const std::string& name) {
    if (name == "dejpeg") return dejpeg();
    if (name == "inpaint") return inpaint();
    if (name == "enlarge_2") return enlarge(2);
    if (name == "enlarge_4") return enlarge(4);
    return name == "deblur" ? deblur() : denoise();
}

/// The upper left part whose sides are multiples of the task's scale.
inline depix::Image fitting(const Task& task, const depix::Image& image) {
    const int height = image.shape.height, width = image.shape.width;
    return depix::crop(image, 0, 0, height - height % task.scale, width - width % task.scale);
}

/// The picture that a network's input shows, in the size of the result (bicubic), without the mask of an inpainting
/// network.
inline depix::Image picture_of(const Task& task, const depix::Image& input) {
    depix::Image picture({3, input.shape.height, input.shape.width});
    std::copy_n(input.pixels.begin(), picture.pixels.size(), picture.pixels.begin());
    if (task.scale == 1) return picture;
    return depix::quantized(
        depix::resize(picture, task.scale * picture.shape.height, task.scale * picture.shape.width));
}

/// The mask in an inpainting network's input; without pixels for the other tasks.
inline depix::Image mask_of(const depix::Image& input) {
    if (input.shape.channels != 4) return {};
    depix::Image mask({1, input.shape.height, input.shape.width});
    std::copy_n(&input(3, 0, 0), mask.pixels.size(), mask.pixels.begin());
    return mask;
}

/// The PSNR in dB, of what the task measures. The mask says which pixels are missing, for Measured::Holes. Equal
/// pictures count as 70 dB, so that a mean over pictures stays finite.
inline double score(const Task& task, const depix::Image& restored, const depix::Image& clean,
                    const depix::Image& mask) {
    const auto decibels = [](double error) { return depix::decibels(std::max(error, 1e-7)); };
    if (task.measured == Measured::Luma)
        return decibels(depix::mean_squared_error(depix::luma(restored), depix::luma(clean)));
    if (task.measured == Measured::Enlarged) {
        const auto inner = [&](const depix::Image& image) {
            const int border = task.scale, height = image.shape.height, width = image.shape.width;
            return depix::crop(depix::luma(image, depix::Luma::Studio), border, border, height - 2 * border,
                               width - 2 * border);
        };
        return decibels(depix::mean_squared_error(inner(restored), inner(clean)));
    }
    if (task.measured == Measured::Everything) return decibels(depix::mean_squared_error(restored, clean));
    const std::size_t area = clean.shape.area();
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t i = 0; i < clean.pixels.size(); ++i) {
        if (!(mask.pixels[i % area] > 0)) continue;
        const double error = static_cast<double>(restored.pixels[i]) - static_cast<double>(clean.pixels[i]);
        sum += error * error;
        ++count;
    }
    return decibels(count > 0 ? sum / static_cast<double>(count) : 0);
}

}  // namespace example
