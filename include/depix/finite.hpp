// is_finite: whether a number is neither infinite nor NaN. It also works under -ffast-math, which assumes that no
// number is.
#pragma once

#include <bit>
#include <cstdint>

namespace depix {

/// Whether the exponent's bits are not all 1 (IEEE 754).
constexpr bool is_finite(float value) {
    constexpr std::uint32_t exponent = 0x7F800000u;
    return (std::bit_cast<std::uint32_t>(value) & exponent) != exponent;
}
constexpr bool is_finite(double value) {
    constexpr std::uint64_t exponent = 0x7FF0000000000000u;
    return (std::bit_cast<std::uint64_t>(value) & exponent) != exponent;
}

}  // namespace depix
