// DE-GAN's generator and discriminator against PyTorch's golden files: outputs, gradients, three steps of Adam.
#include "depix/models/de_gan.hpp"

#include "golden_check.hpp"

using namespace depix_test;

namespace {
using TrainedGenerator = DeGanGenerator<4, std::ratio<0>>;  // as wide as in the file, and also without dropout
}

TEST_CASE("the types say what is published") {
    using Generator = DeGanGenerator<>;
    static_assert(Generator::parameter_count == 31031685);
    static_assert(Generator::output({1, 256, 256}) == Shape{1, 256, 256});
    static_assert(Generator::output({1, 32, 48}) == Shape{1, 32, 48});
    static_assert(Generator::size_multiple == 16);
    static_assert(receptive_field<Generator>() == 220);

    // Against watermarks the authors' generator has 512 channels at the bottom instead of 1024.
    using AgainstWatermarks = DeGanGenerator<64, std::ratio<1, 2>, 512>;
    static_assert(AgainstWatermarks::parameter_count == 15825797);
    static_assert(AgainstWatermarks::output({1, 256, 256}) == Shape{1, 256, 256});

    using Discriminator = DeGanDiscriminator<>;
    static_assert(Discriminator::parameter_count == 1712065);
    static_assert(Discriminator::in_channels == 2);
    static_assert(Discriminator::output({2, 256, 256}) == Shape{1, 16, 16});
    static_assert(Discriminator::size_multiple == 16);
    static_assert(receptive_field<Discriminator>() == 94);
}

TEST_CASE("the generator's outputs agree with PyTorch") {
    const std::string path = shared + "S3G_b8.safetensors";
    check_output<DeGanGenerator<8>, Cpu, float>(path);
    check_output<DeGanGenerator<8>, Reference, float>(path);
    check_output<DeGanGenerator<8>, Reference, double>(path);
    check_names<DeGanGenerator<8>>(path);
}

TEST_CASE("the generator's training agrees with PyTorch") {
    // In the second step the input of a rectifier is 0 except for rounding, which decides what a tenth of the weights
    // become. The file is from PyTorch without channels last. PyTorch with channels last disagrees with it on the same
    // 33 tensors as depix does with some numbers of threads, on up to 30 % of a tensor's numbers (19 of the 64 in
    // conv5.2.bias).
    check_training<TrainedGenerator, Cpu, float, BinaryCrossEntropy>(shared + "S3G_b4_step.safetensors", no_batch_norm,
                                                                     1e-4, 0.3);
    check_training<TrainedGenerator, Reference, double, BinaryCrossEntropy>(shared + "S3G_b4_step.safetensors",
                                                                            no_batch_norm, 1e-4);
}

TEST_CASE("the discriminator's outputs agree with PyTorch") {
    const std::string narrow = shared + "S3D_b16.safetensors", full = shared + "S3D_full.safetensors";
    check_output<DeGanDiscriminator<16>, Cpu, float>(narrow);
    check_output<DeGanDiscriminator<16>, Reference, float>(narrow);
    check_output<DeGanDiscriminator<16>, Reference, double>(narrow);
    check_output<DeGanDiscriminator<>, Cpu, float>(full);
    check_output<DeGanDiscriminator<>, Reference, double>(full);
    check_names<DeGanDiscriminator<>>(full);
}

// Its batch norms come after the rectifiers, so every bias has a gradient.
TEST_CASE("the discriminator's training agrees with PyTorch") {
    check_training<DeGanDiscriminator<16>, Cpu, float>(shared + "S3D_b16_step.safetensors", no_batch_norm, 1e-4);
    check_training<DeGanDiscriminator<16>, Reference, double>(shared + "S3D_b16_step.safetensors", no_batch_norm, 1e-4);
}
