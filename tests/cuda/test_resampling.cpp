// The table's poolings with padding, padding by reflection and replication, crops, and interpolation, on Cuda
// (emulated, or on a GPU).
#include "cuda_check.hpp"
#include "depix/kernels/cuda/average_pool.cuh"
#include "depix/kernels/cuda/crop.cuh"
#include "depix/kernels/cuda/edge_padding.cuh"
#include "depix/kernels/cuda/interpolate.cuh"
#include "depix/kernels/cuda/max_pool.cuh"

using namespace depix_test;

TEST_CASE("every layer of the table") { LayerTable(check_layer_of).resampling(); }

TEST_CASE_TEMPLATE("in 16 bits", P, precision::Float16, precision::BFloat16) {
    // Values of few bits are often equal.
    check_layer<MaxPool<3, Stride<2>, Padding<1>, CeilMode>, P>("MaxPool", {3, 15, 33}, 2);
    check_layer<AveragePool<3, Stride<2>, Padding<1>, CeilMode>, P>("AveragePool", {3, 15, 33}, 2);
    check_layer<ReflectPadding<2>, P>("ReflectPadding", {3, 15, 33}, 2);
    check_layer<Upsample<2, Bilinear>, P>("Upsample, bilinear", {3, 5, 13}, 2);
    check_layer<Upsample<2, Bicubic>, P>("Upsample, bicubic", {3, 5, 13}, 2);
}
