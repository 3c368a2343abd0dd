// The second phase has many settings. A recipe is a choice of them all, as its authors published it. Each recipe is a
// type, because the networks are types. The generator is chosen apart from it.
#pragma once

#include <cstdint>
#include <functional>

#include "commands.hpp"
#include "depix/models/srgan_discriminator.hpp"
#include "depix/models/vgg19.hpp"
#include "depix/train/feature_loss.hpp"
#include "depix/train/optimizer.hpp"
#include "depix/train/schedule.hpp"

namespace example {

/// The distance of VGG19's features, scaled by 1/12.75 so that their squared error is of the size of the pixels'.
using SrganFeatureDistance = depix::Scaled<depix::MeanSquaredError, std::ratio<4, 51>>;

/// The learning rate in each step; empty: it stays as it is.
using Schedule = std::function<double(std::int64_t step)>;

/// SRGAN (Ledig et al. 2017): the squared distance of VGG5,4 features plus 1e-3 times the cross-entropy of a
/// discriminator that looks at the whole square, whose side is therefore fixed.
struct SrganRecipe {
    using Discriminator = depix::SrganDiscriminator<>;
    using Features = depix::Vgg54;
    using FeatureDistance = SrganFeatureDistance;
    using Adversarial = depix::BinaryCrossEntropy;
    static constexpr double pixel_weight = 0, adversarial_weight = 1e-3, discriminator_rate = 1;
    static constexpr int high = 96, batch_size = 16, epochs = 200;
    static constexpr bool only_high = true;
    static constexpr depix::Adam adam{.learning_rate = 1e-4};
    /// The second half has a tenth of the rate.
    static Schedule schedule(double rate, std::int64_t steps) { return depix::StepDecay{rate, steps / 2}; }
};

/// A recipe for a laptop. It has a small generator, and VGG2,2, whose features are textures of a few pixels and cost a
/// quarter of VGG5,4. Its discriminator judges patches, because it would soon memorise whole pictures, of which there
/// are few. The discriminator learns four times as fast as the generator; otherwise the generator exploits a grid
/// pattern before the discriminator learns to reject it.
///
/// VGG2,2's features are some hundred times as large as VGG5,4's, and all weights are chosen for that size. Most of the
/// content loss is the squared error of the pixels. The features follow a pooling, and the loss wants them at the mean
/// over all possible pictures. A grid of two pixels is the easiest way to raise them to that.
struct SmallRecipe {
    using Discriminator = depix::PatchDiscriminator<32>;
    using Features = depix::Vgg22;
    using FeatureDistance = SrganFeatureDistance;
    using Adversarial = depix::MeanSquaredError;
    static constexpr double pixel_weight = 20'000, adversarial_weight = 250, discriminator_rate = 4;
    static constexpr int high = 96, batch_size = 8, epochs = 40;
    static constexpr bool only_high = false;
    static constexpr depix::Adam adam{.learning_rate = 1e-4};
    static Schedule schedule(double rate, std::int64_t steps) { return depix::StepDecay{rate, steps / 2}; }
};

/// DeepDepixelate's recipe (github.com/smaranjitghose/DeepDepixelate, pysrgan.py): the absolute distance of features up
/// to VGG19's 35th layer plus 1e-3 times the least squares of a discriminator of patches, and large squares. Its
/// learning rate is constant: the program reads an epoch from which the rate shall fall (--decay_epoch 100), and does
/// not use it. It trains a residual generator that its repository does not contain, and restores with the dense one of
/// models/rrdb.hpp. Here --network chooses either.
///
/// Two things differ. depix updates the discriminator before the generator, the original after it. depix's pictures are
/// in 0..1 and -1..1 and are prepared for VGG19 in the loss; the original's data set is prepared for VGG19 as a whole.
struct DeepDepixelateRecipe {
    using Discriminator = depix::PatchDiscriminator<>;
    using Features = depix::Vgg54BeforeReLU;
    using FeatureDistance = depix::MeanAbsoluteError;
    using Adversarial = depix::MeanSquaredError;
    static constexpr double pixel_weight = 0, adversarial_weight = 1e-3, discriminator_rate = 1;
    static constexpr int high = 256, batch_size = 4, epochs = 200;
    static constexpr bool only_high = false;
    static constexpr depix::Adam adam{.learning_rate = 2e-4, .beta1 = 0.5, .beta2 = 0.999};
    static Schedule schedule(double /*rate*/, std::int64_t /*steps*/) { return {}; }
};

/// Returns call.template operator()<Recipe, Generator>() with the types of a recipe and of its generator. Throws
/// depix::Error if this example does not compile the two together.
template <class Call>
auto with_recipe(Recipe recipe, Architecture network, const Call& call) {
    if (recipe == Recipe::Small) {
        if (network == Architecture::RRDB) return call.template operator()<SmallRecipe, SmallRRDB<3>>();
        if (network == Architecture::RRDBNet) return call.template operator()<SmallRecipe, SmallRRDBNet<3>>();
        return call.template operator()<SmallRecipe, SmallSRResNet<3>>();
    }
    if (network == Architecture::SRResNet)
        return recipe == Recipe::SRGAN ? call.template operator()<SrganRecipe, PublishedSRResNet>()
                                       : call.template operator()<DeepDepixelateRecipe, PublishedSRResNet>();
    if (recipe == Recipe::DeepDepixelate && network == Architecture::RRDB)
        return call.template operator()<DeepDepixelateRecipe, PublishedRRDB>();
    throw depix::Error(
        "train-gan: --recipe srgan trains --network srresnet; deep-depixelate srresnet and rrdb; small all three");
}

}  // namespace example
