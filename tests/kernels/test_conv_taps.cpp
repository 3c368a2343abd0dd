// The table's convolutions with groups, with dilation, and with kernels that are not square, on Reference and Cpu.
#include "layer_check.hpp"

using namespace depix_test;

TEST_CASE("Conv with groups") { LayerTable(check_layer_of).grouped_convolutions(); }

TEST_CASE("Conv with dilation, and with a kernel that is not square") {
    LayerTable(check_layer_of).dilated_and_rectangular_convolutions();
}

TEST_CASE("ConvTranspose with groups, with dilation, and with a kernel that is not square") {
    LayerTable(check_layer_of).grouped_transposed_convolutions();
}

// The new options with the values that change nothing leave the layer what it was: plain, with the same kernels.
static_assert(Conv<16, 16, 3, Groups<1>, Dilation<1>, KernelSize<3, 3>>::geometry.plain());
static_assert(kernels::Kernel<Cpu, Conv<16, 16, 3, Dilation<1>>>::kernels.winograd);
static_assert(!Conv<16, 16, 3, Dilation<2>>::geometry.plain() && !Conv<16, 16, 3, Groups<2>>::geometry.plain());
static_assert(!Conv<16, 16, 3, KernelSize<3, 1>>::geometry.plain());

// Shapes, as PyTorch has them, and what tiles need.
static_assert(Conv<4, 8, 3, Dilation<2>>::output({4, 9, 10}) == Shape{8, 9, 10});
static_assert(Conv<4, 8, 7, KernelSize<1, 7>, Stride<2>>::output({4, 9, 10}) == Shape{8, 5, 5});
static_assert(Conv<4, 8, 4, KernelSize<4, 2>, Padding<0>>::output({4, 9, 10}) == Shape{8, 6, 9});
static_assert(Conv<4, 4, 2, Dilation<3>>::geometry.padding_before == 1);
static_assert(Conv<4, 4, 2, Dilation<3>>::geometry.padding_after == 2);
static_assert(Conv<4, 4, 7, KernelSize<1, 7>>::geometry.padding_before == 0);
static_assert(Conv<4, 4, 7, KernelSize<1, 7>>::needs({2, 5}) == RowRange{-1, 8});
static_assert(receptive_field<Sequential<Conv<1, 1, 3, Dilation<4>>, Conv<1, 1, 3, Dilation<2>>, Conv<1, 1>>>() == 15);
static_assert(Conv<4, 8, 3, Groups<2>>::tensors[0].shape == std::array{8, 2, 3, 3});
static_assert(Conv<4, 8, 7, KernelSize<1, 7>, Groups<2>>::tensors[1].fan_in == 2 * 7);
static_assert(Conv<64, 64, 3, Groups<64>>::multiply_adds({64, 8, 8}) == 64u * 9 * 64);
static_assert(ConvTranspose<4, 8, 3, Groups<2>>::tensors[0].shape == std::array{4, 4, 3, 3});
static_assert(ConvTranspose<4, 8, 4, KernelSize<4, 2>, Stride<2>, Dilation<2>>::output({4, 3, 5}) == Shape{8, 11, 11});
static_assert(ConvTranspose<4, 4, 3, Groups<1>, KernelSize<3, 3>>::geometry.plain());
