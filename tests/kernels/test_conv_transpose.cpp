// The table's transposed convolutions on Reference and Cpu.
#include "layer_check.hpp"

using namespace depix_test;

TEST_CASE("ConvTranspose") { LayerTable(check_layer_of).transposed_convolutions(); }
