// as_view for other libraries' arrays: xtensor's, std::mdspan and types like it, Eigen's, and NumPy's in pybind11.
#pragma once

#include <array>
#include <climits>
#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>

#include "depix/error.hpp"
#include "depix/view.hpp"

namespace depix {

namespace detail {

/// Arrays with data() and shape()[i]: xtensor's containers and views, pybind11's array_t, and users' own types like
/// them.
template <class A>
concept ShapedArray = requires(const A& array) {
    typename A::value_type;
    { array.data() } -> std::convertible_to<const typename A::value_type*>;
    { array.shape()[3] } -> std::convertible_to<std::size_t>;
};
/// std::mdspan and Kokkos' reference implementation of it.
template <class A>
concept SpanArray = requires(const A& array) {
    typename A::element_type;
    { array.data_handle() } -> std::convertible_to<const typename A::element_type*>;
    { array.extent(0) } -> std::convertible_to<std::size_t>;
    { array.stride(0) } -> std::convertible_to<std::size_t>;
    { A::rank() } -> std::convertible_to<std::size_t>;
};
/// Eigen's Tensor and TensorMap.
template <class A>
concept EigenTensor = requires(const A& array) {
    typename A::Scalar;
    { array.data() } -> std::convertible_to<const typename A::Scalar*>;
    { array.dimensions()[0] } -> std::convertible_to<std::ptrdiff_t>;
    { array.dimensions().size() } -> std::convertible_to<std::size_t>;
    {A::Layout};
};
/// Eigen's Matrix, Array, Map and blocks of them.
template <class A>
concept EigenMatrix = requires(const A& array) {
    typename A::Scalar;
    { array.data() } -> std::convertible_to<const typename A::Scalar*>;
    { array.rows() } -> std::convertible_to<std::ptrdiff_t>;
    { array.cols() } -> std::convertible_to<std::ptrdiff_t>;
    { array.rowStride() } -> std::convertible_to<std::ptrdiff_t>;
    { array.colStride() } -> std::convertible_to<std::ptrdiff_t>;
};

/// Throws ShapeError unless an array has four dimensions.
inline void check_rank(std::size_t rank) {
    if (rank != 4)
        detail::fail(ShapeError("depix: an array of " + std::to_string(rank) +
                                " dimensions; a batch has four: pictures, channels, rows, columns"));
}

/// Steps of a row-major array without gaps.
constexpr std::array<std::ptrdiff_t, 4> contiguous_steps(const std::array<std::ptrdiff_t, 4>& extent) {
    return {extent[1] * extent[2] * extent[3], extent[2] * extent[3], extent[3], 1};
}

/// A View from four extents and the step along each, which is the distance between neighbours in elements. Throws
/// ShapeError for extents beyond int, and if a row's pixels are not contiguous, because a View cannot describe that.
template <class T>
View<const T> view_of_batch(const T* first, const std::array<std::ptrdiff_t, 4>& extent,
                            std::array<std::ptrdiff_t, 4> step) {
    for (const std::ptrdiff_t length : extent)
        if (length < 0 || length > INT_MAX)
            detail::fail(ShapeError("depix: an array with an extent of " + std::to_string(length) + "; at most " +
                                    std::to_string(INT_MAX) + " is supported"));
    const std::array<std::ptrdiff_t, 4> contiguous = contiguous_steps(extent);
    for (std::size_t i = 0; i < 4; ++i)  // along an extent of 1 there are no neighbours; xtensor's step is 0 there
        if (extent[i] <= 1) step[i] = contiguous[i];
    if (step[3] != 1)
        detail::fail(
            ShapeError("depix: an array whose neighbours in a row lie " + std::to_string(step[3]) +
                       " elements apart; they must lie one after the other (row-major, channels before rows): make "
                       "a contiguous copy"));
    const auto number = [&](std::size_t i) { return static_cast<int>(extent[i]); };
    return {first, number(0), {number(1), number(2), number(3)}, step[0], step[1], step[2]};
}

}  // namespace detail

/// The arrays of other libraries that depix can read without a copy.
template <class A>
concept ForeignArray =
    detail::ShapedArray<A> || detail::SpanArray<A> || detail::EigenTensor<A> || detail::EigenMatrix<A>;

/// Another library's array as a batch (N, C, H, W), without a copy; an Eigen matrix is one grey picture, (1, 1, H, W).
///
/// Offsets and steps are respected: xt::view(batch, xt::range(2, 4)) is pictures 2 and 3. Throws ShapeError for another
/// number of dimensions, and for a layout in which a row's pixels are not contiguous: column-major arrays, channels
/// last, every second pixel. An array that does not state its steps is assumed to be row-major without gaps.
template <ForeignArray A>
auto as_view(const A& array) {
    std::array<std::ptrdiff_t, 4> extent{}, step{};
    const auto fill = [](auto& list, const auto& value) {
        for (std::size_t i = 0; i < 4; ++i) list[i] = static_cast<std::ptrdiff_t>(value(i));
    };
    if constexpr (detail::ShapedArray<A>) {
        using T = std::remove_cv_t<typename A::value_type>;
        if constexpr (requires { array.dimension(); })
            detail::check_rank(static_cast<std::size_t>(array.dimension()));
        else if constexpr (requires { array.ndim(); })
            detail::check_rank(static_cast<std::size_t>(array.ndim()));
        else if constexpr (requires { array.shape().size(); })
            detail::check_rank(static_cast<std::size_t>(array.shape().size()));
        fill(extent, [&](std::size_t i) { return array.shape()[i]; });
        step = detail::contiguous_steps(extent);
        if constexpr (requires { array.strides()[3]; }) {
            std::ptrdiff_t unit = 1;
            if constexpr (requires { array.itemsize(); }) unit = sizeof(T);  // NumPy counts bytes
            fill(step, [&](std::size_t i) { return static_cast<std::ptrdiff_t>(array.strides()[i]) / unit; });
        }
        const T* first = array.data();
        if constexpr (requires { array.data_offset(); }) first += array.data_offset();
        return detail::view_of_batch(first, extent, step);
    } else if constexpr (detail::SpanArray<A>) {
        using T = std::remove_cv_t<typename A::element_type>;
        detail::check_rank(A::rank());
        if constexpr (A::rank() == 4) {
            fill(extent, [&](std::size_t i) { return array.extent(i); });
            fill(step, [&](std::size_t i) { return array.stride(i); });
        }
        return detail::view_of_batch(static_cast<const T*>(array.data_handle()), extent, step);
    } else if constexpr (detail::EigenTensor<A>) {
        using T = std::remove_cv_t<typename A::Scalar>;
        detail::check_rank(static_cast<std::size_t>(array.dimensions().size()));
        fill(extent, [&](std::size_t i) { return array.dimensions()[i]; });
        step = detail::contiguous_steps(extent);
        constexpr int row_major = 1;  // Eigen::RowMajor
        if (static_cast<int>(A::Layout) != row_major)
            step = {1, extent[0], extent[0] * extent[1], extent[0] * extent[1] * extent[2]};
        return detail::view_of_batch(static_cast<const T*>(array.data()), extent, step);
    } else {
        using T = std::remove_cv_t<typename A::Scalar>;
        extent = {1, 1, array.rows(), array.cols()};
        step = {0, 0, array.rowStride(), array.colStride()};
        return detail::view_of_batch(static_cast<const T*>(array.data()), extent, step);
    }
}

}  // namespace depix
