// Poolings with padding, edges that go on, and enlargement with weights, on Reference and Cpu: the table's rows, and
// shapes.
#include "layer_check.hpp"

using namespace depix_test;

TEST_CASE("every layer of the table") { LayerTable(check_layer_of).resampling(); }

TEST_CASE("poolings have PyTorch's shapes") {
    static_assert(MaxPool<3, Stride<2>, Padding<1>>::output({2, 7, 8}) == Shape{2, 4, 4});
    static_assert(MaxPool<2>::output({2, 7, 8}) == Shape{2, 3, 4});
    static_assert(MaxPool<2, CeilMode>::output({2, 7, 8}) == Shape{2, 4, 4});
    static_assert(MaxPool<3, Stride<2>, CeilMode>::output({2, 8, 2}) == Shape{2, 4, 1});
    // A window that would begin in the padding after the input is left out.
    static_assert(AveragePool<2, Stride<2>, Padding<1>, CeilMode>::output({1, 3, 4}) == Shape{1, 2, 3});
    static_assert(AveragePool<3, Stride<2>>::output({1, 2, 9}) == Shape{1, 0, 4});
    static_assert(MaxPool<3, Stride<2>, Padding<1>>::needs({0, 1}) == RowRange{-1, 3});
    static_assert(Sequential<Conv<1, 1, 1>, AveragePool<3, Stride<2>, Padding<1>>>::size_multiple == 2);
    static_assert(receptive_field<Sequential<Conv<1, 1, 1>, MaxPool<3, Stride<2>, Padding<1>>>>() == 3);
}
