// What there is to learn: the damage to train on, and the damages to measure with.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "depix/data/damage.hpp"
#include "depix/metrics/fidelity.hpp"

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
    image = depix::quantized(std::move(image));  // as a file would hold it
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

struct NamedDamage {
    std::string name;
    depix::Damage damage;
};

/// One kind of damage, with a network of its own.
struct Task {
    std::string name;
    std::function<void(depix::Image&, bool is_grey, depix::Random&)> training_damage;
    std::vector<NamedDamage> test_damages;  // each on its own, at one strength
    bool on_luma;                           // what is measured: the luma, as papers on JPEG do, or all channels
};

inline Task denoise() {
    const auto colour = [](double sigma) { return depix::GaussianNoise{sigma / 255, sigma / 255}; };
    const auto grey = [](double sigma) { return GreyNoise{sigma / 255, sigma / 255}; };
    return {.name = "denoise",
            .training_damage = training_noise,
            .test_damages = {{"colour noise, sigma 15", colour(15)},
                             {"colour noise, sigma 25", colour(25)},
                             {"colour noise, sigma 50", colour(50)},
                             {"one noise on all channels, sigma 15", grey(15)},
                             {"one noise on all channels, sigma 25", grey(25)},
                             {"one noise on all channels, sigma 50", grey(50)},
                             {"salt and pepper, 5 %", depix::SaltAndPepper{0.05, 0.05}},
                             {"clean", [](depix::Image&, depix::Random&) {}}},
            .on_luma = false};
}

inline Task dejpeg() {
    Task task{.name = "dejpeg", .training_damage = training_jpeg, .test_damages = {}, .on_luma = true};
    for (const int quality : {5, 10, 20, 30, 40, 60, 80, 90, 95})
        task.test_damages.push_back({"quality " + std::to_string(quality), depix::JpegArtefacts{quality, quality}});
    task.test_damages.push_back({"clean", [](depix::Image&, depix::Random&) {}});
    return task;
}

/// The PSNR in dB, of what the task measures; equal pictures count as 70 dB, so that a mean over pictures stays finite.
inline double score(const Task& task, const depix::Image& restored, const depix::Image& clean) {
    const double error = task.on_luma ? depix::mean_squared_error(depix::luma(restored), depix::luma(clean))
                                      : depix::mean_squared_error(restored, clean);
    return depix::decibels(std::max(error, 1e-7));
}

}  // namespace example
