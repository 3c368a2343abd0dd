// 1 / sqrt(x) of a vector.
#pragma once

#include <cstring>

#include "depix/kernels/cpu/simd.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// 1 / sqrt(x) to two units in the last place, for positive normal numbers: Newton's iteration, three times, from a
/// guess of the exponent (Lomont 2003), whose relative error is 0.034. NaN stays NaN.
DEPIX_INLINE Vector reciprocal_root(Vector x) {
    IntegerVector bits;
    std::memcpy(&bits, &x, sizeof bits);
    bits = 0x5f375a86 - (bits >> 1);
    Vector y;
    std::memcpy(&y, &bits, sizeof y);
    const Vector half = 0.5f * x;
    y = y * (1.5f - half * y * y);
    y = y * (1.5f - half * y * y);
    return y + y * (0.5f - half * y * y);
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA
