// as_view of other libraries' arrays gives the right pixels, or throws a ShapeError.
#include "depix/array_view.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <numeric>
#include <vector>
#include <xtensor/xarray.hpp>
#include <xtensor/xstrided_view.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

#include "depix/inference.hpp"
#include "depix/layers/conv.hpp"
#include "depix/network/sequential.hpp"

#if __has_include(<eigen3/Eigen/Core>)
#include <eigen3/Eigen/Core>
#endif

using namespace depix;

namespace {

using Batch = xt::xtensor<float, 4>;

Batch batch() {
    Batch array({4, 3, 5, 6});
    std::iota(array.begin(), array.end(), 0.0f);
    return array;
}

/// Checks that every pixel of the view equals the array's.
template <class Array>
void check(const Array& array) {
    const auto view = as_view(array);
    REQUIRE(view.batch == static_cast<int>(array.shape()[0]));
    for (int n = 0; n < view.batch; ++n)
        for (int c = 0; c < view.channels; ++c)
            for (int y = 0; y < view.height; ++y)
                for (int x = 0; x < view.width; ++x) CHECK(view(n, c, y, x) == array(n, c, y, x));
}

/// What std::mdspan offers.
template <std::size_t Rank>
struct Span {
    using element_type = const float;
    const float* memory;
    std::array<std::size_t, Rank> extents, steps;
    static constexpr std::size_t rank() { return Rank; }
    const float* data_handle() const { return memory; }
    std::size_t extent(std::size_t i) const { return extents[i]; }
    std::size_t stride(std::size_t i) const { return steps[i]; }
};

}  // namespace

TEST_CASE("xtensor: views of some pictures, channels, rows and columns are read where they lie") {
    const Batch all = batch();
    check(all);
    check(xt::view(all, xt::range(2, 4)));
    check(xt::view(all, xt::all(), xt::range(1, 3)));
    check(xt::view(all, xt::range(1, 3), xt::all(), xt::range(1, 4), xt::range(2, 5)));
    check(xt::strided_view(all, {xt::range(1, 3)}));
    check(xt::xtensor<float, 4>(xt::view(all, xt::range(0, 1), xt::range(0, 1))));  // axes of length 1 have steps of 0

    const Model<Sequential<Conv<3, 2>>> model(1);
    const Inference<Sequential<Conv<3, 2>>> network(model, 1);
    const Tensor<float> whole = network(all), part = network(xt::view(all, xt::range(2, 4)));
    REQUIRE(part.batch == 2);
    for (std::size_t i = 0; i < part.data.size(); ++i) CHECK(part.data[i] == whole.data[part.data.size() + i]);
}

TEST_CASE("xtensor: what a View cannot show is refused") {
    const Batch all = batch();
    const xt::xtensor<float, 4, xt::layout_type::column_major> columns = all;
    const xt::xarray<float> image = xt::zeros<float>({64, 256, 3});
    CHECK_THROWS_WITH_AS(as_view(columns), doctest::Contains("row-major"), ShapeError);
    CHECK_THROWS_WITH_AS(as_view(image), doctest::Contains("3 dimensions"), ShapeError);
    CHECK_THROWS_AS(as_view(xt::view(all, xt::all(), xt::all(), xt::all(), xt::range(0, 6, 2))), ShapeError);
}

TEST_CASE("mdspan's manner: steps are heeded") {
    const Batch all = batch();
    const auto view = as_view(Span<4>{all.data() + 6, {2, 3, 4, 6}, {180, 30, 6, 1}});
    CHECK(view(1, 2, 3, 5) == all(2, 2, 4, 5));
    CHECK_THROWS_AS(as_view(Span<4>{all.data(), {4, 5, 6, 3}, {90, 6, 1, 30}}), ShapeError);  // channels last
    CHECK_THROWS_AS((as_view(Span<3>{all.data(), {3, 5, 6}, {30, 6, 1}})), ShapeError);
}

#if __has_include(<eigen3/Eigen/Core>)
TEST_CASE("Eigen: a row-major matrix, or a block of one, is a grey picture") {
    Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows(5, 6);
    for (int i = 0; i < 30; ++i) rows(i / 6, i % 6) = static_cast<float>(i);
    CHECK(as_view(rows).shape() == Shape{1, 5, 6});
    CHECK(as_view(rows)(0, 0, 3, 2) == 20);
    CHECK(as_view(rows.block(1, 2, 3, 3))(0, 0, 1, 1) == rows(2, 3));
    const Eigen::MatrixXf columns = rows;
    CHECK_THROWS_AS(as_view(columns), ShapeError);
}
#endif
