// Damages: their strengths are measured, they must depend on the Random alone, and wrong parameters are errors.
//
// Every draw is seeded, so a test that passes once always passes. Statistics must be within 5 standard deviations of
// what is promised. A correct program misses that for one in 1.7 million seeds.
#include "depix/data/damage.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "depix/metrics/fidelity.hpp"

using namespace depix;

namespace {

struct Moments {
    double mean = 0;
    double variance = 0;
};
template <class Sequence>
Moments moments(const Sequence& values) {
    const auto count = static_cast<double>(values.size());
    Moments result;
    for (const auto value : values) result.mean += static_cast<double>(value) / count;
    for (const auto value : values) {
        const double difference = static_cast<double>(value) - result.mean;
        result.variance += difference * difference / count;
    }
    return result;
}

/// The absolute difference of `measured` and `promised`, in standard deviations of the measurement.
double deviations(double measured, double promised, double deviation) {
    return std::abs(measured - promised) / deviation;
}

Image damaged(Image image, const Damage& damage, std::uint64_t seed = 1) {
    Random random(seed);
    damage(image, random);
    return image;
}

/// A smooth picture with an edge; values 0.1 to 0.9.
Image test_image(Shape shape = {3, 40, 56}) {
    Image image(shape);
    for (int c = 0; c < shape.channels; ++c) {
        for (int y = 0; y < shape.height; ++y) {
            for (int x = 0; x < shape.width; ++x) {
                const double wave = 0.5 + 0.2 * std::sin(0.2 * x + c) + 0.1 * std::cos(0.3 * y);
                image(c, y, x) = static_cast<float>(x > 30 ? wave + 0.1 : wave);
            }
        }
    }
    return image;
}

const std::array<std::pair<const char*, Damage>, 7> all_damages{
    {{"Gaussian", GaussianNoise{}},
     {"Poisson", PoissonNoise{}},
     {"salt and pepper", SaltAndPepper{}},
     {"salt and pepper per channel", SaltAndPepper{0.01, 0.2, SaltAndPepper::Per::Channel}},
     {"JPEG", JpegArtefacts{}},
     {"any", any_noise()},
     {"all", AllOf{{GaussianNoise{}, JpegArtefacts{}}}}}};

std::string message(const Damage& damage) {
    try {
        damaged(test_image(), damage);
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

}  // namespace

TEST_CASE("damages: the same Random, the same damage; the shape stays, values are 0..1") {
    for (const auto& named : all_damages) {
        const std::string name = named.first;
        const Damage& damage = named.second;
        CAPTURE(name);
        const Image clean = test_image();
        for (std::uint64_t seed = 0; seed < 8; ++seed) {
            const Image spoilt = damaged(clean, damage, seed);
            REQUIRE(spoilt.shape == clean.shape);
            CHECK(spoilt == damaged(clean, damage, seed));
            CHECK(spoilt != clean);
            CHECK(spoilt != damaged(clean, damage, seed + 100));
            for (const float value : spoilt.pixels) REQUIRE((value >= 0 && value <= 1));
        }
        const Image grey = damaged(test_image({1, 9, 7}), damage);
        CHECK(grey.shape == Shape{1, 9, 7});
        Image broken = clean;
        broken.pixels[5] = std::numeric_limits<float>::quiet_NaN();
        broken.pixels[6] = -3;
        broken.pixels[7] = std::numeric_limits<float>::infinity();
        if (name.starts_with("salt and pepper") || name == "any") continue;  // it leaves most values as they are
        for (const float value : damaged(broken, damage).pixels) REQUIRE((value >= 0 && value <= 1));
    }
}

TEST_CASE("Gaussian noise: mean and sigma") {
    const double sigma = 25 / 255.0;
    const Image noisy =
        damaged(Image({3, 200, 100}, 0.5f), GaussianNoise{sigma, sigma});  // 0.5 is 5 sigma from a clamp
    const auto [mean, variance] = moments(noisy.pixels);
    const auto count = static_cast<double>(noisy.pixels.size());
    CHECK(deviations(mean, 0.5, sigma / std::sqrt(count)) < 5);
    CHECK(deviations(variance, sigma * sigma, sigma * sigma * std::sqrt(2 / count)) < 5);
    // The channels' noise is independent.
    double covariance = 0;
    const std::size_t area = noisy.shape.area();
    for (std::size_t i = 0; i < area; ++i) {
        covariance += static_cast<double>(noisy.pixels[i] - 0.5f) * static_cast<double>(noisy.pixels[i + area] - 0.5f);
    }
    const auto pixels = static_cast<double>(area);
    CHECK(deviations(covariance / pixels, 0, sigma * sigma / std::sqrt(pixels)) < 5);
}

TEST_CASE("Gaussian noise: sigma is uniform in its range") {
    std::vector<double> sigmas;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        const Image noisy = damaged(Image({1, 50, 50}, 0.5f), GaussianNoise{0.02, 0.08}, seed);
        sigmas.push_back(std::sqrt(moments(noisy.pixels).variance));
    }
    // A uniform distribution has the variance width^2 / 12 and the fourth moment width^4 / 80. Each sigma is measured
    // to 1 / sqrt(2 * 2500) of itself, which adds 1 part in 200 to the variance. This is within the 5 deviations of 1
    // in 9.
    const auto [mean, variance] = moments(sigmas);
    const double expected = 0.06 * 0.06 / 12;
    CHECK(deviations(mean, 0.05, std::sqrt(expected / 400)) < 5);
    CHECK(deviations(variance, expected, expected * std::sqrt((144.0 / 80 - 1) / 400)) < 5);
}

TEST_CASE("Poisson numbers: mean, variance and distribution, exact and approximated") {
    constexpr int count = 200000;
    for (const double mean : {0.3, 3.0, 19.9, 20.0, 60.0, 1000.0}) {
        CAPTURE(mean);
        Random random(3);
        std::vector<int> numbers;
        for (int i = 0; i < count; ++i) numbers.push_back(detail::poisson(mean, random));
        const auto measured = moments(numbers);
        CHECK(deviations(measured.mean, mean, std::sqrt(mean / count)) < 5);
        // The fourth central moment is mean + 3 mean^2.
        CHECK(deviations(measured.variance, mean, std::sqrt((mean + 2 * mean * mean) / count)) < 5);
        for (const double z : {-2.0, -1.0, 0.0, 1.0, 2.0}) {
            const int most = static_cast<int>(mean + z * std::sqrt(mean));
            if (most < 0) continue;
            double promised = 0;
            for (int k = 0; k <= most; ++k) promised += std::exp(k * std::log(mean) - mean - std::lgamma(k + 1.0));
            const auto below = std::count_if(numbers.begin(), numbers.end(), [&](int n) { return n <= most; });
            const double share = static_cast<double>(below) / count;
            const double deviation = std::sqrt(promised * (1 - promised) / count);
            CHECK(std::abs(share - promised) < 5 * deviation + (mean < 20 ? 0 : 0.0005));  // see detail::poisson
        }
    }
    Random random;
    CHECK(detail::poisson(0, random) == 0);
}

TEST_CASE("Poisson noise: the brighter, the noisier") {
    for (const auto& [grey, photons] : {std::pair{0.02f, 100.0}, std::pair{0.5f, 30.0}, std::pair{0.4f, 900.0}}) {
        const Image noisy = damaged(Image({1, 300, 100}, grey), PoissonNoise{photons, photons});
        const auto [mean, variance] = moments(noisy.pixels);
        const double promised = static_cast<double>(grey) / photons, expected = static_cast<double>(grey) * photons;
        CHECK(deviations(mean, static_cast<double>(grey), std::sqrt(promised / 30000)) < 5);
        CHECK(deviations(variance, promised, promised * std::sqrt((2 + 1 / expected) / 30000)) < 5);
        for (const float value : noisy.pixels) {
            const double counted = static_cast<double>(value) * photons;  // whole photons, except for rounding to float
            REQUIRE(std::abs(counted - std::round(counted)) < 1e-4);
        }
    }
    CHECK(damaged(Image({3, 4, 4}), PoissonNoise{}) == Image({3, 4, 4}));  // black has no photons
}

TEST_CASE("salt and pepper: whole pixels, as many black as white") {
    const Image noisy = damaged(Image({3, 200, 200}, 0.5f), SaltAndPepper{0.1, 0.1});
    const std::size_t area = noisy.shape.area();
    double black = 0, white = 0;
    for (std::size_t i = 0; i < area; ++i) {
        const float value = noisy.pixels[i];
        REQUIRE((value == 0 || value == 0.5f || value == 1));
        REQUIRE((value == noisy.pixels[i + area] && value == noisy.pixels[i + 2 * area]));
        black += value == 0 ? 1 : 0;
        white += value == 1 ? 1 : 0;
    }
    const double each = 0.05 * static_cast<double>(area), deviation = std::sqrt(each * 0.95);
    CHECK(deviations(black, each, deviation) < 5);
    CHECK(deviations(white, each, deviation) < 5);
    for (const float value : damaged(test_image(), SaltAndPepper{1, 1}).pixels) CHECK((value == 0 || value == 1));
    CHECK(damaged(test_image(), SaltAndPepper{0, 0}) == test_image());
}

TEST_CASE("salt and pepper per channel: every value on its own") {
    using Per = SaltAndPepper::Per;
    const Image noisy = damaged(Image({3, 200, 200}, 0.5f), SaltAndPepper{0.2, 0.2, Per::Channel});
    const std::size_t area = noisy.shape.area();
    // How often a channel is hit, how often it is white, and how often two channels of a pixel are hit together.
    std::array<double, 3> hit{}, white{}, both{};
    for (std::size_t c = 0; c < 3; ++c) {
        for (std::size_t i = 0; i < area; ++i) {
            const float value = noisy.pixels[c * area + i], other = noisy.pixels[(c + 1) % 3 * area + i];
            REQUIRE((value == 0 || value == 0.5f || value == 1));
            hit[c] += value != 0.5f ? 1 : 0;
            white[c] += value == 1 ? 1 : 0;
            both[c] += value != 0.5f && other != 0.5f ? 1 : 0;
        }
    }
    const auto expect = [area](double count, double chance) {
        const double promised = chance * static_cast<double>(area);
        return deviations(count, promised, std::sqrt(promised * (1 - chance)));
    };
    for (std::size_t c = 0; c < 3; ++c) {
        CAPTURE(c);
        CHECK(expect(hit[c], 0.2) < 5);
        CHECK(expect(white[c], 0.1) < 5);
        CHECK(expect(both[c], 0.2 * 0.2) < 5);
    }
    for (const float value : damaged(test_image(), SaltAndPepper{1, 1, Per::Channel}).pixels)
        CHECK((value == 0 || value == 1));
    CHECK(damaged(test_image(), SaltAndPepper{0, 0, Per::Channel}) == test_image());
    const Image grey = test_image({1, 30, 40});
    CHECK(damaged(grey, SaltAndPepper{0.2, 0.2, Per::Channel}) == damaged(grey, SaltAndPepper{0.2, 0.2}));
}

TEST_CASE("salt and pepper per pixel is the default, and its draws are those of depix's shipped weights") {
    CHECK(SaltAndPepper{}.per == SaltAndPepper::Per::Pixel);
    const Image noisy = damaged(Image({3, 4, 4}, 0.5f), SaltAndPepper{0.5, 0.5}, 7);
    std::string drawn;
    for (std::size_t i = 0; i < 16; ++i) drawn += noisy.pixels[i] == 0.5f ? '.' : noisy.pixels[i] == 0 ? '0' : '1';
    CHECK(drawn == "0.1.1.1.000.0100");
}

TEST_CASE("JPEG: the lower the quality, the worse; bytes") {
    const Image clean = test_image();
    double before = 0;
    for (const int quality : {5, 20, 60, 95}) {
        const Image spoilt = damaged(clean, JpegArtefacts{quality, quality});
        const double decibels = peak_signal_to_noise_ratio(spoilt, clean);
        CHECK(decibels > before);
        before = decibels;
        CHECK(spoilt == quantized(spoilt));
    }
    CHECK(before > 40);
    const Image grey = damaged(test_image({1, 16, 16}), JpegArtefacts{});
    CHECK(grey == quantized(grey));
    CHECK_THROWS_AS(damaged(Image({4, 8, 8}), JpegArtefacts{}), ShapeError);
}

TEST_CASE("OneOf and AllOf") {
    // Each of three damages marks a pixel of its own.
    const auto mark = [](std::size_t i) { return [i](Image& image, Random&) { image.pixels[i] += 1; }; };
    const OneOf one{{mark(0), mark(1), mark(2)}};
    const AllOf all{{mark(0), mark(1), mark(2)}}, some{{mark(0), mark(1), mark(2)}, 0.25};
    Image ones({1, 1, 3}), alls({1, 1, 3}), somes({1, 1, 3});
    Random random(9);
    for (int i = 0; i < 3000; ++i) {
        one(ones, random);
        all(alls, random);
        some(somes, random);
    }
    CHECK(alls == Image({1, 1, 3}, 3000.0f));
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(deviations(static_cast<double>(ones.pixels[i]), 1000, std::sqrt(3000 * 2.0 / 9)) < 5);
        CHECK(deviations(static_cast<double>(somes.pixels[i]), 750, std::sqrt(3000 * 0.25 * 0.75)) < 5);
    }
    CHECK(damaged(test_image(), AllOf{}) == test_image());
    CHECK(damaged(test_image(), AllOf{{GaussianNoise{}, JpegArtefacts{}}, 0}) == test_image());
}

TEST_CASE("damages: wrong parameters are named") {
    CHECK(message(GaussianNoise{5, 50}) == "GaussianNoise: sigma from 5 to 50 is no range within 0 to 1");
    CHECK(message(GaussianNoise{0.2, 0.1}) == "GaussianNoise: sigma from 0.2 to 0.1 is no range within 0 to 1");
    CHECK(message(GaussianNoise{0, std::nan("")}).starts_with("GaussianNoise: sigma from 0 to nan"));
    CHECK(message(PoissonNoise{0, 10}).starts_with("PoissonNoise: the number of photons from 0 to 10"));
    CHECK(message(SaltAndPepper{0.1, 1.1}).starts_with("SaltAndPepper: the fraction from 0.1 to 1.1"));
    CHECK(message(JpegArtefacts{0, 50}) == "JpegArtefacts: the quality from 0 to 50 is no range within 1 to 100");
    CHECK(message(JpegArtefacts{60, 50}).starts_with("JpegArtefacts: the quality from 60 to 50"));
    CHECK(message(OneOf{}) == "OneOf: no damage given");
    CHECK(message(AllOf{{}, 2}).starts_with("AllOf: the probability from 2"));
}
