// The table: convolutions on every backend.
#include "layer_check.hpp"

using namespace depix_test;

TEST_CASE("Conv") {
    check_layer_on_sizes<Conv<3, 6>>("3 to 6", 3);
    check_layer_on_sizes<Conv<1, 1>>("one channel", 1);
    check_layer_on_sizes<Conv<5, 7, 3, NoBias>>("primes, no bias", 5);
    check_layer_on_sizes<Conv<4, 13, 1>>("1x1", 4);
    check_layer_on_sizes<Conv<2, 3, 5>>("5x5", 2);
    check_layer_on_sizes<Conv<2, 2, 9>>("9x9", 2);
    check_layer_on_sizes<Conv<16, 21>>("by Winograd", 16);
}

TEST_CASE("Conv with strides and paddings") {
    check_layer_on_sizes<Conv<3, 8, 3, Stride<2>>>("stride 2", 3);
    check_layer<Conv<32, 36, 3, Stride<2>>>("stride 2 by Winograd", {32, 9, 21}, 2);
    check_layer<Conv<33, 40, 3, Stride<2>, Padding<1, 0>, NoBias>>("the same, no padding after", {33, 6, 10}, 1);
    check_layer_on_sizes<Conv<2, 4, 4, Stride<2>, Padding<1>>>("4x4, stride 2", 2);
    check_layer_on_sizes<Conv<2, 3, 3, Stride<3>>>("stride 3", 2);
    check_layer<Conv<2, 3, 8, Stride<8>, Padding<0>>>("patches of 8x8", {2, 16, 136}, 2);
    check_layer_on_sizes<Conv<3, 4, 2, Padding<0, 1>>>("Keras's same for 2x2", 3);
    check_layer_on_sizes<Conv<16, 18, 2, Padding<0, 1>>>("the same by Winograd", 16);
    check_layer_on_sizes<Conv<3, 4, 4, Padding<1, 2>>>("Keras's same for 4x4", 3);
    check_layer_on_sizes<Conv<3, 4, 3, Padding<0>>>("no padding", 3);
}
