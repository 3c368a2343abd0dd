// Layers that move, scale and multiply channels, on Reference and Cpu: the table's rows, and what it cannot test.
#include "layer_check.hpp"

using namespace depix_test;

TEST_CASE("every layer of the table") { LayerTable(check_layer_of).channels(); }

TEST_CASE("shapes, parameters and what the planner is told") {
    static_assert(PixelUnshuffle<4>::output({3, 64, 48}) == Shape{48, 16, 12});
    static_assert(PixelUnshuffle<2>::needs({0, 3}) == RowRange{0, 7});
    static_assert(Sequential<Conv<3, 2>, PixelUnshuffle<2>, Conv<8, 4>>::size_multiple == 2);
    static_assert(receptive_field<Sequential<Conv<3, 3, 1>, PixelUnshuffle<4>, Conv<48, 48>, PixelShuffle<4>>>() == 12);
    static_assert(Sequential<PixelUnshuffle<2, 3>, Conv<12, 4>>::in_channels == 3);
    static_assert(SimpleGate::output({6, 5, 7}) == Shape{3, 5, 7});
    static_assert(Sequential<Conv<3, 8>, SimpleGate, Conv<4, 3>>::parameter_count == 3 * 8 * 9 + 8 + 4 * 3 * 9 + 3);
    static_assert(Softmax::output({6, 5, 7}) == Shape{6, 5, 7});
    static_assert(Sequential<Conv<3, 8>, ChannelScale<8>>::parameter_count == 3 * 8 * 9 + 8 + 8);
    static_assert(layer_info<BatchNorm<5>>.parameter_count == 10 && layer_info<BatchNorm<5>>.statistic_count == 10);
    static_assert(layer_info<BatchNorm<5, NoAffine>>.parameter_count == 0);
    static_assert(layer_info<BatchNorm<5, NoAffine>>.statistic_count == 10);
}
