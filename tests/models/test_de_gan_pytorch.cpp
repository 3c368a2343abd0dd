// The DE-GAN of the implementation in PyTorch against golden files: outputs, gradients, three steps of Adam.
#include "depix/models/de_gan_pytorch.hpp"

#include "golden_check.hpp"

using namespace depix_test;

namespace {
using Generator = DeGanPyTorchGenerator<1>;  // as wide as in the files
using Discriminator = DeGanPyTorchDiscriminator<3>;
}  // namespace

TEST_CASE("the types say what is published") {
    using PublishedGenerator = DeGanPyTorchGenerator<>;
    static_assert(PublishedGenerator::parameter_count == 31036481);
    static_assert(PublishedGenerator::output({1, 256, 256}) == Shape{1, 256, 256});
    static_assert(PublishedGenerator::size_multiple == 16);
    static_assert(receptive_field<PublishedGenerator>() == 204);

    using PublishedDiscriminator = DeGanPyTorchDiscriminator<>;
    static_assert(PublishedDiscriminator::parameter_count == 1554241);
    static_assert(PublishedDiscriminator::in_channels == 2);
    static_assert(PublishedDiscriminator::output({2, 256, 256}) == Shape{1, 16, 16});
    static_assert(PublishedDiscriminator::size_multiple == 16);
    static_assert(receptive_field<PublishedDiscriminator>() == 110);
}

TEST_CASE("the generator's outputs agree with PyTorch") {
    const std::string path = shipped + "de_gan_pytorch_generator.safetensors";
    check_output<Generator, Cpu, float>(path);
    check_output<Generator, Reference, float>(path);
    check_output<Generator, Reference, double>(path);
    check_names<Generator>(path);
}

TEST_CASE("the generator's training agrees with PyTorch") {
    const std::string path = shipped + "de_gan_pytorch_generator_step.safetensors";
    check_training<Generator, Cpu, float>(path, no_batch_norm, 1e-3);
    check_training<Generator, Reference, double>(path, no_batch_norm, 1e-3);
}

TEST_CASE("the discriminator's outputs agree with PyTorch") {
    const std::string path = shipped + "de_gan_pytorch_discriminator.safetensors";
    check_output<Discriminator, Cpu, float>(path);
    check_output<Discriminator, Reference, float>(path);
    check_output<Discriminator, Reference, double>(path);
    check_names<Discriminator>(path);
}

// Its batch norms come after the rectifiers, so every bias has a gradient.
TEST_CASE("the discriminator's training agrees with PyTorch") {
    const std::string path = shipped + "de_gan_pytorch_discriminator_step.safetensors";
    check_training<Discriminator, Cpu, float>(path);
    check_training<Discriminator, Reference, double>(path);
}
