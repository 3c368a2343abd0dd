// The table: transposed convolutions on every backend.
#include "layer_check.hpp"

using namespace depix_test;

TEST_CASE("ConvTranspose") {
    check_layer_on_sizes<ConvTranspose<6, 3, 2, Stride<2>>>("doubling", 6);
    check_layer_on_sizes<ConvTranspose<3, 5, 2, Stride<2>, NoBias>>("doubling, no bias", 3);
    check_layer_on_sizes<ConvTranspose<4, 3, 3, Stride<2>, Padding<1>, OutputPadding<1>>>("3x3, stride 2", 4);
    check_layer<ConvTranspose<36, 32, 3, Stride<2>, Padding<1>, OutputPadding<1>>>("by Winograd", {36, 5, 9}, 2);
    check_layer<ConvTranspose<36, 32, 3, Stride<2>, Padding<1>>>("by Winograd, to odd sizes", {36, 4, 7}, 1);
    check_layer_on_sizes<ConvTranspose<2, 3, 3, Stride<2>>>("3x3, stride 2, no padding", 2);
    check_layer_on_sizes<ConvTranspose<2, 3, 4, Stride<2>, Padding<1>>>("4x4, stride 2", 2);
    check_layer_on_sizes<ConvTranspose<2, 4, 3, Padding<1>>>("stride 1", 2);
    check_layer_on_sizes<ConvTranspose<2, 2, 3, Stride<3>>>("stride 3", 2);
    check_layer_on_sizes<ConvTranspose<2, 2, 5, Stride<3>, Padding<1>, OutputPadding<2>>>("5x5, stride 3", 2);
}
