// The pixel-shuffle U-Net against PyTorch's golden files: outputs, gradients, three steps of Adam.
#include "golden_check.hpp"

using namespace depix_test;

namespace {
template <int Filters, int Levels = 5>
using WithoutDropout = PixelShuffleUNet<Filters, 3, Levels, std::ratio<0>>;
}

TEST_CASE("the type says what is published") {
    using Published = PixelShuffleUNet<>;
    static_assert(Published::parameter_count == 13361747);
    static_assert(Published::output({3, 512, 512}) == Shape{3, 512, 512});
    static_assert(Published::size_multiple == 32);
    static_assert(PixelShuffleUNet<8, 1>::output({1, 32, 64}) == Shape{1, 32, 64});
}

TEST_CASE("outputs agree with PyTorch") {
    const std::string own = shipped + "pixel_shuffle_unet.safetensors", full = shared + "S2_w8.safetensors";
    check_output<PixelShuffleUNet<4, 3, 2>, Cpu, float>(own);
    check_output<PixelShuffleUNet<4, 3, 2>, Reference, float>(own);
    check_output<PixelShuffleUNet<4, 3, 2>, Reference, double>(own);
    check_names<PixelShuffleUNet<4, 3, 2>>(own);
    check_output<PixelShuffleUNet<8>, Cpu, float>(full);
    check_output<PixelShuffleUNet<8>, Reference, float>(full);
    check_output<PixelShuffleUNet<8>, Reference, double>(full);
    check_names<PixelShuffleUNet<8>>(full);
}

TEST_CASE("training agrees with PyTorch") {
    const std::string own = shipped + "pixel_shuffle_unet_step.safetensors";
    check_training<WithoutDropout<4, 2>, Cpu, float>(own);
    check_training<WithoutDropout<4, 2>, Reference, double>(own);
    check_training<WithoutDropout<4>, Cpu, float>(shared + "S2_w4_step.safetensors");
    check_training<WithoutDropout<4>, Reference, double>(shared + "S2_w4_step.safetensors");
}
