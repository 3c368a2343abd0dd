// The U-Net's noise, as its command line takes it.
#include "../../examples/06_unet/noise.hpp"

#include <doctest/doctest.h>

#include <string>

#include "../../examples/06_unet/commands.hpp"

using namespace depix;
using Per = SaltAndPepper::Per;

namespace {

Image damaged(const Damage& damage, std::uint64_t seed = 3) {
    Image image({3, 24, 40}, 0.4f);
    Random random(seed);
    damage(image, random);
    return image;
}

std::string message(const std::string& noise) {
    try {
        example::parse_noise(noise);
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

}  // namespace

TEST_CASE("--noise names a kind and its strength") {
    const auto same = [](const std::string& text, const Damage& damage) {
        return damaged(example::parse_noise(text)) == damaged(damage);
    };
    CHECK(same("gaussian:25", GaussianNoise{25 / 255.0, 25 / 255.0}));
    CHECK(same("poisson:100", PoissonNoise{100, 100}));
    CHECK(same("salt_and_pepper:0.2", SaltAndPepper{0.2, 0.2, Per::Channel}));
    CHECK(same("salt_and_pepper_pixel:0.05", SaltAndPepper{0.05, 0.05, Per::Pixel}));
    CHECK(same("jpeg:20", JpegArtefacts{20, 20}));
    CHECK(same("none", [](Image&, Random&) {}));
    CHECK(same("gaussian:5..50", GaussianNoise{5 / 255.0, 50 / 255.0}));
    CHECK(same("salt_and_pepper:0..1", SaltAndPepper{0, 1, Per::Channel}));
}

TEST_CASE("several kinds are a mix, of which one is drawn for each picture") {
    const Damage mix = example::parse_noises({"none", "salt_and_pepper:1", "gaussian:10"});
    int clean = 0, spoilt = 0, noisy = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        const float value = damaged(mix, seed).pixels[0];
        ++(value == 0.4f ? clean : value == 0 || value == 1 ? spoilt : noisy);
    }
    // Each is drawn with a chance of a third: 100 times, with a standard deviation of 8.2.
    for (const int count : {clean, spoilt, noisy}) CHECK(std::abs(count - 100) < 41);
}

TEST_CASE("--noise: a wrong value is named, with what is right") {
    CHECK(message("blur:3").starts_with("--noise blur:3: there is no kind 'blur'; there are gaussian:SIGMA of 255, "));
    CHECK(message("").starts_with("--noise : there is no kind ''"));
    CHECK(message("none:1") == "--noise none:1: none has no strength");
    CHECK(message("gaussian") == "--noise gaussian: the strength is missing; write gaussian:SIGMA of 255");
    CHECK(message("gaussian:") == "--noise gaussian:: '' is no number");
    CHECK(message("gaussian:strong") == "--noise gaussian:strong: 'strong' is no number");
    CHECK(message("gaussian:25%") == "--noise gaussian:25%: '25%' is no number");
    CHECK(message("gaussian:nan") == "--noise gaussian:nan: nan is not within 0 to 255: gaussian takes a SIGMA of 255");
    CHECK(message("salt_and_pepper:20") ==
          "--noise salt_and_pepper:20: 20 is not within 0 to 1: salt_and_pepper takes a FRACTION of each channel's "
          "values");
    CHECK(message("salt_and_pepper_pixel:-0.1").ends_with("takes a FRACTION of whole pixels"));
    CHECK(message("poisson:0").starts_with("--noise poisson:0: 0 is not within 0.001 to 1e+08"));
    CHECK(message("jpeg:0").starts_with("--noise jpeg:0: 0 is not within 1 to 100"));
    CHECK(message("jpeg:20.5") == "--noise jpeg:20.5: 20.5 is no whole number");
    CHECK(message("gaussian:50..5") == "--noise gaussian:50..5: the range ends before it starts");
    CHECK(message("gaussian:5..") == "--noise gaussian:5..: '' is no number");
    CHECK(message("jpeg:10..200").starts_with("--noise jpeg:10..200: 200 is not within 1 to 100"));
}

TEST_CASE("the published recipe") {
    example::TrainOptions options;
    example::use_published_recipe(options);
    CHECK(options.batch_size == 16);
    CHECK(options.learning_rate == 3e-3);
    CHECK(options.constant_rate);
    CHECK(options.glorot_outside);
    CHECK(options.noise == std::vector<std::string>{"salt_and_pepper:0.2"});
    CHECK(options.filters == 32);
    CHECK(options.size == 512);
    CHECK(options.epochs == 20);
    example::TrainOptions inpaint;
    inpaint.task = example::Task::Inpaint;
    example::use_published_recipe(inpaint);
    CHECK(inpaint.noise.empty());
}
