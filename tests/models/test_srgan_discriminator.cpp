// The discriminators of enlarged pictures against PyTorch's golden files: outputs, gradients, three steps of Adam.
#include "depix/models/srgan_discriminator.hpp"

#include "golden_check.hpp"

using namespace depix_test;

namespace {

using Small = SrganDiscriminator<1, 8, 32>;

/// Layers 2, 5, ... 20 are convolutions with a batch norm after them.
bool before_batch_norm(const std::string& name) {
    for (int layer = 2; layer <= 20; layer += 3)
        if (name.ends_with(std::string(".").append(std::to_string(layer)).append(".bias"))) return true;
    return false;
}

}  // namespace

TEST_CASE("the types say what is published") {
    using Patches = PatchDiscriminator<>;
    static_assert(Patches::parameter_count == 4693697);
    static_assert(Patches::output({3, 96, 96}) == Shape{1, 6, 6});
    static_assert(Patches::output({3, 256, 128}) == Shape{1, 16, 8});
    static_assert(Patches::size_multiple == 16);
    static_assert(receptive_field<Patches>() == 93);

    using Whole = SrganDiscriminator<>;
    static_assert(Whole::parameter_count == 23565505);
    static_assert(Whole::output({3, 96, 96}) == Shape{1, 1, 1});
    static_assert(Whole::output({3, 96, 112}) == Shape{});
    static_assert(receptive_field<Whole>() == whole_image);
}

TEST_CASE("the patch discriminator's outputs agree with PyTorch") {
    const std::string path = shared + "S4D_b16.safetensors";
    check_output<PatchDiscriminator<16>, Cpu, float>(path);
    check_output<PatchDiscriminator<16>, Reference, float>(path);
    check_output<PatchDiscriminator<16>, Reference, double>(path);
    check_names<PatchDiscriminator<16>>(path);
}

TEST_CASE("the patch discriminator's training agrees with PyTorch") {
    const std::string path = shared + "S4D_b16_step.safetensors";
    check_training<PatchDiscriminator<16>, Cpu, float>(path, before_batch_norm, 1e-4);
    check_training<PatchDiscriminator<16>, Reference, double>(path, before_batch_norm, 1e-4);
}

TEST_CASE("SRGAN's discriminator's outputs agree with PyTorch") {
    const std::string own = shipped + "srgan_discriminator.safetensors", full = shared + "S4P_b16.safetensors";
    check_output<Small, Cpu, float>(own);
    check_output<Small, Reference, float>(own);
    check_output<Small, Reference, double>(own);
    check_names<Small>(own);
    check_output<SrganDiscriminator<16, 64>, Cpu, float>(full);
    check_output<SrganDiscriminator<16, 64>, Reference, float>(full);
    check_output<SrganDiscriminator<16, 64>, Reference, double>(full);
    check_names<SrganDiscriminator<16, 64>>(full);
}

TEST_CASE("SRGAN's discriminator's training agrees with PyTorch") {
    const std::string own = shipped + "srgan_discriminator_step.safetensors";
    check_training<Small, Cpu, float, BinaryCrossEntropy>(own, before_batch_norm);
    check_training<Small, Reference, double, BinaryCrossEntropy>(own, before_batch_norm);
}

TEST_CASE("a picture of another size is refused by name") {
    Model<Small> model;
    const Inference<Small, Reference> judge{model};
    CHECK_THROWS_WITH_AS(judge(Image({3, 48, 48})), doctest::Contains("Linear"), ShapeError);
}
