// Damage: noise and compression, as small structs that degrade a picture, and how to combine them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <sstream>
#include <vector>

#include "depix/error.hpp"
#include "depix/image/resize.hpp"
#include "depix/io/image.hpp"
#include "depix/random.hpp"
#include "depix/tensor.hpp"

// A damage degrades a picture in place and keeps its shape. Its result depends only on the picture and the Random, so
// many threads can use one damage. Its strength is drawn anew for every picture. Values that it changes are clamped to
// 0..1. They are not rounded to 8 bits, unless a codec does that. With wrong parameters a struct throws an Error, which
// names it, when it is used.
namespace depix {

/// Anything that degrades a picture: a struct below, Inpainting (masks.hpp), or the user's own lambda.
using Damage = std::function<void(Image& image, Random& random)>;

namespace detail {

/// NaN becomes 0.
inline float clamped(double value) { return value > 0 ? static_cast<float>((std::min)(value, 1.0)) : 0.0f; }

/// Throws Error unless low <= least <= most <= high.
inline void check_range(const char* who, const char* what, double least, double most, double low, double high) {
    if (low <= least && least <= most && most <= high) return;
    std::ostringstream text;
    text << who << ": " << what << " from " << least << " to " << most << " is no range within " << low << " to "
         << high;
    throw Error(text.str());
}

/// Returns one element; all are equally likely.
template <class Sequence>
const typename Sequence::value_type& pick(const Sequence& sequence, Random& random) {
    return sequence[static_cast<std::size_t>(random.integer(0, static_cast<int>(sequence.size()) - 1))];
}

/// A random count from the Poisson distribution with this mean.
///
/// Below a mean of 20 it is exact, by inversion. From there on the normal deviate z is corrected by the first term of
/// Cornish and Fisher's expansion, mean + s z + (z^2 - 1) / 6, and rounded. With s^2 = mean - 5/36, mean and variance
/// are exact, the skewness is exact to first order, and the error of the distribution function is less than 0.0005.
inline int poisson(double mean, Random& random) {
    if (!(mean > 0)) return 0;
    if (mean < 20) {
        const double chance = random.uniform();
        double probability = std::exp(-mean), sum = probability;
        int count = 0;
        while (chance >= sum && count < 200) sum += probability *= mean / ++count;  // beyond 200: rounding errors
        return count;
    }
    const double z = random.normal();
    return static_cast<int>((std::max)(std::lround(mean + std::sqrt(mean - 5.0 / 36) * z + (z * z - 1) / 6), 0L));
}

}  // namespace detail

/// Gaussian noise: out = in + sigma z, before clamping; z is standard normal and drawn independently for every pixel
/// and channel. sigma is uniform in a range, on the scale 0..1; 25/255.0 is what papers call "sigma 25".
struct GaussianNoise {
    double min_sigma = 5 / 255.0;
    double max_sigma = 50 / 255.0;  ///< Included; at most 1.

    void operator()(Image& image, Random& random) const {
        detail::check_range("GaussianNoise", "sigma", min_sigma, max_sigma, 0, 1);
        const double sigma = random.uniform(min_sigma, max_sigma);
        for (float& value : image.pixels) {
            value = detail::clamped(static_cast<double>(value) + sigma * random.normal());
        }
    }
};

/// Photon noise: out = Poisson(in N) / N, drawn independently for every pixel and channel, with N photons at white. The
/// standard deviation is sqrt(in / N). log N is uniform in a range: by default white has a sigma of 51/255 to 8/255.
struct PoissonNoise {
    double min_photons = 25;
    double max_photons = 1000;  ///< Included; both between 0.001 and 1e8.

    void operator()(Image& image, Random& random) const {
        detail::check_range("PoissonNoise", "the number of photons", min_photons, max_photons, 0.001, 1e8);
        const double photons = min_photons * std::pow(max_photons / min_photons, random.uniform());
        for (float& value : image.pixels) {
            const double mean = photons * static_cast<double>(detail::clamped(static_cast<double>(value)));
            value = detail::clamped(detail::poisson(mean, random) / photons);
        }
    }
};

/// Salt and pepper: with a probability that is uniform in a range, a pixel's value becomes 0 or 1, half of them each.
///
/// Per::Pixel draws once a pixel and makes it black or white in all channels, as a sensor's faulty pixel does. It is
/// the default, because depix's own denoisers were trained on it. Per::Channel draws for every value of its own, so
/// most spoilt pixels get a wrong colour: scikit-image's random_noise(mode="s&p", amount=fraction). A grey picture's
/// noise has the same distribution either way.
struct SaltAndPepper {
    enum class Per { Pixel, Channel };

    double min_fraction = 0.01;
    double max_fraction = 0.2;  ///< Included; at most 1.
    Per per = Per::Pixel;

    void operator()(Image& image, Random& random) const {
        detail::check_range("SaltAndPepper", "the fraction", min_fraction, max_fraction, 0, 1);
        const double fraction = random.uniform(min_fraction, max_fraction);
        const std::size_t drawn = per == Per::Channel ? image.pixels.size() : image.shape.area();
        for (std::size_t i = 0; i < drawn; ++i) {
            const double chance = random.uniform();
            if (chance >= fraction) continue;
            const float value = chance < fraction / 2 ? 0.0f : 1.0f;
            for (std::size_t at = i; at < image.pixels.size(); at += drawn) image.pixels[at] = value;
        }
    }
};

/// JPEG compression: the picture is encoded at a quality (1 to 100, as stb and libjpeg count it) that is uniform in a
/// range, and decoded. Up to quality 90, colours have half the resolution. Values are multiples of 1/255. Throws
/// ShapeError unless the picture has 1 or 3 channels.
struct JpegArtefacts {
    int worst_quality = 10;
    int best_quality = 60;  ///< Included.

    void operator()(Image& image, Random& random) const {
        detail::check_range("JpegArtefacts", "the quality", worst_quality, best_quality, 1, 100);
        const int quality = random.integer(worst_quality, best_quality);
        image = quantized(decode_image(encode_image(image, ImageFormat::JPEG, quality), image.shape.channels));
    }
};

/// One of several damages, all equally likely.
struct OneOf {
    std::vector<Damage> damages{};

    void operator()(Image& image, Random& random) const {
        if (damages.empty()) throw Error("OneOf: no damage given");
        detail::pick(damages, random)(image, random);
    }
};

/// Several damages, one after the other, each with the same probability.
///
///     AllOf{{GaussianNoise{}, AllOf{{JpegArtefacts{}}, 0.5}}}     always noise, and half of the pictures compressed
struct AllOf {
    std::vector<Damage> damages{};
    double probability = 1;

    void operator()(Image& image, Random& random) const {
        detail::check_range("AllOf", "the probability", probability, probability, 0, 1);
        for (const Damage& damage : damages) {
            if (random.uniform() < probability) damage(image, random);
        }
    }
};

/// Gaussian noise, photon noise, salt and pepper or JPEG's artefacts, equally likely, at a random strength.
inline Damage any_noise() { return OneOf{{GaussianNoise{}, PoissonNoise{}, SaltAndPepper{}, JpegArtefacts{}}}; }

}  // namespace depix
