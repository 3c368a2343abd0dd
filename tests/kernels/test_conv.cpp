// The table's convolutions on Reference and Cpu.
#include "layer_check.hpp"

using namespace depix_test;

TEST_CASE("Conv") { LayerTable(check_layer_of).convolutions(); }

TEST_CASE("Conv with strides and paddings") { LayerTable(check_layer_of).convolutions_with_options(); }
