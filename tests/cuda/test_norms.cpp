// The table's layers that normalise each picture by itself, on Cuda (emulated, or on a GPU).
#include "cuda_check.hpp"
#include "depix/kernels/cuda/group_norm.cuh"
#include "depix/kernels/cuda/layer_norm.cuh"
#include "depix/layers/instance_norm.hpp"

using namespace depix_test;

TEST_CASE("every norm of the table") { LayerTable(check_layer_of).norms(); }

TEST_CASE_TEMPLATE("in 16 bits", P, precision::Float16, precision::BFloat16) {
    check_layer<LayerNorm2d<6>, P>("LayerNorm2d", {6, 15, 33}, 2);
    check_layer<InstanceNorm<3>, P>("InstanceNorm", {3, 15, 33}, 2);
    check_layer<GroupNorm<2, 6>, P>("GroupNorm", {6, 15, 33}, 2);
}
