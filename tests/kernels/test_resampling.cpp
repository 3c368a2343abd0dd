// Poolings with padding, padding by reflection and replication, crops, and interpolation, on Reference
// and Cpu: the table's rows, and shapes.
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

TEST_CASE("paddings: shapes, and rows that are needed") {
    static_assert(ReflectPadding<2>::output({3, 5, 7}) == Shape{3, 9, 11});
    static_assert(ReflectPadding<0, 1>::output({3, 5, 7}) == Shape{3, 6, 8});
    static_assert(ReflectPadding<2>::output({3, 2, 7}) == Shape{3, 0, 0});  // as PyTorch, which refuses it
    static_assert(ReplicationPadding<2>::output({3, 1, 1}) == Shape{3, 5, 5});
    // The rows that a convolution of three rows reads contain their own reflections.
    static_assert(receptive_field<Sequential<Conv<1, 1, 1>, ReflectPadding<1>, Conv<1, 1, 3, Padding<0>>>>() == 3);
    static_assert(receptive_field<Sequential<Conv<1, 1, 1>, ReplicationPadding<1>, Conv<1, 1, 3, Padding<0>>>>() == 3);
    static_assert(ReflectPadding<1>::needs({0, 0}) == RowRange{-3, 1});
    static_assert(ReplicationPadding<1>::needs({0, 0}) == RowRange{-2, 0});
}

TEST_CASE("crops: shapes, and rows that are needed") {
    static_assert(Crop<2>::output({3, 5, 7}) == Shape{3, 1, 3});
    static_assert(Crop<0, 1>::output({3, 5, 7}) == Shape{3, 4, 6});
    static_assert(Crop<2>::output({3, 4, 7}) == Shape{3, 0, 0});
    static_assert(Crop<2, 1>::needs({0, 3}) == RowRange{2, 5});
    using Valid = Conv<1, 1, 3, Padding<0>>;
    static_assert(receptive_field<Sum<Crop<2>, Sequential<Valid, Valid>>>() == 5);
    static_assert(input_rows<Sum<Crop<2>, Sequential<Valid, Valid>>>({0, 0}) == RowRange{0, 4});
}

TEST_CASE("enlargement: shapes, and rows that are needed") {
    static_assert(Upsample<3, Bilinear>::output({3, 5, 7}) == Shape{3, 15, 21});
    static_assert(Upsample<2, Bilinear>::needs({0, 0}) == RowRange{-1, 0});
    static_assert(Upsample<2, Bilinear>::needs({1, 2}) == RowRange{0, 1});
    static_assert(Upsample<2, Bilinear>::needs({-4, -4}) == RowRange{-3, -2});
    static_assert(Upsample<2, Bicubic>::needs({0, 0}) == RowRange{-2, 1});
    static_assert(Upsample<2, Bilinear, AlignCorners>::needs({0, 0}) == every_row);
    static_assert(Upsample<2, Bilinear>::traits.role != Role::Upsample);  // which is that of the nearest neighbour
    static_assert(Upsample<2>::traits.role == Role::Upsample);
    static_assert(Upsample<3, Divisor<2>>::output({3, 4, 6}) == Shape{3, 6, 9});
    static_assert(Upsample<3, Divisor<2>>::needs({2, 4}) == RowRange{1, 2});
    static_assert(Upsample<3, Divisor<2>, Bilinear>::needs({0, 2}) == RowRange{-1, 2});
    static_assert(Upsample<3, Divisor<2>, Bicubic>::needs({-3, -3}) == RowRange{-4, -1});
    static_assert(Sequential<Conv<1, 1, 1>, Upsample<3, Divisor<2>>>::size_multiple == 2);
    static_assert(receptive_field<Sequential<Conv<1, 1>, Upsample<3, Divisor<2>, Bilinear>>>() == 4);
    // Two passes of two multiply-adds: 3 x 10 x 7 sums of rows, 3 x 10 x 14 of columns.
    static_assert(Upsample<2, Bilinear>::multiply_adds({3, 5, 7}) == 2 * (3 * 10 * 7 + 3 * 10 * 14));
    static_assert(is_global<Sequential<Conv<1, 1>, Upsample<2, Bilinear, AlignCorners>>>());
}
