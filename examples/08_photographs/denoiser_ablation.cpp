// What the denoiser's parts are good for: the same short training for the network as it ships, without its skip around
// everything, with half the channels, and with a map that tells it the noise.
//
//     denoiser_ablation scales --network as_it_ships --steps 1500
//
// The last line of runs/ablation/NETWORK/log.csv has the PSNR on the photographs that are held out.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>

#include "depix/layers/slice.hpp"
#include "depix/models/denoiser.hpp"
#include "depix/network/branches.hpp"
#include "train.hpp"

namespace {

// clang-format off
/// What models/denoiser.hpp adds to the picture, of any width. The names are the same.
template <int In, int Near, int Wide>
using Body = depix::Sequential<
    depix::Named<"head", depix::Conv<In, Near, 5, depix::Stride<2>>>, depix::ReLU,
    depix::Named<"before", depix::Repeat<2, depix::detail::DenoiserBlock<Near>>>,
    depix::Named<"wide", depix::Residual<
        depix::Named<"down", depix::Conv<Near, Wide, 3, depix::Stride<2>>>, depix::ReLU,
        depix::Named<"blocks", depix::Repeat<3, depix::detail::DenoiserBlock<Wide>>>,
        depix::Named<"up", depix::ConvTranspose<Wide, Near, 2, depix::Stride<2>>>>>,
    depix::Named<"after", depix::Repeat<2, depix::detail::DenoiserBlock<Near>>>,
    depix::Named<"tail", depix::Conv<Near, 12>>, depix::PixelShuffle<2>>;
// clang-format on

using AsItShips = depix::Residual<Body<3, 48, 64>>;
using WithoutSkip = Body<3, 48, 64>;
using HalfAsWide = depix::Residual<Body<3, 24, 32>>;
using WithNoiseMap = depix::Sum<depix::Slice<4, 0, 3>, Body<4, 48, 64>>;
static_assert(AsItShips::parameter_count == depix::Denoiser::parameter_count);

/// Gaussian noise of its own on each channel; a fourth channel, if there is one, holds its sigma.
example::Degrade noise(double min_sigma, double max_sigma, int channels) {
    return [=](const depix::Image& clean, bool, depix::Random& random) {
        const double sigma = random.uniform(min_sigma, max_sigma) / 255;
        depix::Image noisy = clean;
        depix::GaussianNoise{sigma, sigma}(noisy, random);
        depix::Image input({channels, clean.shape.height, clean.shape.width}, static_cast<float>(sigma));
        std::ranges::copy(depix::quantized(std::move(noisy)).pixels, input.pixels.begin());
        return input;
    };
}

example::Task task(int channels) {
    example::Task task;
    task.name = "denoise";
    task.training_damage = noise(0, 75, channels);
    for (const int sigma : {15, 25, 50, 0})
        task.test_damages.push_back({"sigma " + std::to_string(sigma), noise(sigma, sigma, channels)});
    task.input_channels = channels;
    return task;
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app("What the denoiser's parts are good for.");
    example::TrainOptions options;
    options.steps = 1500;
    options.average_decay = 0.99;
    std::string network = "as_it_ships";
    app.add_option("pictures", options.images, "a folder with the folders train and held_out")->required();
    app.add_option("--network", network, "as_it_ships, without_skip, half_as_wide, or with_noise_map")
        ->check(CLI::IsMember({"as_it_ships", "without_skip", "half_as_wide", "with_noise_map"}));
    app.add_option("--steps", options.steps, "of the training")->capture_default_str();
    app.add_option("--seed", options.seed, "of weights, order and noise")->capture_default_str();
    CLI11_PARSE(app, count, arguments);
    options.validate_every = options.steps;
    options.task = task(network == "with_noise_map" ? 4 : 3);
    options.run = "runs/ablation/" + network;
    try {
        const depix::Charbonnier loss;
        if (network == "without_skip") return example::train_network<WithoutSkip>(options, loss);
        if (network == "half_as_wide") return example::train_network<HalfAsWide>(options, loss);
        if (network == "with_noise_map") return example::train_network<WithNoiseMap>(options, loss);
        return example::train_network<AsItShips>(options, loss);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "denoiser_ablation: %s\n", error.what());
        return 1;
    }
}
