// Where Winograd's convolutions keep what they transform: one matrix for every point.
#pragma once

#include <cstddef>

#include "depix/kernels/cpu/simd.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

namespace winograd_detail {

/// The same place in every point's matrix. [p] is the vector that begins at this place in point p's matrix.
struct EveryPoint {
    float* data;
    std::ptrdiff_t point;  ///< floats from one point's matrix to the next point's

    DEPIX_INLINE float* operator[](int p) const { return data + p * point; }
    /// The place that is this many floats further on.
    DEPIX_INLINE EveryPoint operator+(std::ptrdiff_t floats) const { return {data + floats, point}; }
};

/// A matrix for every point, [point][row][column]. The kernel decides what a row is. Most often it is a channel, with a
/// tile in every column.
struct PointMatrices {
    float* data;
    std::ptrdiff_t point;
    std::ptrdiff_t row;  ///< floats from one row to the next

    float* of(int p) const { return data + p * point; }
    EveryPoint at(std::ptrdiff_t r, std::ptrdiff_t column) const { return {data + r * row + column, point}; }
};

}  // namespace winograd_detail

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA
