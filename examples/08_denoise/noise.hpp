// The noise that the denoiser is trained on and measured with.
#pragma once

#include <string>
#include <vector>

#include "depix/data/damage.hpp"
#include "depix/metrics/fidelity.hpp"

namespace example {

/// Gaussian noise, the same on all channels: the noise of a grey picture that is stored as RGB.
struct GreyNoise {
    double min_sigma = 0;
    double max_sigma = 75 / 255.0;

    void operator()(depix::Image& picture, depix::Random& random) const {
        const double sigma = random.uniform(min_sigma, max_sigma);
        const std::size_t area = picture.shape.area();
        for (std::size_t i = 0; i < area; ++i) {
            const double noise = sigma * random.normal();
            for (std::size_t at = i; at < picture.pixels.size(); at += area)
                picture.pixels[at] = depix::detail::clamped(static_cast<double>(picture.pixels[at]) + noise);
        }
    }
};

/// The luma of a picture in all its channels.
inline depix::Image without_colour(const depix::Image& picture) {
    return depix::convert_channels(depix::luma(picture), picture.shape.channels);
}

/// A random damage of random strength: one picture in eight stays clean. A grey picture has mostly the noise of a grey
/// picture.
inline void training_noise(depix::Image& picture, bool is_grey, depix::Random& random) {
    const double kind = random.uniform();
    if (kind < 0.125) return;
    const double colour_noise = is_grey ? 0.25 : 0.50;
    if (kind < colour_noise)
        depix::GaussianNoise{0, 75 / 255.0}(picture, random);
    else if (kind < 0.70)
        GreyNoise{0, 75 / 255.0}(picture, random);
    else if (kind < 0.80)
        depix::PoissonNoise{15, 2000}(picture, random);
    else {
        if (kind > 0.95) depix::GaussianNoise{0, 30 / 255.0}(picture, random);
        depix::SaltAndPepper{0, 0.10}(picture, random);
    }
    picture = depix::quantized(std::move(picture));  // as a file would hold it
}

struct NamedDamage {
    std::string name;
    depix::Damage damage;
};

/// What is measured: each kind on its own, at one strength.
inline std::vector<NamedDamage> test_noise() {
    const auto colour = [](double sigma) { return depix::GaussianNoise{sigma / 255, sigma / 255}; };
    const auto grey = [](double sigma) { return GreyNoise{sigma / 255, sigma / 255}; };
    return {{"colour noise, sigma 15", colour(15)},
            {"colour noise, sigma 25", colour(25)},
            {"colour noise, sigma 50", colour(50)},
            {"one noise on all channels, sigma 15", grey(15)},
            {"one noise on all channels, sigma 25", grey(25)},
            {"one noise on all channels, sigma 50", grey(50)},
            {"salt and pepper, 5 %", depix::SaltAndPepper{0.05, 0.05}},
            {"clean", [](depix::Image&, depix::Random&) {}}};
}

}  // namespace example
