// The table's activations on Cuda (emulated, or on a GPU).
#include "cuda_check.hpp"
#include "depix/kernels/cuda/elementwise_layer.cuh"

using namespace depix_test;

TEST_CASE("every activation of the table") { LayerTable(check_layer_of).activations(); }

TEST_CASE_TEMPLATE("activations in 16 bits", P, precision::Float16, precision::BFloat16) {
    check_layer<SiLU, P>("SiLU", {3, 15, 33}, 2);
    check_layer<GELU, P>("GELU", {3, 15, 33}, 2);
    check_layer<Mish, P>("Mish", {3, 15, 33}, 2);
    check_layer<ReLU6, P>("ReLU6", {3, 15, 33}, 2);
}
