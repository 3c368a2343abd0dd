// The table's layers that move, scale and multiply channels, on Cuda (emulated, or on a GPU).
#include "cuda_check.hpp"
#include "depix/kernels/cuda/batch_norm.cuh"
#include "depix/kernels/cuda/channel_scale.cuh"
#include "depix/kernels/cuda/pixel_unshuffle.cuh"
#include "depix/kernels/cuda/simple_gate.cuh"
#include "depix/kernels/cuda/softmax.cuh"

using namespace depix_test;

TEST_CASE("every layer of the table") { LayerTable(check_layer_of).channels(); }

TEST_CASE_TEMPLATE("in 16 bits", P, precision::Float16, precision::BFloat16) {
    check_layer<PixelUnshuffle<2>, P>("PixelUnshuffle", {3, 4, 34}, 2);
    check_layer<ChannelScale<3>, P>("ChannelScale", {3, 15, 33}, 2);
    check_layer<SimpleGate, P>("SimpleGate", {6, 15, 33}, 2);
    check_layer<Softmax, P>("Softmax", {5, 15, 33}, 2);
    check_layer<BatchNorm<3, NoAffine>, P>("BatchNorm", {3, 15, 33}, 2);
}
