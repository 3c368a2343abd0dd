// SRResNet against PyTorch's golden files: outputs, gradients, three steps of Adam.
#include "depix/models/srresnet.hpp"

#include "golden_check.hpp"

using namespace depix_test;

namespace {

bool before_batch_norm(const std::string& name) {
    return name.ends_with("conv1.bias") || name.ends_with("conv2.bias") || name == "body.bias";
}

}  // namespace

TEST_CASE("the type says what is published") {
    using Published = SRResNet<>;
    static_assert(Published::parameter_count == 1549462);
    static_assert(Published::output({3, 96, 100}) == Shape{3, 384, 400});
    static_assert(SRResNet<8, 1>::output({3, 5, 7}) == Shape{3, 20, 28});
}

TEST_CASE("outputs agree with PyTorch") {
    const std::string path = shared + "S4G_c16_b2.safetensors";
    check_output<SRResNet<16, 2>, Cpu, float>(path);
    check_output<SRResNet<16, 2>, Reference, float>(path);
    check_output<SRResNet<16, 2>, Reference, double>(path);
    check_names<SRResNet<16, 2>>(path);
}

TEST_CASE("training agrees with PyTorch") {
    const std::string path = shared + "S4G_c16_b2_step.safetensors";
    check_training<SRResNet<16, 2>, Cpu, float>(path, before_batch_norm, 1e-4);
    check_training<SRResNet<16, 2>, Reference, double>(path, before_batch_norm, 1e-4);
}
