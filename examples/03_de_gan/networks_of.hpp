// What belongs together in a recipe: generator, discriminator, and how both are trained.
#pragma once

#include <cmath>

#include "depix/data/sources/super_resolution.hpp"
#include "depix/models/de_gan.hpp"
#include "depix/models/de_gan_pytorch.hpp"
#include "depix/train/adversarial_trainer.hpp"
#include "recipes.hpp"

namespace example {

/// Makes one of the last two channels stand for paper, the other for ink.
///
/// Both come out of a ReLU, so neither is ever below 0. If both happen to start with a positive weight, the page cannot
/// be darker than the last bias alone makes it. That bias moves by no more than the learning rate a step, so after
/// thousands of steps ink is still grey. With one positive and one negative weight the network has both from the start.
template <class Generator>
void let_a_channel_mean_ink(depix::Model<Generator>& generator) {
    for (const auto& tensor : generator.tensors())
        if (tensor.name == "conv10.weight") {
            tensor.values[0] = std::abs(tensor.values[0]);
            tensor.values[1] = -std::abs(tensor.values[1]);
        }
}

/// The authors'. DiscriminatorFilters is published as 64, like Filters. A small generator does not need so strong a
/// discriminator. Each real pair and each generated one is a step of the discriminator's.
template <int Filters, int DiscriminatorFilters>
struct AuthorsNetworks {
    using Generator = depix::DeGanGenerator<Filters>;
    using Discriminator = depix::DeGanDiscriminator<DiscriminatorFilters>;
    using AdversarialCrossEntropy = depix::BinaryCrossEntropy;
    static constexpr bool generates_probabilities = true;  // its last layer is a sigmoid
    static constexpr depix::ValueRange range{0, 1};        // of its pages
    static constexpr auto update = depix::DiscriminatorUpdate::InTurn;
    static depix::Model<Generator> start(std::uint64_t seed) {
        depix::Model<Generator> generator(seed, depix::Initialisation::HeNormal);
        let_a_channel_mean_ink(generator);
        return generator;
    }
};

/// Those of the implementation in PyTorch, also published with 64 filters each. The discriminator makes one step with
/// the mean of its two losses. The implementation's discriminator judges the generator's page beside the clean page in
/// the generator's step, and beside the degraded one in its own; here it is the degraded one in both.
template <int Filters, int DiscriminatorFilters>
struct PyTorchNetworks {
    using Generator = depix::DeGanPyTorchGenerator<Filters>;
    using Discriminator = depix::DeGanPyTorchDiscriminator<DiscriminatorFilters>;
    using AdversarialCrossEntropy = depix::BinaryCrossEntropyWithLogits;
    static constexpr bool generates_probabilities = false;
    static constexpr depix::ValueRange range{-1, 1};
    static constexpr auto update = depix::DiscriminatorUpdate::Together;
    static depix::Model<Generator> start(std::uint64_t seed) { return depix::Model<Generator>(seed); }
};

}  // namespace example
